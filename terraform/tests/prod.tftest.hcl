# What production has and staging does without.

mock_provider "google" {}

mock_provider "google-beta" {}

run "prod" {
  command = plan

  variables {
    repository = "projects/moneyline-prod/locations/europe-west1/connections/c/repositories/r"
  }

  assert {
    condition = (
      google_sql_database_instance.read_model.settings[0].availability_type == "REGIONAL" &&
      length(google_sql_database_instance.replica) == 1
    )
    error_message = "Production's database must outlive a zone, and have a read replica."
  }

  assert {
    condition = (
      google_cloudbuild_trigger.deploy[0].approval_config[0].approval_required &&
      google_cloudbuild_trigger.deploy[0].repository_event_config[0].push[0].tag == "^v[0-9]"
    )
    error_message = "Production must be deployed from a tag, once somebody has approved."
  }

  assert {
    condition     = alltrue([for name in ["command_api", "projector", "query_api"] : var.services[name].min_instances >= 2])
    error_message = "Production must not wait for a first instance, nor hang on one alone."
  }

  assert {
    condition = (
      length(google_cloud_run_v2_service.shipper) == 0 &&
      !contains(keys(google_monitoring_alert_policy.threshold), "logs_unshipped")
    )
    error_message = "Logs are shipped, and watched, only where an endpoint is set."
  }
}
