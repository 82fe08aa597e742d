# What is staging's own.

mock_provider "google" {}

mock_provider "google-beta" {}

run "stg" {
  command = plan

  variables {
    repository = "projects/moneyline-stg/locations/europe-west1/connections/c/repositories/r"
  }

  assert {
    condition = (
      !google_cloudbuild_trigger.deploy[0].approval_config[0].approval_required &&
      google_cloudbuild_trigger.deploy[0].repository_event_config[0].push[0].branch == "^main$"
    )
    error_message = "Staging must take each push to main."
  }

  assert {
    condition     = !contains(var.readers, "public")
    error_message = "Staging's odds are for nobody outside."
  }

  assert {
    condition = (
      length(google_cloud_run_v2_service.shipper) == 0 &&
      !contains(keys(google_monitoring_alert_policy.threshold), "logs_unshipped")
    )
    error_message = "Logs are shipped, and watched, only where an endpoint is set."
  }
}
