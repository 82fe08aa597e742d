# The four services. Their environment variables are their settings (*/settings.py), which a test
# holds them against.

locals {
  behind_the_gateway = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  private_network = {
    network    = google_compute_network.private.id
    subnetwork = google_compute_subnetwork.services.id
  }
  smoke_test = { smoke = "serviceAccount:${google_service_account.of["smoke"].email}" }

  common_environment = {
    CALLERS_FILE          = "${local.callers_file.directory}/${local.callers_file.name}"
    GOOGLE_CLOUD_PROJECT  = var.project
    IAM_CHECKS_SIGNATURES = true
    TOKEN_AUDIENCE        = local.audience
  }
  telemetry_environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    # Cloud Monitoring files metrics by region; the OpenTelemetry SDK reads this by itself.
    OTEL_RESOURCE_ATTRIBUTES = "cloud.platform=gcp_cloud_run,cloud.region=${var.region}"
    OTEL_TRACES_SAMPLER_ARG  = var.traced_ratio
  }

  # Of a service's environment, the later part counts.
  services = {
    command_api = {
      timeout_seconds  = 30
      session_affinity = false
      ingress          = local.behind_the_gateway
      network          = null
      invokers = merge(
        local.smoke_test,
        { for email in keys(var.providers_of_odds) : email => local.members[email] },
      )
      environment = [local.common_environment, local.telemetry_environment, {
        WEB_CONCURRENCY = var.services["command_api"].cpu
      }]
    }

    projector = {
      timeout_seconds  = local.bus.subscription.ack_deadline_seconds
      session_affinity = false
      ingress          = "INGRESS_TRAFFIC_INTERNAL_ONLY"
      network          = local.private_network
      invokers = merge(
        local.smoke_test,
        { push = "serviceAccount:${google_service_account.of["push"].email}" },
      )
      environment = [local.common_environment, local.telemetry_environment, {
        DATABASE_URL    = local.database_url["projector"]
        TOKEN_AUDIENCE  = local.push_audience
        WEB_CONCURRENCY = var.services["projector"].cpu
      }]
    }

    query_api = {
      timeout_seconds  = 3600
      session_affinity = true
      ingress          = local.behind_the_gateway
      network          = local.private_network
      invokers = merge(
        local.smoke_test,
        contains(var.readers, "public") ? { public = "allUsers" } : {},
        contains(var.readers, "authenticated") ? { authenticated = "allAuthenticatedUsers" } : {},
        { for email in local.reader_emails : email => local.members[email] },
      )
      environment = [local.common_environment, local.telemetry_environment, {
        CORS_ORIGINS          = join(",", var.cors_origins)
        DATABASE_URL          = local.database_url["query_api"]
        GRAPHIQL              = var.environment != "prod"
        IAM_CHECKS_SIGNATURES = !contains(var.readers, "public")
        INTROSPECTION         = var.environment != "prod"
      }]
    }

    replayer = {
      timeout_seconds  = 60
      session_affinity = false
      ingress          = local.behind_the_gateway
      network          = null
      invokers = merge(
        local.smoke_test,
        { operator = "serviceAccount:${google_service_account.of["operator"].email}" },
        { for email in local.operating_accounts : email => local.members[email] },
      )
      environment = [local.common_environment, local.replaying_environment, {
        REPLAY_JOB = google_cloud_run_v2_job.of["replay"].id
      }]
    }
  }

  service_environment = {
    for name, service in local.services : name => merge(service.environment...)
  }
}

module "service" {
  source   = "./modules/service"
  for_each = local.services

  name             = each.key
  image            = local.first_image
  region           = var.region
  size             = var.services[each.key]
  timeout_seconds  = each.value.timeout_seconds
  session_affinity = each.value.session_affinity
  ingress          = each.value.ingress
  network          = each.value.network
  invokers         = each.value.invokers
  service_account  = google_service_account.of[each.key].email
  config_file      = local.callers_file
  environment      = local.service_environment[each.key]

  # IAM takes the tokens that the service itself takes.
  audiences = [local.service_environment[each.key].TOKEN_AUDIENCE]

  # The file of callers must be there for it to read.
  depends_on = [
    google_secret_manager_secret_version.callers,
    google_secret_manager_secret_iam_member.reads_callers,
  ]
}
