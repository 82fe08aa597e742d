"""The pure fold: rule 3 of the design."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from odds.event import Event
from odds.fold import Outcome, fold
from tests.examples import NOW, delete, new, update
from tests.histories import histories


def outcomes_of(*events: Event) -> list[Outcome]:
    _, outcomes = fold(events)
    return [outcomes[event.event_id] for event in events]


@given(histories(), st.randoms(use_true_random=False))
def test_every_order_and_repetition_of_the_same_events_ends_in_the_same_odds(
    events: list[Event], random: object
) -> None:
    shuffled = [*events, *events]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled)[0] == fold(events)[0]


@given(histories())
def test_an_event_has_one_outcome_however_often_it_comes(events: list[Event]) -> None:
    once = list({event.event_id: event for event in events}.values())
    assert fold(events)[1] == fold([*once, *events])[1]


def test_the_newest_price_by_the_providers_time_wins() -> None:
    created = new()
    late = update(created, at=NOW + 9, occurred_at=NOW + 2, home=9.0)
    newest = update(created, at=NOW + 8, occurred_at=NOW + 3, home=8.0)
    odds, outcomes = fold([created, newest, late])
    kept = odds[created.odds_key]
    assert kept.money_line == newest.command.payload.money_line
    assert kept.updated_at == NOW + 8
    assert outcomes[late.event_id] is Outcome.STALE


def test_a_state_can_be_told_in_json() -> None:
    created = new(occurred_at=NOW - 5)
    odds, _ = fold([created])
    assert str(NOW - 5).encode() in msgspec.json.encode(odds[created.odds_key])


def test_a_patch_before_its_post_is_hidden_and_its_price_shows_with_the_post() -> None:
    created = new()
    early = update(created, home=7.0)
    odds, outcomes = fold([early, created])
    assert odds[created.odds_key].money_line == early.command.payload.money_line
    assert odds[created.odds_key].created_at == NOW
    assert [*outcomes.values()] == [Outcome.HIDDEN, Outcome.APPLIED]


def test_deleted_odds_stay_deleted_whatever_comes_later() -> None:
    created = new()
    events = [created, delete(created), update(created, at=NOW + 9), delete(created, at=NOW + 10)]
    assert fold(events)[0][created.odds_key].deleted
    assert outcomes_of(*events) == ["applied", "applied", "deleted", "deleted"]


def test_odds_deleted_before_they_are_made_are_never_seen() -> None:
    created = new()
    assert outcomes_of(delete(created), created) == [Outcome.HIDDEN, Outcome.DELETED]


def test_another_provider_or_another_game_changes_nothing_that_anyone_sees() -> None:
    created = new()
    events = [
        created,
        update(created, provider="rival", home=99.0),
        update(created, game_id="soccer:another", home=99.0),
        delete(created, provider="rival"),
    ]
    odds, _ = fold(events)
    assert odds[created.odds_key] == fold([created])[0][created.odds_key]
    assert outcomes_of(*events) == ["applied", "hidden", "hidden", "hidden"]
