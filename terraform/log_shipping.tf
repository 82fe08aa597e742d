# Logs to Elasticsearch, where an endpoint is set: Cloud Logging publishes what services and jobs
# wrote to stdout, and Cloud Run's own entries of requests, to the topic logs; the shipper (Vector)
# is subscribed to it and sends on in bulk.

locals {
  ships_logs        = var.elasticsearch_endpoint == null ? 0 : 1
  logs_subscription = "logs-shipper"
}

resource "google_pubsub_topic" "logs" {
  count = local.ships_logs

  name       = "logs"
  depends_on = [google_project_service.used]
}

resource "google_pubsub_subscription" "logs" {
  count = local.ships_logs

  name                       = local.logs_subscription
  topic                      = google_pubsub_topic.logs[0].id
  ack_deadline_seconds       = 600
  message_retention_duration = "604800s" # Elasticsearch may be away for a week

  expiration_policy {
    ttl = ""
  }
}

resource "google_logging_project_sink" "elasticsearch" {
  count = local.ships_logs

  name                   = "elasticsearch"
  destination            = "pubsub.googleapis.com/${google_pubsub_topic.logs[0].id}"
  unique_writer_identity = true
  filter = join(" ", [
    "resource.type=(\"cloud_run_revision\" OR \"cloud_run_job\")",
    # The shipper's own logs would be shipped for ever.
    "AND NOT resource.labels.service_name=\"log-shipper\"",
  ])
}

resource "google_pubsub_topic_iam_member" "logging_publishes" {
  count = local.ships_logs

  topic  = google_pubsub_topic.logs[0].name
  role   = "roles/pubsub.publisher"
  member = google_logging_project_sink.elasticsearch[0].writer_identity
}

resource "google_pubsub_subscription_iam_member" "shipper_pulls" {
  count = local.ships_logs

  subscription = google_pubsub_subscription.logs[0].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:${google_service_account.of["shipper"].email}"
}

# Its value is set by hand, before an endpoint is, so that it is always there:
# gcloud secrets versions add elasticsearch-api-key --data-file=-
resource "google_secret_manager_secret" "elasticsearch_api_key" {
  secret_id = "elasticsearch-api-key"

  replication {
    auto {}
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret" "shipper" {
  count = local.ships_logs

  secret_id = "log-shipper"

  replication {
    auto {}
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_version" "shipper" {
  count = local.ships_logs

  secret      = google_secret_manager_secret.shipper[0].id
  secret_data = file("${path.module}/files/vector.yaml")

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "shipper_reads" {
  for_each = local.ships_logs == 0 ? {} : {
    config = google_secret_manager_secret.shipper[0].secret_id
    key    = google_secret_manager_secret.elasticsearch_api_key.secret_id
  }

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.of["shipper"].email}"
}

resource "google_cloud_run_v2_service" "shipper" {
  count = local.ships_logs

  name                = "log-shipper"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  deletion_protection = false

  template {
    service_account = google_service_account.of["shipper"].email

    # It pulls: there is always one, and its CPU is always on.
    scaling {
      min_instance_count = 1
      max_instance_count = 1
    }

    containers {
      image = "docker.io/timberio/vector:0.50.0-distroless-static"
      args  = ["--config", "/etc/vector-config/vector.yaml"]

      ports {
        container_port = 8080
      }

      env {
        name  = "ELASTICSEARCH_ENDPOINT"
        value = var.elasticsearch_endpoint
      }

      env {
        name  = "GOOGLE_CLOUD_PROJECT"
        value = var.project
      }

      # Of the data stream logs-moneyline-<namespace>, whose parts hyphens part.
      env {
        name  = "NAMESPACE"
        value = replace(var.project, "-", "_")
      }

      env {
        name  = "SUBSCRIPTION"
        value = google_pubsub_subscription.logs[0].name
      }

      env {
        name = "ELASTICSEARCH_API_KEY"

        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.elasticsearch_api_key.secret_id
            version = "latest"
          }
        }
      }

      resources {
        limits   = { cpu = "1", memory = "512Mi" }
        cpu_idle = false
      }

      startup_probe {
        http_get {
          path = "/health"
        }
      }

      liveness_probe {
        http_get {
          path = "/health"
        }
      }

      volume_mounts {
        name       = "config"
        mount_path = "/etc/vector-config"
      }
    }

    volumes {
      name = "config"

      secret {
        secret = google_secret_manager_secret.shipper[0].secret_id

        items {
          path    = "vector.yaml"
          version = google_secret_manager_secret_version.shipper[0].version # a change starts it anew
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.shipper_reads]
}
