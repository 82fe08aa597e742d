# Who may call: the file that all services read (odds/adapters/guard/callers.py). It is no secret,
# but a secret is how Cloud Run mounts a file. Cloud Run's own IAM is the other lock.

locals {
  audience      = "https://${var.domain}"
  push_audience = "${local.audience}${local.bus.subscription.push_path}"

  # People call as the account that is made for them (operators.tf).
  operating_accounts = [for email in var.operators : email if endswith(email, ".gserviceaccount.com")]

  reader_emails = setsubtract(var.readers, ["public", "authenticated"])
  callers = {
    push      = google_service_account.of["push"].email
    providers = var.providers_of_odds
    operators = concat(local.operating_accounts, [google_service_account.of["operator"].email])
    # A word or a list: Terraform lets no condition have two types, but JSON has one.
    readers = jsondecode(
      length(local.reader_emails) > 0 ? jsonencode(var.readers) : jsonencode(one(var.readers))
    )
  }

  callers_file = {
    directory = "/etc/moneyline"
    name      = "callers.yaml"
    secret    = google_secret_manager_secret.callers.secret_id
  }

  # IAM's names for callers, who are named by email elsewhere.
  members = {
    for email in setunion(var.operators, keys(var.providers_of_odds), local.reader_emails) :
    email => "${endswith(email, ".gserviceaccount.com") ? "serviceAccount" : "user"}:${email}"
  }
}

resource "google_secret_manager_secret" "callers" {
  secret_id = "callers"

  replication {
    auto {}
  }

  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_version" "callers" {
  secret      = google_secret_manager_secret.callers.id
  secret_data = yamlencode(local.callers)

  # The latest must be there for instances that start meanwhile.
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "reads_callers" {
  for_each = toset(["command_api", "projector", "query_api", "replayer"])

  secret_id = google_secret_manager_secret.callers.id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.of[each.value].email}"
}
