# Who each part runs as, and what it may do in the project; rights to one topic, secret, service
# or job stand beside it.

locals {
  reaches_cloud_sql = ["roles/cloudsql.client", "roles/cloudsql.instanceUser"]

  # They have telemetry.traces.write and telemetry.metrics.write, which the Telemetry API asks for.
  tells_of_itself = ["roles/cloudtrace.agent", "roles/monitoring.metricWriter"]

  accounts = {
    command_api = {
      does  = "Publishes events"
      roles = local.tells_of_itself
    }
    deployer = {
      does  = "Builds and deploys (Cloud Build)"
      roles = ["roles/logging.logWriter", "roles/ondemandscanning.admin"]
    }
    migrations = {
      does  = "Makes the read model's tables"
      roles = local.reaches_cloud_sql
    }
    operator = {
      does  = "Calls the replayer for people, who have no tokens for us"
      roles = []
    }
    projector = {
      does  = "Stores events and projects them"
      roles = concat(local.reaches_cloud_sql, local.tells_of_itself, ["roles/datastore.user"])
    }
    push = {
      does  = "Pub/Sub pushes as this account"
      roles = []
    }
    query_api = {
      does  = "Reads the read model"
      roles = concat(local.reaches_cloud_sql, local.tells_of_itself)
    }
    rebuild = {
      does  = "Makes the read model anew from the event store"
      roles = concat(local.reaches_cloud_sql, ["roles/datastore.viewer"])
    }
    replay = {
      does  = "Publishes stored events again"
      roles = ["roles/datastore.user"]
    }
    replayer = {
      does  = "Queues replays and starts the replay job"
      roles = ["roles/datastore.user"]
    }
    shipper = {
      does  = "Ships logs"
      roles = []
    }
    smoke = {
      does  = "Asks services whether they are ready"
      roles = []
    }
  }
}

resource "google_service_account" "of" {
  for_each = local.accounts

  account_id   = "moneyline-${replace(each.key, "_", "-")}"
  display_name = "Moneyline: ${each.key}"
  description  = each.value.does
  depends_on   = [google_project_service.used]
}

resource "google_project_iam_member" "of" {
  for_each = merge([
    for name, account in local.accounts : {
      for role in account.roles : "${name}/${role}" => { name = name, role = role }
    }
  ]...)

  project = var.project
  role    = each.value.role
  member  = "serviceAccount:${google_service_account.of[each.value.name].email}"
}
