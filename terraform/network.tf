# A private network: Cloud SQL has no public address, and services reach it from here.

resource "google_compute_network" "private" {
  name                    = "moneyline"
  auto_create_subnetworks = false
  depends_on              = [google_project_service.used]
}

# Cloud Run takes addresses of it for each instance, and keeps them a while: /22 is room for 500.
resource "google_compute_subnetwork" "services" {
  name                     = "services"
  network                  = google_compute_network.private.id
  region                   = var.region
  ip_cidr_range            = "10.10.0.0/22"
  private_ip_google_access = true
}

resource "google_compute_global_address" "google_services" {
  name          = "google-services"
  network       = google_compute_network.private.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 16
}

resource "google_service_networking_connection" "google_services" {
  network                 = google_compute_network.private.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.google_services.name]
}
