# Alerts that take PromQL: ratios, and what our services log or measure. Unlike a threshold, a query
# may ask for a metric that is not there yet: those of logs are known to Cloud Monitoring up to 10
# minutes after they are made, those of services once one of them has told.
# A query asks of two minutes at least, as a log's counts come once a minute.

locals {
  queries = {
    errors = {
      says     = "More than 1% of a service's answers are 5xx"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        sum by (service_name) (rate(run_googleapis_com:request_count{monitored_resource="cloud_run_revision", response_code_class="5xx"}[5m]))
          / sum by (service_name) (rate(run_googleapis_com:request_count{monitored_resource="cloud_run_revision"}[5m]))
          > 0.01
      PROMQL
      means    = "Clients get errors, or Pub/Sub does, which pushes again; `service_name` says from whom."
      remedy   = <<-MARKDOWN
        If it began with a deploy, lead traffic back: ${local.lead_back}. Otherwise the service's
        log says why: `resource.type="cloud_run_revision" AND resource.labels.service_name="SERVICE"
        AND severity>=WARNING`. Several services at once: look at what they share, the chart
        "Cloud SQL CPU" and https://status.cloud.google.com.
      MARKDOWN
    }
    # Of what readers are told as well: they call it stale from there on (STALE_SECONDS of query_api).
    feed_behind = {
      says     = "The change feed has been more than 10 seconds behind for two minutes"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        max({"moneyline.query_api.feed.behind"})
          > 10
      PROMQL
      means    = "Streams stand still or are late, and readers are told that they are stale. `feed_lag` tells only of changes that have come through."
      remedy   = <<-MARKDOWN
        If `heartbeat_failed` or `feed_interrupted` fires too, a store is away: do as it says. If
        not, see in the chart "Instances" whether a projector runs. If one does, a transaction that
        writes and stays open holds the feed back, and need not be old enough for `feed_held_back`:
        do as for that. If there is none, query-api's log says what its feed lacks:
        `${local.revisions["query_api"]} AND severity>=WARNING`.
      MARKDOWN
    }
    feed_held_back = {
      says     = "A million transactions have run since the oldest that is open began: the change feed waits for it"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        max by (database_id) (cloudsql_googleapis_com:database_postgresql_vacuum_oldest_transaction_age{monitored_resource="cloudsql_database", oldest_transaction_type="running"})
          > 1e6
      PROMQL
      means    = "Streams show nothing that was projected since it began. Reads by REST are right."
      remedy   = <<-MARKDOWN
        Find it on the primary: `SELECT pid, usename, xact_start, backend_xid, query FROM
        pg_stat_activity ORDER BY greatest(age(backend_xid), age(backend_xmin)) DESC NULLS LAST
        LIMIT 5`, and end it: `SELECT pg_terminate_backend(PID)`. One without `backend_xid` has
        written nothing: it holds back vacuum, and not the feed.
      MARKDOWN
    }
    feed_interrupted = {
      says     = "The change feed was interrupted more than three times in 5 minutes"
      seconds  = 0
      severity = "WARNING"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_feed_interrupted{monitored_resource="cloud_run_revision"}[5m]))
          > 3
      PROMQL
      means    = "Query services lose PostgreSQL, and connect again by themselves; meanwhile their streams stand still."
      remedy   = <<-MARKDOWN
        The field `error` says why: `${google_logging_metric.counted["feed_interrupted"].filter}`.
        Maintenance or a failover is over soon, and stands in
        `gcloud sql operations list --instance=${local.instance} --project=${var.project}`. Too many
        connections: the charts "Cloud SQL connections" and "Instances".
      MARKDOWN
    }
    feed_lag = {
      says     = "One change in a hundred took more than 5 seconds from the read model to the streams"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate({"moneyline.query_api.feed.lag_bucket"}[5m])))
          > 5
      PROMQL
      means    = "Readers of streams get prices late, though they are projected in time."
      remedy   = <<-MARKDOWN
        A transaction that has been open for long holds the feed back: do as for `feed_held_back`.
        If there is none, a query service has more streams than it can write to (the charts
        "Streams open" and "Instances"): raise query_api's `max_instances` or lower its
        `concurrency` in `${local.variables}` and apply.
      MARKDOWN
    }
    heartbeat_failed = {
      says     = "The projector could not reach the read model more than ten times in 2 minutes"
      seconds  = 0
      severity = "CRITICAL"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_heartbeat_failed{monitored_resource="cloud_run_revision"}[2m]))
          > 10
      PROMQL
      means    = "Nothing is projected, and readers are told that the feed is stale. Pub/Sub keeps the events."
      remedy   = <<-MARKDOWN
        The field `error` says why: `${google_logging_metric.counted["heartbeat_failed"].filter}`.
        Whether the database is there: `gcloud sql instances describe ${local.instance}
        --project=${var.project} --format='value(state)'`. Where it is lost or wrong,
        docs/operations.md says how to have it back.
      MARKDOWN
    }
    parked = {
      says     = "The projector parked a message"
      seconds  = 0
      severity = "WARNING"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_parked{monitored_resource="cloud_run_revision"}[5m]))
          > 0
      PROMQL
      means    = "It can never be applied as it is, and is kept with its bytes and the reason. The read model lacks it."
      remedy   = <<-MARKDOWN
        The fields `reason` and `parked`, its name, are in the projector's log:
        `${google_logging_metric.counted["parked"].filter}`. All of them:
        `${local.replayer}parked,list`, and the job's log: ${local.read_job_log}.
        Of a newer schema: deploy the projector that knows it, then
        `${local.replayer}parked,redrive,NAME,${local.confirmed}`. Another command under a known
        EventID: tell the provider that it used a RequestID twice. What is not wanted any more:
        `${local.replayer}parked,drop,NAME,${local.confirmed}`.
      MARKDOWN
    }
    # Of what the projector measures, as feed_lag is, and not of its log: a metric of logs comes
    # later, falls silent with LOG_LEVEL, and is in Cloud Monitoring alone.
    projection_lag = {
      says     = "In one batch of a hundred even the newest event waited more than 5 seconds to be projected"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate({"moneyline.projector.newest_event.age_bucket"}[5m])))
          > 5
      PROMQL
      means    = "All readers get prices late. After an outage, or in a replay into an empty read model, it passes by itself."
      remedy   = <<-MARKDOWN
        If the chart "Messages that wait for a batch" grows, the projectors can't keep up: the chart
        "Time in each store, p99, s" says whether a store is slow (of PostgreSQL see the chart
        "Cloud SQL CPU"); if none is, raise the projector's `max_instances` in `${local.variables}`
        and apply. If no message waits there, Pub/Sub holds them back: the chart "Oldest event not
        projected, s" and https://status.cloud.google.com.
      MARKDOWN
    }
    # A query that asks to be held until an event has come is of another kind.
    slow_graphql = {
      says     = "One GraphQL query in a hundred takes more than a second"
      seconds  = 300
      severity = "WARNING"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate({"moneyline.query_api.graphql.duration_bucket", operation="query"}[5m])))
          > 1
      PROMQL
      means    = "Clients that read by GraphQL wait, over HTTP or WebSocket; streams go on."
      remedy   = <<-MARKDOWN
        If `slow_reads` fires too, do as it says. If not, it is what GraphQL alone is asked: Query
        Insights names the queries, and the chart "GraphQL queries, /s" says whether there are more
        of them than usual: then raise query_api's `max_instances` in `${local.variables}` and
        apply.
      MARKDOWN
    }
    slow_reads = {
      says     = "One read of odds in a hundred takes more than a second"
      seconds  = 300
      severity = "WARNING"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate(logging_googleapis_com:user_moneyline_read_latency_bucket{monitored_resource="cloud_run_revision"}[5m])))
          > 1
      PROMQL
      means    = "Clients wait for pages of odds; streams go on."
      remedy   = <<-MARKDOWN
        Which reads they are is in the log: `${google_logging_metric.read_latency.filter}`. If the
        chart "Cloud SQL CPU" is high, Query Insights names the query. If it is not, see in the
        chart "Instances" whether query-api has as many as it may have: raise its `max_instances`
        in `${local.variables}` and apply.
      MARKDOWN
    }
  }
}
