# One page that tells how the prices go: commands, bus, projector, streams, services, database.
# What is named "moneyline.…" is what the services measure themselves (docs/operations.md).

locals {
  # In the order of a price's way.
  charts = [
    { title = "Commands accepted, /s", query = "sum by (velocity_tier) (rate({\"moneyline.command_api.commands.accepted\"}[5m]))" },
    { title = "Commands refused, /s", query = "sum by (status) (rate({\"moneyline.command_api.commands.refused\"}[5m]))" },
    { title = "Time to publish, p99, s", query = "histogram_quantile(0.99, sum by (le, velocity_tier) (rate({\"moneyline.command_api.publish.duration_bucket\"}[5m])))" },
    { title = "Events published, /s", query = "sum by (topic_id) (rate(pubsub_googleapis_com:topic_send_request_count{monitored_resource=\"pubsub_topic\"}[1m]))" },
    { title = "Oldest event not projected, s", query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"})" },
    { title = "Dead letters", query = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\", subscription_id=\"${google_pubsub_subscription.dead_letter.name}\"})" },
    { title = "Events pushed, /s", query = "sum by (velocity_tier, outcome) (rate({\"moneyline.projector.events\"}[5m]))" },
    { title = "Messages parked", query = "sum(increase(logging_googleapis_com:user_moneyline_parked{monitored_resource=\"cloud_run_revision\"}[5m]))" },
    { title = "Messages that wait for a batch", query = "sum({\"moneyline.projector.queue.depth\"})" },
    { title = "Batch size, p99", query = "histogram_quantile(0.99, sum by (le) (rate({\"moneyline.projector.batch.size_bucket\"}[5m])))" },
    { title = "Age of a batch's newest event, p99, s", query = "histogram_quantile(0.99, sum by (le) (rate({\"moneyline.projector.newest_event.age_bucket\"}[5m])))" },
    { title = "Age of a batch's oldest event, p99, s", query = "histogram_quantile(0.99, sum by (le) (rate({\"moneyline.projector.oldest_event.age_bucket\"}[5m])))" },
    { title = "Time in each store, p99, s", query = "histogram_quantile(0.99, sum by (le, store) (rate({\"moneyline.projector.store.duration_bucket\"}[5m])))" },
    { title = "Feed lag, p99, s", query = "histogram_quantile(0.99, sum by (le) (rate({\"moneyline.query_api.feed.lag_bucket\"}[5m])))" },
    { title = "Feed behind, s", query = "max({\"moneyline.query_api.feed.behind\"})" },
    { title = "Streams open", query = "sum({\"moneyline.query_api.streams.open\"})" },
    { title = "Changes delivered to streams, /s", query = "sum(rate({\"moneyline.query_api.changes.delivered\"}[5m]))" },
    { title = "Changes conflated, /s", query = "sum(rate({\"moneyline.query_api.changes.conflated\"}[5m]))" },
    { title = "Change feed interrupted", query = "sum(increase(logging_googleapis_com:user_moneyline_feed_interrupted{monitored_resource=\"cloud_run_revision\"}[5m]))" },
    { title = "Reads by REST, /s", query = "sum by (route, status) (rate({\"moneyline.query_api.requests\"}[5m]))" },
    { title = "GraphQL queries, /s", query = "sum by (operation, outcome) (rate({\"moneyline.query_api.graphql.duration_count\"}[5m]))" },
    { title = "Time of a GraphQL query, p99, s", query = "histogram_quantile(0.99, sum by (le) (rate({\"moneyline.query_api.graphql.duration_bucket\", operation=\"query\"}[5m])))" },
    { title = "Answers, /s", query = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\"}[1m]))" },
    { title = "Time to answer, p99, ms", query = "histogram_quantile(0.99, sum by (le, service_name) (rate(run_googleapis_com:request_latencies_bucket{monitored_resource=\"cloud_run_revision\"}[5m])))" },
    { title = "Instances", query = "sum by (service_name, state) (run_googleapis_com:container_instance_count{monitored_resource=\"cloud_run_revision\"})" },
    { title = "Cloud SQL CPU", query = "max by (database_id) (cloudsql_googleapis_com:database_cpu_utilization{monitored_resource=\"cloudsql_database\"})" },
    { title = "Cloud SQL connections", query = "sum by (database_id) (cloudsql_googleapis_com:database_postgresql_num_backends{monitored_resource=\"cloudsql_database\"})" },
    { title = "Cloud SQL transactions, /s", query = "sum by (database_id) (rate(cloudsql_googleapis_com:database_postgresql_transaction_count{monitored_resource=\"cloudsql_database\"}[1m]))" },
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
