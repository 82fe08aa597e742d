# Where Cloud Build pushes the image, and Cloud Run takes it from by its digest.

resource "google_artifact_registry_repository" "images" {
  repository_id = "moneyline"
  location      = var.region
  format        = "DOCKER"
  description   = "One image with all services"

  cleanup_policies {
    id     = "keep-the-last"
    action = "KEEP"
    most_recent_versions {
      keep_count = 20
    }
  }

  cleanup_policies {
    id     = "delete-older-than-a-quarter"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.used]
}

locals {
  # What the services are made with before there is an image of ours: Cloud Build deploys that.
  first_image = "us-docker.pkg.dev/cloudrun/container/hello"
}
