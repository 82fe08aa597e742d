# What operators may do besides starting jobs (jobs.tf).

# Google makes ID tokens for any audience for service accounts alone, so people call the replayer as
# one. It takes the right to its access tokens too, as gcloud fetches one on the way to an ID token;
# the account may do nothing but call the replayer.
resource "google_service_account_iam_member" "operates" {
  for_each = var.operators

  service_account_id = google_service_account.of["operator"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.members[each.value]
}

# What a job found out stands in its log, how it ended in its executions.
resource "google_project_iam_member" "operator_sees" {
  for_each = {
    for pair in setproduct(var.operators, ["logging", "monitoring", "run"]) :
    "${pair[0]}/${pair[1]}" => { operator = pair[0], sees = pair[1] }
  }

  project = var.project
  role    = "roles/${each.value.sees}.viewer"
  member  = local.members[each.value.operator]
}
