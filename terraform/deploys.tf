# Cloud Build: what it may do, and when it does (cloudbuild.yaml).
# Staging takes every push to main; production takes tags, once somebody has approved.

locals {
  # Deploying as an account takes the right to act as it.
  deployed_as = toset([
    "command_api", "migrations", "projector", "query_api", "rebuild", "replay", "replayer", "smoke",
  ])
}

resource "google_artifact_registry_repository_iam_member" "deployer_pushes" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = "serviceAccount:${google_service_account.of["deployer"].email}"
}

# Where gcloud puts the sources of builds by hand, which nobody asks for afterwards.
resource "google_storage_bucket" "builds" {
  name                        = "${var.project}-builds"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # what it holds is in Git
  depends_on                  = [google_project_service.used]

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = 7
    }
  }
}

resource "google_storage_bucket_iam_member" "deployer_reads" {
  bucket = google_storage_bucket.builds.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_service_account.of["deployer"].email}"
}

resource "google_project_iam_member" "deployer_deploys" {
  project = var.project
  role    = "roles/run.developer"
  member  = "serviceAccount:${google_service_account.of["deployer"].email}"
}

resource "google_service_account_iam_member" "deployer_acts_as" {
  for_each = local.deployed_as

  service_account_id = google_service_account.of[each.value].name
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${google_service_account.of["deployer"].email}"
}

resource "google_cloudbuild_trigger" "deploy" {
  count = var.repository == null ? 0 : 1

  name            = "deploy-${var.environment}"
  location        = var.region
  filename        = "cloudbuild.yaml"
  service_account = google_service_account.of["deployer"].id

  repository_event_config {
    repository = var.repository

    push {
      branch = var.environment == "stg" ? "^main$" : null
      tag    = var.environment == "prod" ? "^v[0-9]" : null
    }
  }

  approval_config {
    approval_required = var.environment == "prod"
  }

  substitutions = {
    _REGION  = var.region
    _GATEWAY = local.audience
  }
}
