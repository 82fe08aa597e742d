"""Topics and routing, by the event_bus.yaml that the system runs with."""

import pytest

from odds.command import EventVelocity
from odds.event_bus import EventBus, Route
from tests.paths import ROOT

FILE = ROOT / "event_bus.yaml"


@pytest.fixture(scope="module")
def bus() -> EventBus:
    return EventBus.parse(FILE.read_bytes())


@pytest.mark.parametrize(
    ("given", "game_id", "game_type"),
    [
        (None, "soccer:epl-2026-ars-che", "soccer"),
        ("tennis", "soccer:epl-2026-ars-che", "tennis"),
        (None, "epl-2026-ars-che", "other"),
        (None, "darts:final", "other"),
        ("darts", "soccer:1", "other"),
        (None, "soccer", "other"),
    ],
)
def test_the_game_type_is_given_or_a_prefix_or_other(
    bus: EventBus, given: str | None, game_id: str, game_type: str
) -> None:
    assert bus.game_type(given, game_id) == game_type


@pytest.mark.parametrize(
    ("tier", "route"),
    [
        (EventVelocity.HIGH, Route("events-high-odds-soccer", "soccer:1")),
        (EventVelocity.MEDIUM, Route("events-medium-soccer", "")),
        (EventVelocity.LOW, Route("events-low", "")),
    ],
)
def test_each_velocity_tier_has_its_topics_and_high_keeps_the_order_of_a_game(
    bus: EventBus, tier: EventVelocity, route: Route
) -> None:
    assert bus.route(tier, "Odds", "soccer", "soccer:1") == route


def test_every_route_leads_to_a_topic_that_exists(bus: EventBus) -> None:
    topics = {topic.name: topic for topic in bus.topics()}
    assert len(topics) == 8 + 8 + 1
    for tier in EventVelocity:
        for game_type in bus.game_types:
            route = bus.route(tier, "Odds", game_type, "g")
            assert topics[route.topic].ordered_by_game == bool(route.ordering_key)


def test_a_misspelt_field_is_named() -> None:
    with pytest.raises(ValueError, match="push_pth"):
        EventBus.parse(FILE.read_bytes().replace(b"push_path", b"push_pth"))
