"""What a changed projection would change in the read model: told, and not done."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from odds.adapters.read_model.migrate import migrate
from replayer.recovery.diff import diff
from replayer.recovery.parts import StoreSource
from replayer.recovery.rebuild import Rebuild
from tests.examples import NOW, new, update
from tests.integration.recovery import Recovery, some_events


def test_what_a_changed_projection_would_change_is_told_and_not_done(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.take(events)
    assert "0 change" in recovery.run("diff")
    recovery.change("UPDATE odds SET home = 99 WHERE game_id = 'soccer:1'")
    with pytest.raises(subprocess.CalledProcessError) as told:
        recovery.run("diff")
    assert "0 would appear, 0 vanish, 1 change\n  home: 1\n" in told.value.stdout
    assert "'home': 99.0" in told.value.stdout
    assert recovery.scalar("SELECT count(*) FROM odds WHERE home = 99") == 1
    assert recovery.scalar("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == 0


def test_what_comes_while_it_is_compared_is_no_change(recovery: Recovery) -> None:
    events = some_events(30)
    recovery.take(events)

    class Busy(Rebuild):
        @contextmanager
        def shadow(self) -> Iterator[Any]:
            with super().shadow() as made:
                late = update(events[0], at=NOW + 10**9, game_id="soccer:0")
                recovery.take([new(), late])
                yield made

    recovery.change("UPDATE odds SET home = 99 WHERE game_id = 'soccer:1'")
    with recovery.environment.events() as reader:
        source, url = StoreSource(recovery.environment), recovery.environment.database_url
        found = diff(Busy(source, reader, url))
    assert (found.odds, found.appearing, found.vanishing, found.changing) == (2, 0, 0, 1)


def test_a_schema_that_is_not_of_today_is_refused_and_not_migrated(recovery: Recovery) -> None:
    recovery.change("DROP SCHEMA public CASCADE")
    recovery.change("CREATE SCHEMA public")
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        recovery.run("diff")
    assert "RebuildRefused: the database's schema is of revision None" in refused.value.stderr
    assert recovery.scalar(tables) == 0
    migrate(recovery.engine, "0003")
    before = recovery.scalar(tables)
    for command in ("diff", "rebuild"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            recovery.run(command)
        assert "odds.adapters.read_model.migrate" in refused.value.stderr
    assert recovery.scalar(tables) == before
