environment          = "stg"
project              = "moneyline-stg"
region               = "europe-west1"
event_store_location = "europe-west1"
domain               = "stg.odds.example.com"
alert_email          = "odds-stg@example.com"
otlp_endpoint        = "https://telemetry.googleapis.com"

operators         = ["operator@example.com"]
readers           = ["authenticated"]
providers_of_odds = { "feed-acme@moneyline-stg.iam.gserviceaccount.com" = ["acme"] }
other_projects    = { prod = "moneyline-prod" }

rate_limits = {
  command_api = 6000
  query_api   = 6000
  replayer    = 60
}

database = {
  tier              = "db-custom-1-3840"
  disk_gb           = 20
  highly_available  = false
  read_replicas     = 0
  recovery_log_days = 3
}

services = {
  command_api = { cpu = "1", memory = "512Mi", concurrency = 80, min_instances = 0, max_instances = 4 }
  projector   = { cpu = "1", memory = "512Mi", concurrency = 250, min_instances = 1, max_instances = 4 }
  query_api   = { cpu = "1", memory = "1Gi", concurrency = 500, min_instances = 0, max_instances = 4 }
  replayer    = { cpu = "1", memory = "512Mi", concurrency = 8, min_instances = 0, max_instances = 1 }
}
