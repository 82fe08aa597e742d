# What holds in staging and in production alike: terraform test -var-file=environments/<env>.tfvars
# Nothing is made and no cloud is asked: the providers are mocks.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email = "mock@moneyline.iam.gserviceaccount.com"
      name  = "projects/moneyline/serviceAccounts/mock@moneyline.iam.gserviceaccount.com"
    }
  }
}

mock_provider "google-beta" {
  mock_resource "google_project_service_identity" {
    defaults = { member = "serviceAccount:pubsub-agent" }
  }
}

override_resource {
  target = google_service_account.of["operator"]
  values = {
    email = "operator@moneyline.iam.gserviceaccount.com"
    name  = "projects/moneyline/serviceAccounts/operator@moneyline.iam.gserviceaccount.com"
  }
}

variables {
  elasticsearch_endpoint = "https://elasticsearch.example.com"
}

run "everything" {
  # The event bus.

  assert {
    condition = (
      length(google_pubsub_topic.events) ==
      length(local.bus.game_types) * (length(local.bus.domains) + 1) + 1
    )
    error_message = "There must be a topic per domain and game type, one per game type, and one for all."
  }

  assert {
    condition     = keys(google_pubsub_subscription.projector) == keys(google_pubsub_topic.events)
    error_message = "Each topic must have its push subscription."
  }

  assert {
    condition = alltrue([
      for topic, subscription in google_pubsub_subscription.projector : (
        subscription.topic == google_pubsub_topic.events[topic].id &&
        endswith(subscription.push_config[0].push_endpoint, local.bus.subscription.push_path) &&
        subscription.push_config[0].oidc_token[0].audience == local.push_audience &&
        subscription.retry_policy[0].minimum_backoff == "${local.bus.subscription.min_backoff_seconds}s" &&
        subscription.expiration_policy[0].ttl == ""
      )
    ])
    error_message = "Each subscription must push to the projector, with a token, again and for ever."
  }

  assert {
    condition = alltrue([
      for topic, subscription in google_pubsub_subscription.projector :
      subscription.enable_message_ordering == startswith(topic, "events-high-")
    ])
    error_message = "The topics of the high velocity tier, and no others, must keep their order."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.projector :
      subscription.dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.dead_letter.id &&
      subscription.dead_letter_policy[0].max_delivery_attempts == local.bus.subscription.max_delivery_attempts
    ])
    error_message = "Each subscription must hand over to the dead-letter topic."
  }

  assert {
    condition = (
      google_pubsub_topic_iam_member.pubsub_dead_letters.role == "roles/pubsub.publisher" &&
      google_pubsub_topic_iam_member.pubsub_dead_letters.member == "serviceAccount:pubsub-agent" &&
      keys(google_pubsub_subscription_iam_member.pubsub_acknowledges) == keys(google_pubsub_topic.events) &&
      alltrue([
        for grant in google_pubsub_subscription_iam_member.pubsub_acknowledges :
        grant.role == "roles/pubsub.subscriber" && grant.member == "serviceAccount:pubsub-agent"
      ])
    )
    error_message = "Pub/Sub must be let dead-letter: publish there, and acknowledge here."
  }

  assert {
    condition = alltrue([
      for topic in keys(google_pubsub_topic.events) :
      google_pubsub_topic_iam_member.publisher["${topic}/command_api"].topic == topic &&
      google_pubsub_topic_iam_member.viewer["${topic}/command_api"].topic == topic &&
      google_pubsub_topic_iam_member.publisher["${topic}/replay"].topic == topic
    ])
    error_message = "command_api and the replay job must be let publish to each topic."
  }

  # The gateway.

  assert {
    condition = alltrue(flatten([
      for index, route in local.routes : [
        for method in route.methods : anytrue([
          for rule in google_compute_url_map.gateway.path_matcher[0].route_rules : (
            rule.service == google_compute_backend_service.service[route.service].id &&
            anytrue([
              for match in rule.match_rules : (
                (match.full_path_match == route.path || match.path_template_match == route.path) &&
                anytrue([
                  for header in match.header_matches :
                  header.header_name == ":method" && header.exact_match == method
                ])
              )
            ])
          )
        ])
      ]
    ]))
    error_message = "Each method of each route must reach its service."
  }

  assert {
    condition = alltrue([
      for service, backend in google_compute_backend_service.service : (
        one(backend.backend).group == google_compute_region_network_endpoint_group.service[service].id &&
        google_compute_region_network_endpoint_group.service[service].cloud_run[0].service == replace(service, "_", "-") &&
        backend.security_policy == google_compute_security_policy.service[service].id &&
        anytrue([for header in backend.custom_response_headers : startswith(header, "Strict-Transport-Security:")])
      )
    ])
    error_message = "Each backend must be its own Cloud Run service, behind its rate limit and by HTTPS alone."
  }

  assert {
    condition = alltrue([
      for rule in google_compute_url_map.gateway.path_matcher[0].route_rules : (
        length(rule.match_rules[0].header_matches) > 0 ||
        try(rule.route_action[0].fault_injection_policy[0].abort[0].http_status, 0) == 405
      )
    ])
    error_message = "A method that no service takes must be answered 405."
  }

  assert {
    condition     = google_compute_url_map.gateway.path_matcher[0].default_route_action[0].fault_injection_policy[0].abort[0].percentage == 100
    error_message = "A path that no service has must reach none."
  }

  # Rights, and what is public.

  assert {
    condition = alltrue([
      for grant in concat(
        values(google_project_iam_member.of),
        values(google_project_iam_member.event_reader),
        values(google_project_iam_member.operator_sees),
        [google_project_iam_member.deployer_deploys],
      ) :
      !contains(["roles/owner", "roles/editor", "roles/viewer"], grant.role) &&
      !endswith(lower(grant.role), "admin") || grant.role == "roles/ondemandscanning.admin"
    ])
    error_message = "No account may have a primitive role, or administer a service."
  }

  assert {
    condition = alltrue([
      for service in [output.invokers.command_api, output.invokers.projector, output.invokers.replayer] :
      length(setintersection(service, ["allUsers", "allAuthenticatedUsers"])) == 0
    ])
    error_message = "Only reading may be public."
  }

  assert {
    condition = (
      contains(output.invokers.replayer, "serviceAccount:operator@moneyline.iam.gserviceaccount.com") &&
      contains(yamldecode(google_secret_manager_secret_version.callers.secret_data).operators, "operator@moneyline.iam.gserviceaccount.com") &&
      alltrue([
        for operator in var.operators : (
          google_service_account_iam_member.operates[operator].service_account_id == google_service_account.of["operator"].name &&
          google_service_account_iam_member.operates[operator].role == "roles/iam.serviceAccountTokenCreator" &&
          google_service_account_iam_member.operates[operator].member == local.members[operator]
        )
      ])
    )
    error_message = "Operators must be let call the replayer, as the account that is theirs."
  }

  assert {
    condition     = contains(output.invokers.query_api, "allUsers") == contains(var.readers, "public")
    error_message = "Reading is public where it was said to be."
  }

  assert {
    condition = alltrue([
      for instance in concat([google_sql_database_instance.read_model], google_sql_database_instance.replica) :
      instance.settings[0].ip_configuration[0].ipv4_enabled == false &&
      instance.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY" &&
      length(instance.settings[0].ip_configuration[0].authorized_networks) == 0 &&
      instance.settings[0].connector_enforcement == "REQUIRED"
    ])
    error_message = "Cloud SQL must have no public address, and take connectors only, encrypted."
  }

  assert {
    condition     = output.ingress.projector == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "Pub/Sub alone reaches the projector."
  }

  assert {
    condition = alltrue([
      for service in ["command_api", "query_api", "replayer"] :
      output.ingress[service] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    ])
    error_message = "What clients call must be called through the gateway."
  }

  # Data.

  assert {
    condition = (
      google_firestore_database.event_store.type == "DATASTORE_MODE" &&
      google_firestore_database.event_store.delete_protection_state == "DELETE_PROTECTION_ENABLED" &&
      google_firestore_database.event_store.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    )
    error_message = "The event store must be kept safe."
  }

  assert {
    condition = (
      google_sql_database_instance.read_model.deletion_protection &&
      google_sql_database_instance.read_model.settings[0].backup_configuration[0].point_in_time_recovery_enabled
    )
    error_message = "The read model must be kept safe."
  }

  # What services tell of themselves.

  assert {
    condition     = var.otlp_endpoint == "https://telemetry.googleapis.com"
    error_message = "Cloud Trace and Cloud Monitoring must be told of the services."
  }

  # What somebody is told of.

  assert {
    condition = alltrue([
      for alert in concat(
        values(google_monitoring_alert_policy.threshold),
        values(google_monitoring_alert_policy.query),
      ) :
      length(split("**What to do:**", alert.documentation[0].content)) == 2 &&
      alltrue([
        for part in split("**What to do:**", alert.documentation[0].content) :
        !contains(["", alert.display_name, alert.conditions[0].display_name], trimspace(part))
      ])
    ])
    error_message = "Each alert must say what it means, beyond its title, and what to do."
  }

  # Logs.

  assert {
    condition = (
      google_logging_project_sink.elasticsearch[0].destination == "pubsub.googleapis.com/${google_pubsub_topic.logs[0].id}" &&
      google_pubsub_topic_iam_member.logging_publishes[0].member == google_logging_project_sink.elasticsearch[0].writer_identity &&
      google_pubsub_subscription.logs[0].topic == google_pubsub_topic.logs[0].id &&
      google_cloud_run_v2_service.shipper[0].template[0].scaling[0].min_instance_count == 1
    )
    error_message = "Logs must go from the sink over the topic to the shipper."
  }

  assert {
    condition = [
      for variable in google_cloud_run_v2_service.shipper[0].template[0].containers[0].env :
      variable.value if variable.name == "NAMESPACE"
    ] == ["moneyline_${var.environment}"]
    error_message = "Logs must go to a data stream of the project, whose namespace has no hyphen."
  }

  assert {
    condition = strcontains(
      google_monitoring_alert_policy.threshold["logs_unshipped"].conditions[0].condition_threshold[0].filter,
      "subscription_id=\"${google_pubsub_subscription.logs[0].name}\"",
    )
    error_message = "Somebody must be told when logs are not shipped."
  }
}

run "public_beside_emails_are_no_readers" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = ["public", "reader@moneyline.iam.gserviceaccount.com"]
  }
}

run "public_and_authenticated_are_no_readers" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = ["public", "authenticated"]
  }
}

run "other_words_are_no_readers" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = ["everybody"]
  }
}

run "people_are_no_readers" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = ["reader@example.com"]
  }
}

run "people_are_no_providers" {
  command         = plan
  expect_failures = [var.providers_of_odds]

  variables {
    providers_of_odds = { "reader@example.com" = ["acme"] }
  }
}

run "pages_of_other_sites_read_only_what_is_public" {
  command         = plan
  expect_failures = [var.cors_origins]

  variables {
    cors_origins = ["https://a.example"]
    readers      = ["authenticated"]
  }
}

run "more_than_all_traces_are_no_part" {
  command         = plan
  expect_failures = [var.traced_ratio]

  variables {
    traced_ratio = 100
  }
}

run "none_are_no_readers" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = []
  }
}
