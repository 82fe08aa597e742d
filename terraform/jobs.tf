# Jobs: replay runs one replay (started by the replayer, which says which one), rebuild makes the
# read model anew, migrations brings its schema up to date, smoke asks services whether they are
# ready. Operators may run the first two with other arguments:
# gcloud run jobs execute replay --args=dead-letter,list

locals {
  deployer_starts = { deployer = "serviceAccount:${google_service_account.of["deployer"].email}" }
  operators_start = { for email in var.operators : email => local.members[email] }

  # What environments.yaml knows the environments by, and which of them this is.
  projects = merge(var.other_projects, { (var.environment) = var.project })
  replaying_environment = {
    GOOGLE_CLOUD_PROJECT = var.project
    PROD_PROJECT         = lookup(local.projects, "prod", "")
    REPLAYER_ENV         = var.environment
    STG_PROJECT          = lookup(local.projects, "stg", "")
  }

  # Whom those who make tables grant their part.
  granting_environment = {
    READ_MODEL_READERS = local.database_user["query_api"]
    READ_MODEL_WRITERS = local.database_user["projector"]
  }

  jobs = {
    migrations = {
      command  = ["python", "-m", "odds.adapters.read_model.migrate"]
      args     = []
      hours    = 1
      retries  = 0
      size     = { cpu = "1", memory = "512Mi" }
      starters = local.deployer_starts
      environment = [local.granting_environment, {
        DATABASE_URL = local.database_url["migrations"]
      }]
    }
    rebuild = {
      command  = ["python", "-m", "replayer"]
      args     = ["rebuild", "--env", var.environment, "--confirm", var.project]
      hours    = 24
      retries  = 0
      size     = { cpu = "4", memory = "4Gi" }
      starters = local.operators_start
      environment = [local.replaying_environment, local.granting_environment, {
        PROD_DATABASE_URL = var.environment == "prod" ? local.database_url["rebuild"] : ""
        STG_DATABASE_URL  = var.environment == "stg" ? local.database_url["rebuild"] : ""
      }]
    }
    replay = {
      command = ["python", "-m", "replayer"]
      args    = ["list"]
      hours   = 24
      retries = 3 # it goes on where it was
      size    = { cpu = "1", memory = "1Gi" }
      starters = merge(local.operators_start, {
        replayer = "serviceAccount:${google_service_account.of["replayer"].email}"
      })
      environment = [local.replaying_environment]
    }
    smoke = {
      command     = ["python", "-m", "odds.adapters.http.smoke"]
      args        = []
      hours       = 1
      retries     = 0
      size        = { cpu = "1", memory = "512Mi" }
      starters    = local.deployer_starts
      environment = []
    }
  }
}

resource "google_cloud_run_v2_job" "of" {
  for_each = local.jobs

  name                = each.key
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = google_service_account.of[each.key].email
      max_retries     = each.value.retries
      timeout         = "${each.value.hours * 3600}s"

      containers {
        image   = local.first_image
        command = each.value.command
        args    = each.value.args

        dynamic "env" {
          for_each = merge(each.value.environment...)
          content {
            name  = env.key
            value = env.value
          }
        }

        resources {
          limits = each.value.size
        }
      }

      # By the network services see that a request comes from inside.
      vpc_access {
        egress = each.key == "smoke" ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = google_compute_network.private.id
          subnetwork = google_compute_subnetwork.services.id
        }
      }
    }
  }

  # Cloud Build deploys the images.
  lifecycle {
    ignore_changes = [client, client_version, template[0].template[0].containers[0].image]
  }
}

resource "google_cloud_run_v2_job_iam_member" "starter" {
  for_each = merge([
    for job, facts in local.jobs : {
      for name, member in facts.starters : "${job}/${name}" => { job = job, member = member }
    }
  ]...)

  name     = google_cloud_run_v2_job.of[each.value.job].name
  location = var.region
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = each.value.member
}
