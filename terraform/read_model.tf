# The read model: Cloud SQL for PostgreSQL, with a private address and no passwords.
# Written by the projector and the rebuild job, read by query_api, migrated by the migrations job.

locals {
  # Each connects as itself; the migrations job grants the others their part.
  database_users = toset(["migrations", "projector", "query_api", "rebuild"])
  database_user = {
    for name in local.database_users :
    name => trimsuffix(google_service_account.of[name].email, ".gserviceaccount.com")
  }
  database_url = {
    for name, user in local.database_user :
    name => join("", [
      "postgresql+pg8000://${urlencode(user)}@/${google_sql_database.read_model.name}",
      "?cloud_sql=${google_sql_database_instance.read_model.connection_name}",
      contains(["migrations", "rebuild"], name) ? "&role=cloudsqlsuperuser" : "",
    ])
  }
  database_flags = {
    "cloudsql.iam_authentication" = "on"
    # An open transaction holds the change feed back: one that does nothing is ended.
    idle_in_transaction_session_timeout = "60000"
    log_lock_waits                      = "on"
    log_min_duration_statement          = "1000"
  }
  primary = google_sql_database_instance.read_model.settings[0]
}

resource "google_sql_database_instance" "read_model" {
  name                = "read-model"
  database_version    = "POSTGRES_18"
  region              = var.region
  deletion_protection = true

  settings {
    tier                        = var.database.tier
    edition                     = "ENTERPRISE"
    availability_type           = var.database.highly_available ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.database.disk_gb
    disk_autoresize             = true
    connector_enforcement       = "REQUIRED"
    deletion_protection_enabled = true
    retain_backups_on_delete    = true

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.private.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "03:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = var.database.recovery_log_days

      backup_retention_settings {
        retained_backups = 14
      }
    }

    insights_config {
      query_insights_enabled  = true
      record_application_tags = true
    }

    maintenance_window {
      day          = 2
      hour         = 4
      update_track = "stable"
    }

    dynamic "database_flags" {
      for_each = local.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    ignore_changes = [settings[0].disk_size] # it grows by itself
  }

  depends_on = [google_service_networking_connection.google_services]
}

# For analysts and for another zone's bad day; the services use the primary, where NOTIFY is. It is
# as the primary is, but has no second zone and no backups of its own.
resource "google_sql_database_instance" "replica" {
  count = var.database.read_replicas

  name                 = "read-model-replica-${count.index}"
  master_instance_name = google_sql_database_instance.read_model.name
  database_version     = google_sql_database_instance.read_model.database_version
  region               = google_sql_database_instance.read_model.region
  deletion_protection  = google_sql_database_instance.read_model.deletion_protection

  settings {
    tier                  = local.primary.tier
    edition               = local.primary.edition
    availability_type     = "ZONAL"
    disk_type             = local.primary.disk_type
    disk_autoresize       = local.primary.disk_autoresize
    connector_enforcement = local.primary.connector_enforcement

    ip_configuration {
      ipv4_enabled    = local.primary.ip_configuration[0].ipv4_enabled
      private_network = local.primary.ip_configuration[0].private_network
      ssl_mode        = local.primary.ip_configuration[0].ssl_mode
    }

    dynamic "database_flags" {
      for_each = local.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }
}

resource "google_sql_database" "read_model" {
  name            = "moneyline"
  instance        = google_sql_database_instance.read_model.name
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "of" {
  for_each = local.database_user

  name            = each.value
  instance        = google_sql_database_instance.read_model.name
  type            = "CLOUD_IAM_SERVICE_ACCOUNT"
  deletion_policy = "ABANDON" # it owns or was granted tables
}
