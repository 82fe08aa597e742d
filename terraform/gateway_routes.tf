# What the API gateway lets through, and to which service: its URL map is gateway/routes.yaml.

locals {
  routes = yamldecode(file("${path.module}/../gateway/routes.yaml"))
  paths  = distinct([for route in local.routes : route.path])

  # {name} in a path makes it a template; others are matched as they are.
  is_template = { for path in local.paths : path => strcontains(path, "{") }
}

resource "google_compute_url_map" "gateway" {
  name            = "gateway"
  default_service = google_compute_backend_service.service["query_api"].id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "routes"
  }

  # No other host is ours.
  default_route_action {
    fault_injection_policy {
      abort {
        http_status = 404
        percentage  = 100
      }
    }
  }

  path_matcher {
    name            = "routes"
    default_service = google_compute_backend_service.service["query_api"].id

    # No other path is ours: 404, as the local gateway has it.
    default_route_action {
      fault_injection_policy {
        abort {
          http_status = 404
          percentage  = 100
        }
      }
    }

    dynamic "route_rules" {
      for_each = local.routes
      content {
        priority = 1 + route_rules.key
        service  = google_compute_backend_service.service[route_rules.value.service].id

        # One of them is enough; ":method" is how a URL map calls the method.
        dynamic "match_rules" {
          for_each = route_rules.value.methods
          iterator = method
          content {
            full_path_match     = local.is_template[route_rules.value.path] ? null : route_rules.value.path
            path_template_match = local.is_template[route_rules.value.path] ? route_rules.value.path : null

            header_matches {
              header_name = ":method"
              exact_match = method.value
            }
          }
        }
      }
    }

    # A known path with a method that no service takes.
    dynamic "route_rules" {
      for_each = local.paths
      content {
        priority = 1001 + route_rules.key
        service  = google_compute_backend_service.service["query_api"].id

        match_rules {
          full_path_match     = local.is_template[route_rules.value] ? null : route_rules.value
          path_template_match = local.is_template[route_rules.value] ? route_rules.value : null
        }

        route_action {
          fault_injection_policy {
            abort {
              http_status = 405
              percentage  = 100
            }
          }
        }
      }
    }
  }
}
