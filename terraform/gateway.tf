# The API gateway: a global external Application Load Balancer before the services that routes lead
# to (gateway_routes.tf).

locals {
  gateway_services = toset([for route in local.routes : route.service])
}

resource "google_compute_region_network_endpoint_group" "service" {
  for_each = local.gateway_services

  name                  = replace(each.value, "_", "-")
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = module.service[each.value].name
  }
}

resource "google_compute_backend_service" "service" {
  for_each = local.gateway_services

  name                    = replace(each.value, "_", "-")
  load_balancing_scheme   = "EXTERNAL_MANAGED"
  protocol                = "HTTPS"
  security_policy         = google_compute_security_policy.service[each.value].id
  custom_response_headers = ["Strict-Transport-Security: max-age=31536000"] # services know of no HTTPS

  backend {
    group = google_compute_region_network_endpoint_group.service[each.value].id
  }

  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_security_policy" "service" {
  for_each = local.gateway_services

  name        = replace(each.value, "_", "-")
  description = "So many requests a minute from one address"
  depends_on  = [google_project_service.used]

  rule {
    action      = "throttle"
    priority    = 2147483647 # the default rule, which each policy must have
    description = "All addresses"

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.rate_limits[each.value]
        interval_sec = 60
      }
    }
  }

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }
}

resource "google_compute_global_address" "gateway" {
  name       = "gateway"
  depends_on = [google_project_service.used]
}

resource "google_compute_managed_ssl_certificate" "gateway" {
  name       = "gateway-${substr(sha256(var.domain), 0, 8)}"
  depends_on = [google_project_service.used]

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "gateway" {
  name            = "gateway"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.used]
}

resource "google_compute_target_https_proxy" "gateway" {
  name             = "gateway"
  url_map          = google_compute_url_map.gateway.id
  ssl_certificates = [google_compute_managed_ssl_certificate.gateway.id]
  ssl_policy       = google_compute_ssl_policy.gateway.id
}

resource "google_compute_global_forwarding_rule" "https" {
  name                  = "gateway-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  target                = google_compute_target_https_proxy.gateway.id
  ip_address            = google_compute_global_address.gateway.id
  port_range            = "443"
}

# Plain HTTP is led to HTTPS.
resource "google_compute_url_map" "to_https" {
  name       = "to-https"
  depends_on = [google_project_service.used]

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "PERMANENT_REDIRECT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "to_https" {
  name    = "to-https"
  url_map = google_compute_url_map.to_https.id
}

resource "google_compute_global_forwarding_rule" "http" {
  name                  = "gateway-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  target                = google_compute_target_http_proxy.to_https.id
  ip_address            = google_compute_global_address.gateway.id
  port_range            = "80"
}
