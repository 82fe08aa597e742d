# What is counted and measured in logs, as nothing else tells it: alerts and charts ask for it.

locals {
  # What a service logs and measures, for filters of Cloud Logging and Cloud Monitoring.
  revisions = {
    for name, service in module.service :
    name => "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${service.name}\""
  }
}

resource "google_logging_metric" "counted" {
  for_each = {
    feed_interrupted = "${local.revisions["query_api"]} AND jsonPayload.message=\"change feed interrupted\""
    heartbeat_failed = "${local.revisions["projector"]} AND jsonPayload.message=\"heartbeat failed\""
    parked           = "${local.revisions["projector"]} AND jsonPayload.message=\"message parked\""
  }

  name   = "moneyline/${each.key}"
  filter = each.value

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.used]
}

# Of Cloud Run's own metric it can't be had: streams are requests too, and last for an hour.
resource "google_logging_metric" "read_latency" {
  name            = "moneyline/read_latency"
  description     = "Cloud Run's answers to reads of odds"
  filter          = "${local.revisions["query_api"]} AND log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl=~\"^https?://[^/]+/odds([/?]|$)\""
  value_extractor = "EXTRACT(httpRequest.latency)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }

  bucket_options {
    exponential_buckets {
      num_finite_buckets = 40
      growth_factor      = 1.5
      scale              = 0.001
    }
  }

  depends_on = [google_project_service.used]
}
