# The four services. Their environment variables are their settings (*/settings.py), which a test
# holds them against. None can be made before the file of callers is there for it to read.

locals {
  behind_the_gateway = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  private_network = {
    network    = google_compute_network.private.id
    subnetwork = google_compute_subnetwork.services.id
  }
  callers_path = "${local.callers_file.directory}/${local.callers_file.name}"

  modules = {
    command_api = module.command_api
    projector   = module.projector
    query_api   = module.query_api
    replayer    = module.replayer
  }

  smoke_test = { smoke = "serviceAccount:${google_service_account.of["smoke"].email}" }

  # Cloud Monitoring files metrics by region; the OpenTelemetry SDK reads this by itself.
  where_it_runs = "cloud.platform=gcp_cloud_run,cloud.region=${var.region}"

  # What environments.yaml knows the other environments by.
  projects = merge(var.other_projects, { (var.environment) = var.project })
}

module "command_api" {
  source = "./modules/service"

  name            = "command_api"
  image           = local.first_image
  region          = var.region
  size            = var.services["command_api"]
  timeout_seconds = 30
  ingress         = local.behind_the_gateway
  audiences       = [local.audience]
  invokers = merge(
    local.smoke_test,
    { for email in keys(var.providers_of_odds) : email => local.members[email] },
  )
  service_account = google_service_account.of["command_api"].email
  config_file     = local.callers_file
  environment = {
    CALLERS_FILE                = local.callers_path
    IAM_CHECKS_SIGNATURES       = true
    GOOGLE_CLOUD_PROJECT        = var.project
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    OTEL_RESOURCE_ATTRIBUTES    = local.where_it_runs
    OTEL_TRACES_SAMPLER_ARG     = var.traced_ratio
    TOKEN_AUDIENCE              = local.audience
    WEB_CONCURRENCY             = var.services["command_api"].cpu
  }

  depends_on = [
    google_secret_manager_secret_version.callers,
    google_secret_manager_secret_iam_member.reads_callers,
  ]
}

module "projector" {
  source = "./modules/service"

  name            = "projector"
  image           = local.first_image
  region          = var.region
  size            = var.services["projector"]
  timeout_seconds = local.bus.subscription.ack_deadline_seconds
  ingress         = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  audiences       = [local.push_audience]
  invokers = merge(
    local.smoke_test,
    { push = "serviceAccount:${google_service_account.of["push"].email}" },
  )
  network         = local.private_network
  service_account = google_service_account.of["projector"].email
  config_file     = local.callers_file
  environment = {
    CALLERS_FILE                = local.callers_path
    DATABASE_URL                = local.database_url["projector"]
    IAM_CHECKS_SIGNATURES       = true
    GOOGLE_CLOUD_PROJECT        = var.project
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    OTEL_RESOURCE_ATTRIBUTES    = local.where_it_runs
    OTEL_TRACES_SAMPLER_ARG     = var.traced_ratio
    TOKEN_AUDIENCE              = local.push_audience
    WEB_CONCURRENCY             = var.services["projector"].cpu
  }

  depends_on = [
    google_secret_manager_secret_version.callers,
    google_secret_manager_secret_iam_member.reads_callers,
  ]
}

module "query_api" {
  source = "./modules/service"

  name             = "query_api"
  image            = local.first_image
  region           = var.region
  size             = var.services["query_api"]
  timeout_seconds  = 3600
  session_affinity = true
  ingress          = local.behind_the_gateway
  audiences        = [local.audience]
  invokers = merge(
    local.smoke_test,
    contains(var.readers, "public") ? { public = "allUsers" } : {},
    contains(var.readers, "authenticated") ? { authenticated = "allAuthenticatedUsers" } : {},
    { for email in local.reader_emails : email => local.members[email] },
  )
  network         = local.private_network
  service_account = google_service_account.of["query_api"].email
  config_file     = local.callers_file
  environment = {
    CALLERS_FILE                = local.callers_path
    CORS_ORIGINS                = join(",", var.cors_origins)
    DATABASE_URL                = local.database_url["query_api"]
    GRAPHIQL                    = var.environment != "prod"
    IAM_CHECKS_SIGNATURES       = !contains(var.readers, "public")
    GOOGLE_CLOUD_PROJECT        = var.project
    INTROSPECTION               = var.environment != "prod"
    OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    OTEL_RESOURCE_ATTRIBUTES    = local.where_it_runs
    OTEL_TRACES_SAMPLER_ARG     = var.traced_ratio
    TOKEN_AUDIENCE              = local.audience
  }

  depends_on = [
    google_secret_manager_secret_version.callers,
    google_secret_manager_secret_iam_member.reads_callers,
  ]
}

module "replayer" {
  source = "./modules/service"

  name            = "replayer"
  image           = local.first_image
  region          = var.region
  size            = var.services["replayer"]
  timeout_seconds = 60
  ingress         = local.behind_the_gateway
  audiences       = [local.audience]
  invokers = merge(
    local.smoke_test,
    { operator = "serviceAccount:${google_service_account.of["operator"].email}" },
    { for email in local.operating_accounts : email => local.members[email] },
  )
  service_account = google_service_account.of["replayer"].email
  config_file     = local.callers_file
  environment = {
    CALLERS_FILE          = local.callers_path
    IAM_CHECKS_SIGNATURES = true
    GOOGLE_CLOUD_PROJECT  = var.project
    PROD_PROJECT          = lookup(local.projects, "prod", "")
    REPLAYER_ENV          = var.environment
    REPLAY_JOB            = google_cloud_run_v2_job.of["replay"].id
    STG_PROJECT           = lookup(local.projects, "stg", "")
    TOKEN_AUDIENCE        = local.audience
  }

  depends_on = [
    google_secret_manager_secret_version.callers,
    google_secret_manager_secret_iam_member.reads_callers,
  ]
}
