"""The event store held against the read model."""

import subprocess
import time
from collections.abc import Iterator
from itertools import count
from threading import Event as Flag
from threading import Thread

import msgspec
import pytest

from odds.adapters.event_store.event_reader import place_of
from replayer.recovery import comparison, digest, verify
from replayer.recovery.parts import StoreSource
from tests.examples import NOW, encoded, new, update
from tests.integration.recovery import Recovery, opened, some_events


@pytest.fixture
def recovery(project: str, datastore_host: str, postgres_url: str) -> Iterator[Recovery]:
    with opened(project, datastore_host, postgres_url) as recovery:
        recovery.take(some_events(100))
        yield recovery


def test_a_read_model_that_is_what_the_store_makes_of_it_is_clean(recovery: Recovery) -> None:
    found = recovery.verify()
    assert (found.clean, found.games, found.games_differing) == (True, 7, 0)
    assert (found.digest.odds, found.digest.events) == (10, 100)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE odds SET home = home + 1e-12 WHERE id = 1",
        "UPDATE odds SET draw = NULL WHERE id = 1",
        "UPDATE odds SET deleted = true WHERE id = 1",
        "UPDATE odds SET updated_at = updated_at + 1 WHERE id = 1",
        "UPDATE odds SET game_id = 'another' WHERE id = 1",
        "DELETE FROM odds WHERE id = 1",
        "DELETE FROM odds_event_log WHERE odds_id = 1 AND command = 'NewOdds'",
    ],
)
def test_whatever_of_an_odds_is_changed_is_found(recovery: Recovery, change: str) -> None:
    changed = recovery.scalar("SELECT external_id FROM odds WHERE id = 1")
    recovery.change(change)
    found = recovery.verify()
    assert not found.clean
    assert {difference.external_id for difference in found.differences} == {changed}


def test_an_event_that_was_never_stored_is_found(recovery: Recovery) -> None:
    unknown = new()
    recovery.project([unknown])
    (difference,) = recovery.verify().differences
    assert (difference.external_id, difference.stored) == (unknown.external_id, None)
    assert (difference.events_missing, difference.events_unknown) == (0, 1)


def test_an_event_that_was_never_projected_is_found(recovery: Recovery) -> None:
    missing = new()
    recovery.store([missing])
    (difference,) = recovery.verify().differences
    assert (difference.external_id, difference.served) == (missing.external_id, None)
    assert (difference.events_missing, difference.events_unknown) == (1, 0)


def test_an_event_that_is_on_its_way_is_no_difference(recovery: Recovery) -> None:
    on_its_way = new()
    recovery.store([on_its_way])
    rounds = count(1)

    def arrive_late(stage: str, _events: int) -> None:
        if stage == "comparing" and next(rounds) == verify.ROUNDS:
            recovery.project([on_its_way])

    assert recovery.verify(told=arrive_late).clean
    assert next(rounds) == verify.ROUNDS + 1


def test_odds_that_change_all_the_time_are_no_difference(recovery: Recovery) -> None:
    created = new(game_id="soccer:hot")
    recovery.take([created])
    done, taken, looked_at = Flag(), 0, 0

    def keep_changing() -> None:
        nonlocal taken
        while not done.is_set():
            taken += 1
            at, request_id = NOW + taken, f"hot{taken}"
            changed = update(created, at=at, request_id=request_id, game_id="soccer:hot")
            recovery.store([changed])
            time.sleep(0.1)  # there is always one on its way
            recovery.project([changed])

    provider = Thread(target=keep_changing)
    provider.start()
    try:
        # Now and then what was on its way arrives before the read model is read.
        while taken <= 10 or not looked_at:
            found = recovery.verify()
            assert found.clean
            looked_at += found.odds_looked_at
    finally:
        done.set()
        provider.join()


def test_all_odds_are_compared_and_counted_and_the_first_are_told(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "TOLD", 3)
    monkeypatch.setattr(comparison, "BATCH", 4)
    right = recovery.verify()
    assert (right.clean, right.odds_looked_at) == (True, 0)
    recovery.change("UPDATE odds SET home = 99 WHERE id <= 7")
    for dense in (50, 0):
        monkeypatch.setattr(comparison, "DENSE", dense)
        found = recovery.verify()
        assert (found.odds_differing, len(found.differences)) == (7, 3)
        assert found.odds_looked_at >= 7


def test_games_may_be_more_than_a_statement_has_parameters(recovery: Recovery) -> None:
    with recovery.environment.events() as reader:
        source = StoreSource(recovery.environment)
        games = frozenset(f"soccer:{number}" for number in range(70_000))
        assert len(verify.Verify(source, reader, recovery.engine)._ids(games)) == 10


def test_the_digest_is_that_of_the_read_model(recovery: Recovery) -> None:
    with recovery.engine.connect() as connection:
        served = digest.whole(digest.of_read_model(connection, "public"))
    assert recovery.verify().digest == served


def test_the_command_line_tells_cron_with_its_exit_status(recovery: Recovery) -> None:
    assert "the read model is what the event store makes of it" in recovery.run("verify")
    report = msgspec.json.decode(recovery.run("verify", "--json"))
    assert (report["games"], report["differences"]) == (7, [])
    recovery.change("UPDATE odds SET home = 99 WHERE id = 1")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        recovery.run("verify")
    assert failed.value.returncode == 1
    assert "1 odds differ" in failed.value.stdout


def test_an_unreadable_event_is_told_and_makes_the_exit_status_1(recovery: Recovery) -> None:
    corrupt = new()
    recovery.store_bytes(corrupt, b"\xff")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        recovery.run("verify")
    assert f"{corrupt.event_id}: the bytes are no Event" in failed.value.stdout


def test_an_event_in_anothers_place_is_told_and_taken_for_neither(recovery: Recovery) -> None:
    stored, copied = new(), some_events(100)[50]
    recovery.store_bytes(stored, encoded(copied).data)
    found = recovery.verify()
    assert (found.clean, found.digest.events) == (True, 100)
    another = f"stored as {place_of(stored)} are the bytes of {place_of(copied)}"
    assert found.unreadable.told == [f"{stored.event_id}: {another}"]


def test_a_command_that_is_asked_wrongly_ends_with_status_2(recovery: Recovery) -> None:
    for wrong in (("verify", "--env", "moon"), ("verify", "--env", "prod")):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            recovery.run(*wrong)
        assert failed.value.returncode == 2
