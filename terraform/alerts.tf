# What somebody is told of. Each alert says what to do (docs/operations.md).

locals {
  told = google_monitoring_notification_channel.email[*].id

  # Google's metrics, thresholds and how long: more than so much for so long.
  thresholds = {
    cloud_sql_cpu = {
      says     = "Cloud SQL has used more than 80% of its CPU for 10 minutes"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\""
      above    = 0.8
      seconds  = 600
      aligner  = "ALIGN_MEAN"
      severity = "WARNING"
    }
    # Up to 500 GB Cloud SQL lets a disk grow before it is 95% full, a larger one once 25 GB are free.
    cloud_sql_disk = {
      says     = "Cloud SQL's disk is 95% full: it has not grown by itself"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      above    = 0.95
      seconds  = 300
      aligner  = "ALIGN_MEAN"
      severity = "CRITICAL"
    }
    cloud_sql_memory = {
      says     = "Cloud SQL has used more than 90% of its memory for 10 minutes"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/memory/utilization\""
      above    = 0.9
      seconds  = 600
      aligner  = "ALIGN_MEAN"
      severity = "WARNING"
    }
    cloud_sql_replica = {
      says     = "A read replica is more than a minute behind"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/replication/replica_lag\""
      above    = 60
      seconds  = 300
      aligner  = "ALIGN_MAX"
      severity = "WARNING"
    }
    dead_letters = {
      says     = "Events could not be delivered: look at them with dead-letter list, then redrive"
      filter   = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead_letter.name}\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      above    = 0
      seconds  = 60
      aligner  = "ALIGN_MAX"
      severity = "CRITICAL"
    }
    slow_commands = {
      says     = "One command in a hundred takes more than a second"
      filter   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.service["command_api"].name}\" AND metric.type=\"run.googleapis.com/request_latencies\""
      above    = 1000
      seconds  = 300
      aligner  = "ALIGN_PERCENTILE_99"
      severity = "WARNING"
    }
    slow_pushes = {
      says     = "One push in a hundred takes more than two seconds"
      filter   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.service["projector"].name}\" AND metric.type=\"run.googleapis.com/request_latencies\""
      above    = 2000
      seconds  = 300
      aligner  = "ALIGN_PERCENTILE_99"
      severity = "WARNING"
    }
    unacknowledged = {
      says     = "An event has waited for a minute to be projected"
      filter   = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=monitoring.regex.full_match(\"${replace(local.bus.subscription.name, "{topic}", "events-.*")}\") AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      above    = 60
      seconds  = 60
      aligner  = "ALIGN_MAX"
      severity = "CRITICAL"
    }
  }

  # What takes PromQL: ratios, and what our services log or measure. Unlike a threshold, a query may
  # ask for a metric that is not there yet: those of logs are known to Cloud Monitoring up to 10
  # minutes after they are made, those of services once one of them has told.
  # A query asks of two minutes at least, as a log's counts come once a minute.
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
    }
    feed_held_back = {
      says     = "A million transactions have run since the oldest that is open began: the change feed waits for it"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        max by (database_id) (cloudsql_googleapis_com:database_postgresql_vacuum_oldest_transaction_age{monitored_resource="cloudsql_database", oldest_transaction_type="running"})
          > 1e6
      PROMQL
    }
    feed_interrupted = {
      says     = "The change feed was interrupted more than three times in 5 minutes: is PostgreSQL well?"
      seconds  = 0
      severity = "WARNING"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_feed_interrupted{monitored_resource="cloud_run_revision"}[5m]))
          > 3
      PROMQL
    }
    feed_lag = {
      says     = "One change in a hundred took more than 5 seconds from the read model to the streams"
      seconds  = 120
      severity = "CRITICAL"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate({"moneyline.query_api.feed.lag_bucket"}[5m])))
          > 5
      PROMQL
    }
    heartbeat_failed = {
      says     = "The projector could not reach the read model more than ten times in 2 minutes: readers are told that the feed is stale"
      seconds  = 0
      severity = "CRITICAL"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_heartbeat_failed{monitored_resource="cloud_run_revision"}[2m]))
          > 10
      PROMQL
    }
    parked = {
      says     = "The projector parked a message: look at it with parked list"
      seconds  = 0
      severity = "WARNING"
      query    = <<-PROMQL
        sum(increase(logging_googleapis_com:user_moneyline_parked{monitored_resource="cloud_run_revision"}[5m]))
          > 0
      PROMQL
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
    }
    # Streams are requests too and last for an hour, so that Cloud Run's own metric tells nothing.
    slow_reads = {
      says     = "One read of odds in a hundred takes more than a second"
      seconds  = 300
      severity = "WARNING"
      query    = <<-PROMQL
        histogram_quantile(0.99, sum by (le) (rate(logging_googleapis_com:user_moneyline_read_latency_bucket{monitored_resource="cloud_run_revision"}[5m])))
          > 1
      PROMQL
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == null ? 0 : 1

  display_name = "Moneyline"
  type         = "email"
  labels       = { email_address = var.alert_email }
  depends_on   = [google_project_service.used]
}

resource "google_logging_metric" "counted" {
  for_each = {
    feed_interrupted = "resource.labels.service_name=\"${module.service["query_api"].name}\" AND jsonPayload.message=\"change feed interrupted\""
    heartbeat_failed = "resource.labels.service_name=\"${module.service["projector"].name}\" AND jsonPayload.message=\"heartbeat failed\""
    parked           = "resource.labels.service_name=\"${module.service["projector"].name}\" AND jsonPayload.message=\"message parked\""
  }

  name   = "moneyline/${each.key}"
  filter = "resource.type=\"cloud_run_revision\" AND ${each.value}"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.used]
}

resource "google_logging_metric" "measured" {
  for_each = {
    read_latency = {
      says   = "Cloud Run's answers to reads of odds"
      filter = "resource.labels.service_name=\"${module.service["query_api"].name}\" AND log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl=~\"^https?://[^/]+/odds([/?]|$)\""
      value  = "EXTRACT(httpRequest.latency)"
      unit   = "s"
      scale  = 0.001
    }
  }

  name            = "moneyline/${each.key}"
  description     = each.value.says
  filter          = "resource.type=\"cloud_run_revision\" AND ${each.value.filter}"
  value_extractor = each.value.value

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value.unit
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 40
      growth_factor      = 1.5
      scale              = each.value.scale
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.thresholds

  display_name          = each.key
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.told

  documentation {
    content = each.value.says
  }

  conditions {
    display_name = each.value.says

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "${each.value.seconds}s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = each.value.aligner
      }
    }
  }
}

resource "google_monitoring_alert_policy" "query" {
  for_each = local.queries

  display_name          = each.key
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.told
  depends_on            = [google_project_service.used]

  documentation {
    content = each.value.says
  }

  conditions {
    display_name = each.value.says

    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = "${each.value.seconds}s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }
}
