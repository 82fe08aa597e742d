# One service of ours on Cloud Run, probed and guarded by IAM.

resource "google_cloud_run_v2_service" "this" {
  name                = replace(var.name, "_", "-")
  location            = var.region
  ingress             = var.ingress
  custom_audiences    = var.audiences
  deletion_protection = false # it holds nothing

  template {
    service_account                  = var.service_account
    max_instance_request_concurrency = var.size.concurrency
    session_affinity                 = var.session_affinity
    timeout                          = "${var.timeout_seconds}s"

    scaling {
      min_instance_count = var.size.min_instances
      max_instance_count = var.size.max_instances
    }

    # Cloud Run kills what goes on for too long after SIGTERM: graceful_timeout in each service's
    # gunicorn.conf.py is shorter.
    containers {
      image = var.image

      ports {
        container_port = 8080
      }

      dynamic "env" {
        for_each = var.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      resources {
        limits            = { cpu = var.size.cpu, memory = var.size.memory }
        cpu_idle          = false # streams, signing keys and metrics go on between requests
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 30

        http_get {
          path = "/health/ready"
        }
      }

      # Alive, not ready: an instance that is started again makes no database come back.
      liveness_probe {
        period_seconds    = 10
        timeout_seconds   = 5
        failure_threshold = 3

        http_get {
          path = "/health/live"
        }
      }

      volume_mounts {
        name       = "config"
        mount_path = var.config_file.directory
      }
    }

    volumes {
      name = "config"

      secret {
        secret = var.config_file.secret

        items {
          path    = var.config_file.name
          version = "latest"
        }
      }
    }

    dynamic "vpc_access" {
      for_each = var.network[*]
      content {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
        }
      }
    }
  }

  # Cloud Build deploys images with their commands, and leads traffic to them. The revision's name,
  # which gcloud writes into the template, is not left alone: with it a change of ours would be a
  # second revision of that name, which is refused. So an apply after a deploy takes it out, and makes
  # a revision without traffic.
  lifecycle {
    ignore_changes = [
      client,
      client_version,
      template[0].containers[0].args,
      template[0].containers[0].command,
      template[0].containers[0].image,
      template[0].labels,
      traffic,
    ]
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}
