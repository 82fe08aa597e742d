environment          = "prod"
project              = "moneyline-prod"
region               = "europe-west1"
event_store_location = "eur3"
domain               = "odds.example.com"
alert_email          = "odds@example.com"
otlp_endpoint        = "https://telemetry.googleapis.com"
traced_ratio         = 0.01

operators         = ["operator@example.com"]
readers           = ["public"]
providers_of_odds = { "feed-acme@moneyline-prod.iam.gserviceaccount.com" = ["acme"] }
event_readers     = ["moneyline-replay@moneyline-stg.iam.gserviceaccount.com"]

rate_limits = {
  command_api = 60000
  query_api   = 6000
  replayer    = 60
}

database = {
  tier              = "db-custom-4-16384"
  disk_gb           = 100
  highly_available  = true
  read_replicas     = 1
  recovery_log_days = 7
}

services = {
  command_api = { cpu = "2", memory = "1Gi", concurrency = 160, min_instances = 2, max_instances = 20 }
  projector   = { cpu = "2", memory = "1Gi", concurrency = 500, min_instances = 2, max_instances = 20 }
  query_api   = { cpu = "1", memory = "2Gi", concurrency = 1000, min_instances = 2, max_instances = 20 }
  replayer    = { cpu = "1", memory = "512Mi", concurrency = 8, min_instances = 0, max_instances = 1 }
}
