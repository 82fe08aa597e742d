output "ingress" {
  description = "Where requests may come from."
  value       = google_cloud_run_v2_service.this.ingress
}

output "invokers" {
  description = "IAM members that may call it."
  value       = [for grant in google_cloud_run_v2_service_iam_member.invoker : grant.member]
}

output "name" {
  description = "Its name on Cloud Run."
  value       = google_cloud_run_v2_service.this.name
}

output "uri" {
  description = "Its own URL."
  value       = google_cloud_run_v2_service.this.uri
}
