# The event store, kind Event, and what was parked: Firestore in Datastore mode.
# Written by the projector and the replayer, read by the replayer.

resource "google_firestore_database" "event_store" {
  name                              = "(default)"
  type                              = "DATASTORE_MODE"
  location_id                       = var.event_store_location
  concurrency_mode                  = "OPTIMISTIC"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  deletion_policy                   = "ABANDON"
  depends_on                        = [google_project_service.used]
}

resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.event_store.name
  retention = "1209600s" # two weeks

  daily_recurrence {}
}

resource "google_project_iam_member" "event_reader" {
  for_each = var.event_readers

  project = var.project
  role    = "roles/datastore.viewer"
  member  = "serviceAccount:${each.value}"
}
