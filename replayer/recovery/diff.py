"""What this program's projection would change in what is served, before it is swapped in."""

from typing import Any

import msgspec
from sqlalchemy import Connection, text

from replayer.recovery.rebuild import Rebuild
from replayer.recovery.shadow import SERVED

SHOWN = 20
COLUMNS = ("game_type", "home", "away", "draw", "deleted", "created_at", "updated_at")
"""What readers see of an odds, besides its key."""
_KEY = ("external_id", "provider", "game_id")
_COMING = """
SELECT log.odds_id FROM {served}.odds_event_log AS log
LEFT JOIN {shadow}.odds_event_log AS made USING (event_id)
WHERE made.event_id IS NULL AND log.xid >= '{horizon}'::xid8
"""


class Change(msgspec.Struct, frozen=True):
    """An odds as it is served and as it would be; None: it isn't there."""

    external_id: str
    provider: str
    game_id: str
    served: dict[str, Any] | None
    rebuilt: dict[str, Any] | None


class Diff(msgspec.Struct, frozen=True):
    """``by_column`` counts the odds that differ in it; ``shown`` are the first of all changes."""

    odds: int
    appearing: int
    vanishing: int
    changing: int
    by_column: dict[str, int]
    shown: tuple[Change, ...]


def diff(rebuild: Rebuild) -> Diff:
    """Rebuild into shadow tables, compare, and drop them. Raises what ``Rebuild.run`` raises."""
    with (
        rebuild.shadow() as (shadow, engine, _loaded, catch_up),
        engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
    ):
        return _compare(connection, shadow.schema, catch_up.horizon)


def _compare(connection: Connection, schema: str, horizon: str) -> Diff:
    """Odds of which events came since ``horizon`` and aren't in the shadow tables are left out:
    not the projection makes them differ. The connection reads all tables as of one moment."""
    coming = _COMING.format(served=SERVED, shadow=schema, horizon=horizon)
    both = (
        f"{SERVED}.odds AS served FULL JOIN {schema}.odds AS rebuilt USING ({', '.join(_KEY)}) "
        f"WHERE (served.id IS NULL OR served.id NOT IN ({coming}))"
    )
    differs = {name: f"served.{name} IS DISTINCT FROM rebuilt.{name}" for name in COLUMNS}
    in_both = "served.id IS NOT NULL AND rebuilt.id IS NOT NULL"
    any_differs = f"({' OR '.join(differs.values())})"
    counted = (
        "count(*)",
        "count(*) FILTER (WHERE served.id IS NULL)",
        "count(*) FILTER (WHERE rebuilt.id IS NULL)",
        f"count(*) FILTER (WHERE {in_both} AND {any_differs})",
        *(f"count(*) FILTER (WHERE {in_both} AND {each})" for each in differs.values()),
    )
    every, appearing, vanishing, changing, *columns = connection.execute(
        text(f"SELECT {', '.join(counted)} FROM {both}")
    ).one()
    changes = connection.execute(
        text(
            f"SELECT {', '.join(_KEY)}, served.id, rebuilt.id, {_columns('served')}, "
            f"{_columns('rebuilt')} FROM {both} "
            f"AND (served.id IS NULL OR rebuilt.id IS NULL OR {any_differs}) "
            f"ORDER BY {', '.join(_KEY)} LIMIT {SHOWN}"
        )
    )
    return Diff(
        odds=every,
        appearing=appearing,
        vanishing=vanishing,
        changing=changing,
        by_column={name: count for name, count in zip(COLUMNS, columns, strict=True) if count},
        shown=tuple(_change(list(row)) for row in changes),
    )


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in COLUMNS)


def _change(row: list[Any]) -> Change:
    external_id, provider, game_id, served_id, rebuilt_id, *values = row
    served, rebuilt = values[: len(COLUMNS)], values[len(COLUMNS) :]
    return Change(
        str(external_id),
        provider,
        game_id,
        None if served_id is None else dict(zip(COLUMNS, served, strict=True)),
        None if rebuilt_id is None else dict(zip(COLUMNS, rebuilt, strict=True)),
    )
