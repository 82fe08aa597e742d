"""Rebuild, verify and diff on the command line."""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from odds.adapters.event_store.event_reader import EventReader
from odds.adapters.read_model import postgres
from replayer.cli.shown import Bar
from replayer.environments import BadEnvironment
from replayer.parameters import check_confirmed
from replayer.recovery.diff import Diff
from replayer.recovery.diff import diff as make_diff
from replayer.recovery.loading import TIMEOUT, Loaded
from replayer.recovery.parts import StoreSource
from replayer.recovery.rebuild import Rebuild, Rebuilt
from replayer.recovery.verify import Verified, Verify
from replayer.workshop import Workshop


def rebuild(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Exit status 0 once the new read model is served."""
    name = asked.env or workshop.home_name
    given = {"confirm": asked.confirm} if asked.confirm else {}
    check_confirmed(given, workshop.environments, name)
    with Bar("loaded") as bar, _stores(workshop, asked) as stores:
        made = stores.rebuild(asked.accept_losses, bar).run()
    _report(made, asked, _rebuilt_lines(made))
    return 0


def diff(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Exit status 0 where nothing would change, else 1."""
    with Bar("loaded") as bar, _stores(workshop, asked) as stores:
        found = make_diff(stores.rebuild(asked.accept_losses, bar))
    _report(found, asked, _diff_lines(found))
    return 1 if found.appearing or found.vanishing or found.changing else 0


def verify(workshop: Workshop, asked: argparse.Namespace) -> int:
    """Exit status 0 where the read model is what the event store makes of it, else 1."""
    with Bar("read") as bar, _stores(workshop, asked) as stores:
        found = stores.verify(bar)
    _report(found, asked, _verify_lines(found))
    return 0 if found.clean and not found.unreadable.count else 1


@contextmanager
def _stores(workshop: Workshop, asked: argparse.Namespace) -> Iterator["_Stores"]:
    """The two ends of an environment, or of two. Raises BadEnvironment."""
    served = workshop.environments.named(asked.env or workshop.home_name)
    stored = workshop.environments.named(asked.source) if asked.source else served
    if not served.database_url:
        problem = f"{asked.env or workshop.home_name} has no database_url here"
        raise BadEnvironment(problem, "an environment that has one")
    with stored.events() as events:
        yield _Stores(workshop, StoreSource(stored), events, served.database_url)


class _Stores(NamedTuple):
    workshop: Workshop
    source: StoreSource
    events: EventReader
    database_url: str

    def rebuild(self, accept_losses: int, bar: Bar) -> Rebuild:
        def told(stage: str, loaded: Loaded) -> None:
            bar.show(None, loaded.events, stage)

        return Rebuild(
            *(self.source, self.events, self.database_url),
            accept_losses=accept_losses,
            readers=self.workshop.readers,
            writers=self.workshop.writers,
            told=told,
        )

    def verify(self, bar: Bar) -> Verified:
        engine = postgres.create_engine(self.database_url, pool_size=2, timeout=TIMEOUT)

        def told(stage: str, events: int) -> None:
            bar.show(None, events, stage)

        try:
            return Verify(self.source, self.events, engine, told).run()
        finally:
            engine.dispose()


def _report(found: msgspec.Struct, asked: argparse.Namespace, lines: Iterable[str]) -> None:
    if asked.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(*lines, sep="\n")


def _rebuilt_lines(made: Rebuilt) -> Iterator[str]:
    yield f"{made.events:,} events make {made.odds:,} odds, which are served from now on"
    yield f"{made.caught_up:,} events came meanwhile; generation {made.generation}"
    if made.unreadable.count or made.lost:
        yield f"accepted losses: {made.unreadable.count} unreadable, {made.lost} not stored"
        yield from made.unreadable.told


def _diff_lines(found: Diff) -> Iterator[str]:
    yield (
        f"{found.odds:,} odds: {found.appearing:,} would appear, {found.vanishing:,} vanish, "
        f"{found.changing:,} change"
    )
    yield from (f"  {name}: {count:,}" for name, count in found.by_column.items())
    for change in found.shown:
        yield f"{change.external_id} {change.provider} {change.game_id}"
        yield f"  served:  {change.served}"
        yield f"  rebuilt: {change.rebuilt}"


def _verify_lines(found: Verified) -> Iterator[str]:
    digest = found.digest
    yield (
        f"{found.games:,} games, {digest.odds:,} odds, {digest.events:,} events; "
        f"digest {digest.odds_sum:016x}-{digest.events_sum:016x}"
    )
    if found.clean:
        yield "the read model is what the event store makes of it"
    else:
        yield f"{found.odds_differing:,} odds differ, in {found.games_differing:,} games"
    for each in found.differences:
        yield f"{each.external_id} {each.provider} {each.game_id}"
        yield f"  stored: {each.stored}"
        yield f"  served: {each.served}"
        yield f"  events not logged: {each.events_missing}, not stored: {each.events_unknown}"
    if further := found.odds_differing - len(found.differences):
        yield f"and {further:,} more"
    if found.unreadable.count:
        yield f"{found.unreadable.count:,} stored events can't be read:"
        yield from (f"  {line}" for line in found.unreadable.told)
