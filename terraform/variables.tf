variable "alert_email" {
  description = "Who is told when an alert fires; nobody where null."
  type        = string
  default     = null
}

variable "cors_origins" {
  description = "Sites whose pages may read odds, such as https://a.example."
  type        = list(string)
  default     = []

  # A browser asks beforehand without its token, which Cloud Run's IAM refuses.
  validation {
    condition     = length(var.cors_origins) == 0 || contains(var.readers, "public")
    error_message = "Pages of other sites can read only what is public."
  }
}

variable "database" {
  description = "Cloud SQL: machine tier, disk in GB to begin with, highly available, how many read replicas, how many days of logs for recovery to a point in time."
  type = object({
    tier              = string
    disk_gb           = number
    highly_available  = bool
    read_replicas     = number
    recovery_log_days = number
  })
}

variable "domain" {
  description = "Host name that clients use, such as odds.example.com; its A record is the output gateway_address."
  type        = string
}

variable "elasticsearch_endpoint" {
  description = "URL of the Elasticsearch that logs are shipped to; null ships none."
  type        = string
  default     = null
}

variable "environment" {
  description = "Which environment of environments.yaml this is."
  type        = string

  validation {
    condition     = contains(["stg", "prod"], var.environment)
    error_message = "The environment is stg or prod."
  }
}

variable "event_readers" {
  description = "Emails of other environments' service accounts that may read this event store, to replay it there."
  type        = set(string)
  default     = []
}

variable "event_store_location" {
  description = "Location of Datastore, which can never be changed: a region or a multi-region such as eur3."
  type        = string
}

variable "operators" {
  description = "Emails of those who may replay, rebuild and redrive: people, who call the replayer as the account operator, or service accounts."
  type        = set(string)
}

variable "other_projects" {
  description = "Projects of the other environments that the replayer here knows, by their names in environments.yaml."
  type        = map(string)
  default     = {}
}

variable "otlp_endpoint" {
  description = "Base URL of what takes OTLP over HTTP: https://telemetry.googleapis.com (Cloud Trace and Cloud Monitoring) or a collector; none where empty."
  type        = string
  default     = ""
}

variable "project" {
  description = "Google Cloud project that everything is made in."
  type        = string
}

variable "providers_of_odds" {
  description = "Which Provider names each caller may speak for, by the email of its service account, which must exist."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for email in keys(var.providers_of_odds) : endswith(email, ".gserviceaccount.com")])
    error_message = "A provider calls as a service account: people get no tokens for us."
  }
}

variable "rate_limits" {
  description = "Requests a minute that one address may make of each service behind the gateway."
  type        = map(number)
}

variable "readers" {
  description = "Who may read odds: emails of service accounts, or only \"public\", or only \"authenticated\" (everybody with a token for us)."
  type        = set(string)

  validation {
    condition = (
      length(setintersection(var.readers, ["public", "authenticated"])) == 0
      ? length(var.readers) > 0 && alltrue([for reader in var.readers : endswith(reader, ".gserviceaccount.com")])
      : length(var.readers) == 1
    )
    error_message = "Readers are service accounts only, or \"public\" alone, or \"authenticated\" alone."
  }
}

variable "region" {
  description = "Region of everything but Datastore."
  type        = string
}

variable "repository" {
  description = "Cloud Build's name of the repository (projects/…/locations/…/connections/…/repositories/…); no trigger is made where null."
  type        = string
  default     = null
}

variable "services" {
  description = "Size of each service: CPUs, memory, requests that an instance takes at a time, fewest and most instances."
  type = map(object({
    cpu           = string
    memory        = string
    concurrency   = number
    min_instances = number
    max_instances = number
  }))

  validation {
    condition     = var.services["projector"].min_instances >= 1
    error_message = "A projector must always run: without its heartbeat a quiet market looks stale."
  }
}

variable "traced_ratio" {
  description = "Of the requests whose caller records no trace, the part that is recorded: 0 to 1."
  type        = number
  default     = 1

  validation {
    condition     = var.traced_ratio >= 0 && var.traced_ratio <= 1
    error_message = "A part is 0 to 1."
  }
}
