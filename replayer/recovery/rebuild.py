"""The read model made anew from the event store, beside the one that is served.

Load shadow tables, check that they are as folded, catch up with what was projected meanwhile,
swap. Until the swap's transaction has committed nothing that is served has changed, whatever
happens to the rebuild.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

import msgspec
from sqlalchemy import Connection, Engine, func, select, text

from odds.adapters.event_store.event_reader import EventReader
from odds.adapters.read_model import postgres
from odds.adapters.read_model.migrate import migrate, newest, revision
from odds.adapters.read_model.read_model import ReadModel
from replayer.recovery import digest
from replayer.recovery.catch_up import CatchUp
from replayer.recovery.digest import GameDigest
from replayer.recovery.folding import Unreadable
from replayer.recovery.loading import TIMEOUT, Loaded, loading
from replayer.recovery.parts import Source, for_each_part
from replayer.recovery.shadow import TABLES, ShadowTables
from replayer.recovery.swap import swap

ONE_AT_A_TIME = 7_239_881_204
"""Key of the advisory lock that keeps two rebuilds apart."""
FEW = 200
"""Missing events that are caught up with while projectors wait."""
MAX_STEPS = 20

Told = Callable[[str, Loaded], object]
"""Is told the stage, and what has been loaded so far."""


class RebuildRefused(Exception):
    """The rebuild isn't swapped in; what is served is as it was. The message says why."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild made; ``caught_up`` counts the events that came while it loaded."""

    events: int
    odds: int
    caught_up: int
    unreadable: Unreadable
    lost: int
    generation: str | None


class Rebuild:
    def __init__(
        self,
        source: Source,
        events: EventReader,
        database_url: str,
        *,
        accept_losses: int = 0,
        readers: str = "",
        writers: str = "",
        told: Told = lambda _stage, _loaded: None,
    ) -> None:
        """``accept_losses`` is how many events may be unreadable, or known to the served tables
        and not to the event store; ``readers`` and ``writers`` are granted their part, as
        ``migrate`` does, where the database has no tables yet."""
        self._source = source
        self._events = events
        self._database_url = database_url
        self._accept_losses = accept_losses
        self._readers = readers
        self._writers = writers
        self._told = told

    def run(self) -> Rebuilt:
        """Rebuild, and swap. Raises RebuildRefused, EventStoreUnavailable, ReadModelUnavailable,
        or what the driver raises; nothing that is served has changed then."""
        with self._engine() as engine:
            if revision(engine) is None:
                migrate(engine, readers=self._readers, writers=self._writers)
        with self.shadow() as (shadow, engine, rebuilt, catch_up):
            return self._swap(shadow, engine, rebuilt, catch_up)

    @contextmanager
    def shadow(self) -> Iterator[tuple[ShadowTables, Engine, Loaded, CatchUp]]:
        """Shadow tables that have caught up; they are gone at the end unless swapped in.

        Raises as ``run``: the served tables must be there.
        """
        with ExitStack() as opened:
            engine = opened.enter_context(self._engine())
            _check_schema(engine)
            opened.enter_context(_alone(engine))
            with engine.begin() as connection:
                shadow = ShadowTables.create(connection)
            opened.callback(_drop, engine, shadow)
            loaded = self._load(shadow)
            self._index(engine, shadow, loaded)
            self._check(engine, shadow, loaded)
            model = ReadModel(opened.enter_context(shadow.engine(self._database_url, TIMEOUT)))
            catch_up = CatchUp(shadow, self._events, model, loaded.unreadable)
            self._catch_up(engine, loaded, catch_up)
            _check_count(engine, shadow, loaded.events + catch_up.projected)
            yield shadow, engine, loaded, catch_up

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        engine = postgres.create_engine(self._database_url, pool_size=4, timeout=TIMEOUT)
        try:
            yield engine
        finally:
            engine.dispose()

    def _load(self, shadow: ShadowTables) -> Loaded:
        opening = partial(loading, self._source, self._database_url, shadow.schema)
        loaded = Loaded()
        self._told("loading", loaded)
        for part in for_each_part(opening, self._source):
            loaded.add(part)
            self._told("loading", loaded)
        return loaded

    def _index(self, engine: Engine, shadow: ShadowTables, loaded: Loaded) -> None:
        self._told("indexing", loaded)

        def index(table: str, last_id: int) -> None:
            with _autocommit(engine) as connection:
                shadow.index(connection, table)
                shadow.number_on(connection, table, last_id)

        with ThreadPoolExecutor(len(TABLES)) as together:
            list(together.map(index, TABLES, (loaded.last_odds_id, loaded.last_log_id)))

    def _check(self, engine: Engine, shadow: ShadowTables, loaded: Loaded) -> None:
        """Before anything else comes to what was loaded."""
        self._told("checking", loaded)
        with engine.connect() as connection:
            made = digest.whole(digest.of_read_model(connection, shadow.schema))
        if made != loaded.digest:
            raise RebuildRefused(
                f"the new tables are not as folded: they have {_told(made)}, "
                f"and {_told(loaded.digest)} were folded"
            )

    def _catch_up(self, engine: Engine, loaded: Loaded, catch_up: CatchUp) -> None:
        self._told("catching up", loaded)
        for _ in range(MAX_STEPS):
            # A transaction that waits for as long as it takes is ended by the server.
            with _autocommit(engine) as connection:
                if catch_up.step(connection) <= FEW:
                    break
        self._check_losses(loaded, catch_up)

    def _check_losses(self, loaded: Loaded, catch_up: CatchUp) -> None:
        unreadable, lost = loaded.unreadable, catch_up.lost
        if unreadable.count + len(lost) <= self._accept_losses:
            return
        not_stored = (f"{event_id}: not in the event store" for event_id in sorted(lost))
        named = [*unreadable.told, *not_stored]
        raise RebuildRefused(
            f"{unreadable.count} events can't be read, and {len(lost)} that are served can't be "
            f"had from the event store:\n  " + "\n  ".join(named[:20])
        )

    def _swap(
        self, shadow: ShadowTables, engine: Engine, loaded: Loaded, catch_up: CatchUp
    ) -> Rebuilt:
        self._told("swapping", loaded)

        def before(connection: Connection) -> int:
            """Catch up for the last time; how many odds came since they were loaded."""
            catch_up.step(connection)
            self._check_losses(loaded, catch_up)
            came = text(f"SELECT count(*) FROM {shadow.schema}.odds WHERE id > :loaded")
            return connection.scalar(came, {"loaded": loaded.last_odds_id}) or 0

        def after() -> None:
            self._told("swapped, not committed", loaded)

        came, generation = swap(engine, shadow, before=before, after=after)
        return Rebuilt(
            events=loaded.events + catch_up.projected,
            odds=loaded.odds + came,
            caught_up=catch_up.projected,
            unreadable=loaded.unreadable,
            lost=len(catch_up.lost),
            generation=generation,
        )


def _autocommit(engine: Engine) -> Connection:
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the lock of rebuilds, which PostgreSQL frees when this process dies."""
    with engine.connect() as connection:
        lock = select(func.pg_try_advisory_lock(ONE_AT_A_TIME))
        if not connection.scalar(lock):
            raise RebuildRefused("another rebuild of this database is running")
        connection.commit()
        yield
        connection.execute(select(func.pg_advisory_unlock(ONE_AT_A_TIME)))


def _check_schema(engine: Engine) -> None:
    found, expected = revision(engine), newest()
    if found != expected:
        raise RebuildRefused(
            f"the database's schema is of revision {found}, and this program's of {expected}: "
            "python -m odds.adapters.read_model.migrate brings it up to date"
        )


def _told(digest: GameDigest) -> str:
    odds = f"{digest.odds} odds (sum {digest.odds_sum:016x})"
    return f"{odds} of {digest.events} events (sum {digest.events_sum:016x})"


def _check_count(engine: Engine, shadow: ShadowTables, expected: int) -> None:
    with engine.connect() as connection:
        logged = connection.scalar(text(f"SELECT count(*) FROM {shadow.schema}.odds_event_log"))
    if logged != expected:
        raise RebuildRefused(f"{logged} events are in the new log and {expected} were folded")


def _drop(engine: Engine, shadow: ShadowTables) -> None:
    with engine.begin() as connection:
        shadow.drop(connection)
