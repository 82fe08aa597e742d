# What somebody is told of: alerts on Google's metrics (alert_thresholds.tf), and those that take a
# query (alert_queries.tf). Each says in its documentation, which comes with the notification, what
# it means and what to do; a chart is one of the dashboard (dashboard.tf), which is linked there.

locals {
  told = google_monitoring_notification_channel.email[*].id

  documentation = {
    for name, alert in merge(local.thresholds, local.queries) :
    name => "${alert.means}\n\n**What to do:** ${alert.remedy}"
  }
  dashboard = "https://console.cloud.google.com/monitoring/dashboards/builder/${basename(google_monitoring_dashboard.prices.id)}?project=${var.project}"

  # Parts of what to do. Words in capitals are for the reader to fill in.
  instance     = google_sql_database_instance.read_model.name
  here         = "--project=${var.project} --region=${var.region}"
  lead_back    = "`gcloud run services update-traffic SERVICE ${local.here} --to-revisions=REVISION=100`"
  read_job_log = "`gcloud logging read 'resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"replay\"' --project=${var.project} --freshness=1h --order=asc --format='value(textPayload, jsonPayload.message)'`"
  replayer     = "gcloud run jobs execute replay ${local.here} --wait --args="
  confirmed    = "--confirm,${var.project}"
  variables    = "environments/${var.environment}.tfvars"
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == null ? 0 : 1

  display_name = "Moneyline"
  type         = "email"
  labels       = { email_address = var.alert_email }
  depends_on   = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = { for name, alert in local.thresholds : name => alert if try(alert.when, true) }

  display_name          = each.key
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.told
  depends_on            = [google_project_service.used]

  documentation {
    content = local.documentation[each.key]

    links {
      display_name = "Dashboard"
      url          = local.dashboard
    }
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
    content = local.documentation[each.key]

    links {
      display_name = "Dashboard"
      url          = local.dashboard
    }
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
