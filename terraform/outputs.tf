output "deployer" {
  description = "Service account that Cloud Build runs as."
  value       = google_service_account.of["deployer"].id
}

output "gateway_address" {
  description = "What the domain's A record must say."
  value       = google_compute_global_address.gateway.address
}

output "images" {
  description = "Where images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.name}"
}

output "ingress" {
  description = "Where requests to each service may come from."
  value       = { for name, service in module.service : name => service.ingress }
}

output "invokers" {
  description = "Which members Cloud Run's IAM lets call each service."
  value       = { for name, service in module.service : name => service.invokers }
}

output "read_model_owners" {
  description = "Database users that act as cloudsqlsuperuser, which is granted by hand."
  value       = [for name in ["migrations", "rebuild"] : local.database_user[name]]
}
