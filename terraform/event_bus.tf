# The event bus, as event_bus.yaml has it.
# Topics are published to by command_api and by the replay job; each has one subscription, which
# pushes to the projector. What can't be delivered goes to the dead-letter topic: published to by
# Pub/Sub itself, pulled by the replay job when an operator redrives.

locals {
  bus = yamldecode(file("${path.module}/../event_bus.yaml"))

  # Every topic once, with its tier: a name without {domain} or {game_type} is shared by all.
  topics = {
    for topic, tiers in {
      for each in setproduct(values(local.bus.tiers), local.bus.domains, local.bus.game_types) :
      replace(replace(each[0].topic, "{domain}", each[1]), "{game_type}", each[2]) => each[0]...
    } : topic => tiers[0]
  }

  subscriptions = {
    for topic in keys(local.topics) :
    topic => replace(local.bus.subscription.name, "{topic}", topic)
  }

  # Emails of those who publish events.
  publishers = {
    command_api = google_service_account.of["command_api"].email
    replay      = google_service_account.of["replay"].email
  }
}

resource "google_pubsub_topic" "events" {
  for_each = local.topics

  name                       = each.key
  message_retention_duration = "604800s" # a week to seek back in
  depends_on                 = [google_project_service.used]
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = {
    for pair in setproduct(keys(local.topics), keys(local.publishers)) :
    "${pair[0]}/${pair[1]}" => { topic = pair[0], publisher = pair[1] }
  }

  topic  = google_pubsub_topic.events[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = "serviceAccount:${local.publishers[each.value.publisher]}"
}

# They look whether a topic is there before they publish to it, and to say that they are ready.
resource "google_pubsub_topic_iam_member" "viewer" {
  for_each = {
    for pair in setproduct(keys(local.topics), ["command_api", "replay", "replayer"]) :
    "${pair[0]}/${pair[1]}" => { topic = pair[0], viewer = pair[1] }
  }

  topic  = google_pubsub_topic.events[each.value.topic].name
  role   = "roles/pubsub.viewer"
  member = "serviceAccount:${google_service_account.of[each.value.viewer].email}"
}

resource "google_pubsub_subscription" "projector" {
  for_each = local.subscriptions

  name                       = each.value
  topic                      = google_pubsub_topic.events[each.key].id
  ack_deadline_seconds       = local.bus.subscription.ack_deadline_seconds
  enable_message_ordering    = local.topics[each.key].ordered_by_game
  message_retention_duration = "604800s"

  push_config {
    push_endpoint = "${module.service["projector"].uri}${local.bus.subscription.push_path}"

    oidc_token {
      service_account_email = google_service_account.of["push"].email
      audience              = local.push_audience
    }
  }

  retry_policy {
    minimum_backoff = "${local.bus.subscription.min_backoff_seconds}s"
    maximum_backoff = "${local.bus.subscription.max_backoff_seconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letter.id
    max_delivery_attempts = local.bus.subscription.max_delivery_attempts
  }

  expiration_policy {
    ttl = "" # never
  }

  depends_on = [google_service_account_iam_member.pubsub_signs_for_push]
}

resource "google_pubsub_topic" "dead_letter" {
  name       = local.bus.dead_letter.topic
  depends_on = [google_project_service.used]
}

resource "google_pubsub_subscription" "dead_letter" {
  name                       = local.bus.dead_letter.subscription
  topic                      = google_pubsub_topic.dead_letter.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # the longest there is

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "pubsub_dead_letters" {
  topic  = google_pubsub_topic.dead_letter.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.pubsub.member
}

# To take a message off a subscription once it is dead-lettered.
resource "google_pubsub_subscription_iam_member" "pubsub_acknowledges" {
  for_each = google_pubsub_subscription.projector

  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.pubsub.member
}

resource "google_pubsub_subscription_iam_member" "replay_redrives" {
  subscription = google_pubsub_subscription.dead_letter.name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:${google_service_account.of["replay"].email}"
}

# To sign the tokens that pushes carry.
resource "google_service_account_iam_member" "pubsub_signs_for_push" {
  service_account_id = google_service_account.of["push"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_project_service_identity.pubsub.member
}
