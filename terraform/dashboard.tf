# One page that tells how the prices go: bus, projector, stream, services, database.

locals {
  charts = [
    for title, query in {
      "Oldest event not projected, s" = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"})"
      "Events published, /s"          = "sum by (topic_id) (rate(pubsub_googleapis_com:topic_send_request_count{monitored_resource=\"pubsub_topic\"}[1m]))"
      "Dead letters"                  = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\", subscription_id=\"${google_pubsub_subscription.dead_letter.name}\"})"
      "Messages parked"               = "sum(increase(logging_googleapis_com:user_moneyline_parked{monitored_resource=\"cloud_run_revision\"}[5m]))"
      "Projection lag, p99, ms"       = "histogram_quantile(0.99, sum by (le) (rate(logging_googleapis_com:user_moneyline_projection_lag_bucket{monitored_resource=\"cloud_run_revision\"}[5m])))"
      "Change feed interrupted"       = "sum(increase(logging_googleapis_com:user_moneyline_feed_interrupted{monitored_resource=\"cloud_run_revision\"}[5m]))"
      "Answers, /s"                   = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\"}[1m]))"
      "Time to answer, p99, ms"       = "histogram_quantile(0.99, sum by (le, service_name) (rate(run_googleapis_com:request_latencies_bucket{monitored_resource=\"cloud_run_revision\"}[5m])))"
      "Instances"                     = "sum by (service_name, state) (run_googleapis_com:container_instance_count{monitored_resource=\"cloud_run_revision\"})"
      "Cloud SQL CPU"                 = "max by (database_id) (cloudsql_googleapis_com:database_cpu_utilization{monitored_resource=\"cloudsql_database\"})"
      "Cloud SQL connections"         = "sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends{monitored_resource=\"cloudsql_database\"})"
      "Cloud SQL transactions, /s"    = "sum by (database_id) (rate(cloudsql_googleapis_com:database_postgresql_transaction_count{monitored_resource=\"cloudsql_database\"}[1m]))"
    } : { title = title, query = query }
  ]
}

resource "google_monitoring_dashboard" "prices" {
  depends_on = [google_project_service.used]

  dashboard_json = jsonencode({
    displayName = "Moneyline"
    mosaicLayout = {
      columns = 12
      tiles = [
        for index, chart in local.charts : {
          xPos   = index % 3 * 4
          yPos   = floor(index / 3) * 4
          width  = 4
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                timeSeriesQuery = { prometheusQuery = chart.query }
              }]
            }
          }
        }
      ]
    }
  })
}
