# Alerts on Google's own metrics: more than so much for so long. One is made where its `when`, if it
# has one, holds.

locals {
  thresholds = {
    cloud_sql_cpu = {
      says     = "Cloud SQL has used more than 80% of its CPU for 10 minutes"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\""
      above    = 0.8
      seconds  = 600
      aligner  = "ALIGN_MEAN"
      severity = "WARNING"
      means    = "Projection and reads begin to wait for the database; `database_id` says which instance."
      remedy   = <<-MARKDOWN
        Query Insights of the instance names the queries that take it. If one came with the last
        deploy, lead traffic back: ${local.lead_back}. If there is simply more to do (the charts
        "Events pushed, /s" and "Reads by REST, /s"), set a larger `database.tier` in
        `${local.variables}` and apply, which restarts the instance.
      MARKDOWN
    }
    # Up to 500 GB Cloud SQL lets a disk grow before it is 95% full, a larger one once 25 GB are free.
    cloud_sql_disk = {
      says     = "Cloud SQL's disk is 95% full: it has not grown by itself"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      above    = 0.95
      seconds  = 300
      aligner  = "ALIGN_MEAN"
      severity = "CRITICAL"
      means    = "Once the primary's is full nothing is projected any more; `database_id` says whose it is."
      remedy   = <<-MARKDOWN
        `gcloud sql operations list --instance=INSTANCE --project=${var.project}` says why it has
        not. Let it grow by hand, for good:
        `gcloud sql instances patch INSTANCE --project=${var.project} --storage-size=GIGABYTES`.
        Then see what fills it: a replica that is away keeps the primary's WAL from being deleted.
      MARKDOWN
    }
    cloud_sql_memory = {
      says     = "Cloud SQL has used more than 90% of its memory for 10 minutes"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/memory/utilization\""
      above    = 0.9
      seconds  = 600
      aligner  = "ALIGN_MEAN"
      severity = "WARNING"
      means    = "PostgreSQL may be killed for want of memory: projection, reads and streams would break off."
      remedy   = <<-MARKDOWN
        If the chart "Cloud SQL connections" shows more than usual, the chart "Instances" says which
        service has grown: lower its `max_instances` in `${local.variables}`. Otherwise set a larger
        `database.tier` there, which restarts the instance. Apply.
      MARKDOWN
    }
    cloud_sql_replica = {
      says     = "A read replica is more than a minute behind"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/replication/replica_lag\""
      above    = 60
      seconds  = 300
      aligner  = "ALIGN_MAX"
      severity = "WARNING"
      means    = "Analysts read old prices. No client notices: the services read the primary."
      remedy   = <<-MARKDOWN
        On the replica, long queries hold it back:
        `SELECT pid, query_start, query FROM pg_stat_activity WHERE state = 'active' ORDER BY query_start`,
        then `SELECT pg_terminate_backend(PID)`. If there are none, the primary writes more than it
        can follow (the chart "Cloud SQL transactions, /s"): after a rebuild it catches up by itself.
      MARKDOWN
    }
    dead_letters = {
      says     = "Events could not be delivered"
      filter   = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead_letter.name}\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      above    = 0
      seconds  = 60
      aligner  = "ALIGN_MAX"
      severity = "CRITICAL"
      means    = "Pub/Sub has given up on them. The read model lacks them; they are kept for a month."
      remedy   = <<-MARKDOWN
        List them with `${local.replayer}dead-letter,list` and read the job's log:
        ${local.read_job_log}. The projector's log says why it refused them:
        `${local.revisions["projector"]} AND severity>=WARNING`. Once that is mended:
        `${local.replayer}dead-letter,redrive,--all,${local.confirmed}`.
      MARKDOWN
    }
    logs_unshipped = {
      when     = local.ships_logs == 1
      says     = "A log line has waited for ten minutes to be shipped to Elasticsearch"
      filter   = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${local.logs_subscription}\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      above    = 600
      seconds  = 300
      aligner  = "ALIGN_MAX"
      severity = "WARNING"
      means    = "Elasticsearch lacks the newest lines. Cloud Logging has them, and Pub/Sub keeps them for a week: older ones are not shipped any more."
      remedy   = <<-MARKDOWN
        The shipper's log says whether Elasticsearch refuses or is away:
        `resource.type="cloud_run_revision" AND resource.labels.service_name="log-shipper"`. A key
        that has expired: `gcloud secrets versions add elasticsearch-api-key
        --project=${var.project} --data-file=-`, and apply with
        `-replace='google_cloud_run_v2_service.shipper[0]'`. If Elasticsearch takes all that it is
        sent and `${local.logs_subscription}` still grows in the chart "Oldest event not projected,
        s", one shipper is too few: raise both numbers of `scaling` in `log_shipping.tf` and apply.
      MARKDOWN
    }
    slow_commands = {
      says     = "One command in a hundred takes more than a second"
      filter   = "${local.revisions["command_api"]} AND metric.type=\"run.googleapis.com/request_latencies\""
      above    = 1000
      seconds  = 300
      aligner  = "ALIGN_PERCENTILE_99"
      severity = "WARNING"
      means    = "Providers wait for their answers, and their prices come that much later."
      remedy   = <<-MARKDOWN
        If the chart "Time to publish, p99, s" is high as well, it is Pub/Sub:
        https://status.cloud.google.com. If not, see in the chart "Instances" whether command-api
        has as many as it may have: raise its `max_instances` in `${local.variables}` and apply.
      MARKDOWN
    }
    slow_pushes = {
      says     = "One push in a hundred takes more than two seconds"
      filter   = "${local.revisions["projector"]} AND metric.type=\"run.googleapis.com/request_latencies\""
      above    = 2000
      seconds  = 300
      aligner  = "ALIGN_PERCENTILE_99"
      severity = "WARNING"
      means    = "Events are projected late, and with them streams and reads are late."
      remedy   = <<-MARKDOWN
        The chart "Time in each store, p99, s" says which store is slow. PostgreSQL: the chart
        "Cloud SQL CPU" and Query Insights. Datastore: https://status.cloud.google.com. If neither
        is and the chart "Messages that wait for a batch" grows, raise the projector's
        `max_instances` in `${local.variables}` and apply.
      MARKDOWN
    }
    unacknowledged = {
      says     = "An event has waited for a minute to be projected"
      filter   = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=monitoring.regex.full_match(\"${replace(local.bus.subscription.name, "{topic}", "events-.*")}\") AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      above    = 60
      seconds  = 60
      aligner  = "ALIGN_MAX"
      severity = "CRITICAL"
      means    = "Prices are a minute old. Nothing is lost: Pub/Sub keeps what it can't deliver for a week, and tries again."
      remedy   = <<-MARKDOWN
        The projector's log says what fails:
        `${local.revisions["projector"]} AND severity>=WARNING`. If all subscriptions wait (the chart
        "Oldest event not projected, s"), the projector or a store is away: after a deploy lead
        traffic back: ${local.lead_back}. If one of the high velocity tier waits alone, one event is
        refused and the rest of its game stands behind it, until after
        ${local.bus.subscription.max_delivery_attempts} attempts it is a dead letter.
      MARKDOWN
    }
  }
}
