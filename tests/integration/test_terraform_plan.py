"""What Terraform would make of production, held against the code's own view of the same files."""

import re
from itertools import product
from typing import Any

import pytest

from gateway.main import ROUTES
from gateway.routes import MethodNotAllowedError, PathNotFoundError, RoutingTable
from odds.adapters.event_bus import event_bus_file
from odds.event_bus import EventBus
from tests.paths import ROOT
from tests.terraform_files import TerraformFiles
from tests.terraform_plan import Plan, needs_terraform, planned
from tests.unit.test_terraform import PARTS

pytestmark = needs_terraform

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE")
PATHS = (
    *("/", "/assets/a", "/assets/a/b", "/assets/a/b/c", "/api/graphql", "/push"),
    *("/odds", "/odds/7", "/odds/7/8", "/odds/7/history", "/events", "/events/7", "/events/7/8"),
    *("/replay", "/replay/7", "/replay/7/resume", "/replay/7/stop", "/replay/7/8"),
)


@pytest.fixture(scope="module")
def prod() -> Plan:
    return planned("prod")


@pytest.fixture(scope="module")
def bus() -> EventBus:
    return event_bus_file.load(ROOT / "event_bus.yaml")


def test_each_part_gets_the_environment_that_is_held_against_its_settings(
    prod: Plan,
) -> None:
    made = {
        **{each["name"]: each["template"][0] for each in prod.of("google_cloud_run_v2_service")},
        **{
            each["name"]: each["template"][0]["template"][0]
            for each in prod.of("google_cloud_run_v2_job")
        },
    }
    given = {
        name.replace("-", "_"): {each["name"] for each in template["containers"][0]["env"]}
        for name, template in made.items()
    }
    files = TerraformFiles(ROOT / "terraform")
    assert given == {name: files.environment(name) for name in PARTS}


def test_there_are_the_topics_that_events_are_published_to(prod: Plan, bus: EventBus) -> None:
    names = {topic["name"] for topic in prod.of("google_pubsub_topic")}
    assert names == {topic.name for topic in bus.topics()} | {bus.dead_letter.topic}


def test_subscriptions_are_named_and_ordered_as_in_the_local_stack(
    prod: Plan, bus: EventBus
) -> None:
    made = {
        each["name"]: bool(each["enable_message_ordering"])
        for each in prod.of("google_pubsub_subscription")
    }
    assert made == {
        bus.subscription.name.format(topic=topic.name): topic.ordered_by_game
        for topic in bus.topics()
    } | {bus.dead_letter.subscription: False}


def test_there_is_the_bucket_that_sources_are_built_from_by_hand(prod: Plan) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    [named] = re.findall(r"--gcs-source-staging-dir=gs://([^/\s]+)", guide)
    buckets = {each["name"] for each in prod.of("google_storage_bucket")}
    assert buckets == {named.replace("$PROJECT", "moneyline-prod")}


def test_the_load_balancer_takes_what_the_local_gateway_takes(prod: Plan) -> None:
    url_map = next(each for each in prod.of("google_compute_url_map") if each["path_matcher"])
    asked = list(product(METHODS, PATHS))
    balanced = {each: _balanced(url_map["path_matcher"][0], *each) for each in asked}
    assert balanced == {each: _local(*each) for each in asked}


def _local(method: str, path: str) -> int:
    try:
        RoutingTable.load(ROUTES).service(method, path)
    except PathNotFoundError:
        return 404
    except MethodNotAllowedError:
        return 405
    return 200


def _balanced(matcher: dict[str, Any], method: str, path: str) -> int:
    """The status of a URL map's own answer; 200 stands for a service's
    (https://cloud.google.com/load-balancing/docs/url-map-concepts)."""
    for rule in sorted(matcher["route_rules"], key=lambda rule: int(rule["priority"])):
        if any(_matches(match, method, path) for match in rule["match_rules"]):
            return _abort(rule["route_action"]) or 200
    return _abort(matcher["default_route_action"])


def _matches(match: dict[str, Any], method: str, path: str) -> bool:
    template = re.sub(r"\{\w+\}", "[^/]+", match["path_template_match"] or "")
    methods = [header["exact_match"] for header in match["header_matches"]]
    fits = path == match["full_path_match"] or bool(re.fullmatch(template, path))
    return fits and (not methods or methods == [method])


def _abort(action: list[dict[str, Any]]) -> int:
    return int(action[0]["fault_injection_policy"][0]["abort"][0]["http_status"]) if action else 0
