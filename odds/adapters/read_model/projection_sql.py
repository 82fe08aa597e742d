"""The statement that projects a batch of events: the pure fold of ``odds.fold``, made to rows.

Rows that lose must still be logged, so the upsert always updates and picks the newer of each
column; RETURNING old tells in the same statement what the row held before.

Readers take the log in (xid, id) order, so of two transactions that touch one odds the one that is
applied first must have the lower xid. A transaction gets its xid at its first write; row locks
alone come too late. So a batch first takes an advisory lock for each of its odds (by bucket, so
that there are never more than 1024 of them; in order, so that no two batches deadlock) and
writes once it holds them all.
"""

from uuid import UUID

from odds.adapters.read_model.tables import FEED_CHANNEL

_LOCK_CLASS = 1_869_767_795
_LAST_BUCKET = 1023

_STAMPS = {
    "price": ("price_occurred_at", "price_created_at", "price_event_id"),
    "updated": ("updated_occurred_at", "updated_at", "updated_event_id"),
}


def _stamp(row: str, name: str) -> str:
    return "(" + ", ".join(f"{row}.{column}" for column in _STAMPS[name]) + ")"


def _newest(name: str, *columns: str) -> str:
    newer = f"{_stamp('excluded', name)} > {_stamp('held', name)}"
    return ",\n        ".join(
        f"{column} = CASE WHEN {newer} THEN excluded.{column} ELSE held.{column} END"
        for column in (*columns, *_STAMPS[name])
    )


def _held(name: str) -> str:
    """Whether what the row held before is newer than what the batch led to."""
    return f"coalesce({_stamp('before', name)} >= {_stamp('folded', name)}, false)"


PROJECT_BATCH = f"""
WITH incoming AS MATERIALIZED (
    SELECT batch.*, rank() OVER (ORDER BY occurred_at, created_at, event_id) AS rank
    FROM unnest(
        CAST(:event_id AS uuid[]),
        CAST(:command AS command_name[]),
        CAST(:occurred_at AS bigint[]),
        CAST(:created_at AS bigint[]),
        CAST(:external_id AS uuid[]),
        CAST(:provider AS text[]),
        CAST(:game_id AS text[]),
        CAST(:game_type AS text[]),
        CAST(:home AS double precision[]),
        CAST(:away AS double precision[]),
        CAST(:draw AS double precision[]),
        CAST(:traceparent AS text[])
    ) WITH ORDINALITY AS batch (
        event_id, command, occurred_at, created_at, external_id, provider, game_id, game_type,
        home, away, draw, traceparent, place
    )
),
locked AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock({_LOCK_CLASS}, bucket)) AS buckets
    FROM (
        SELECT DISTINCT hashtext(external_id::text) & {_LAST_BUCKET} AS bucket
        FROM incoming
        ORDER BY bucket
    ) AS of_batch
),
ranked AS (
    SELECT
        incoming.*,
        max(rank) FILTER (WHERE command <> 'DeleteOdds') OVER so_far AS price_rank,
        max(rank) OVER so_far AS newest_rank,
        max(created_at) FILTER (WHERE command = 'NewOdds') OVER so_far AS odds_created_at,
        max(game_type) FILTER (WHERE command = 'NewOdds') OVER so_far AS odds_game_type,
        count(*) FILTER (WHERE command = 'DeleteOdds') OVER so_far AS deletes,
        lead(place) OVER so_far IS NULL AS is_last
    FROM incoming
    WINDOW so_far AS (PARTITION BY external_id, provider, game_id ORDER BY place)
),
-- What the batch alone leads to, after each of its events.
folded AS MATERIALIZED (
    SELECT
        ranked.event_id, ranked.command, ranked.occurred_at, ranked.created_at,
        ranked.external_id, ranked.provider, ranked.game_id, ranked.place, ranked.is_last,
        ranked.home AS command_home, ranked.away AS command_away, ranked.draw AS command_draw,
        ranked.traceparent, odds_created_at, odds_game_type, deletes,
        price.home, price.away, price.draw,
        coalesce(price.occurred_at, 0) AS price_occurred_at,
        coalesce(price.created_at, 0) AS price_created_at,
        coalesce(price.event_id, '{UUID(int=0)}') AS price_event_id,
        newest.occurred_at AS updated_occurred_at,
        newest.created_at AS updated_at,
        newest.event_id AS updated_event_id
    FROM ranked
    JOIN incoming AS newest ON newest.rank = newest_rank
    LEFT JOIN incoming AS price ON price.rank = price_rank
),
upserted AS (
    INSERT INTO odds AS held (
        external_id, provider, game_id, game_type, home, away, draw, deleted, created_at,
        updated_occurred_at, updated_at, updated_event_id,
        price_occurred_at, price_created_at, price_event_id
    )
    SELECT
        external_id, provider, game_id, odds_game_type, home, away, draw, deletes > 0,
        odds_created_at, updated_occurred_at, updated_at, updated_event_id,
        price_occurred_at, price_created_at, price_event_id
    FROM folded CROSS JOIN locked
    WHERE is_last
    ORDER BY external_id, provider, game_id
    ON CONFLICT (external_id, provider, game_id) DO UPDATE SET
        game_type = coalesce(held.game_type, excluded.game_type),
        created_at = coalesce(held.created_at, excluded.created_at),
        deleted = held.deleted OR excluded.deleted,
        {_newest("price", "home", "away", "draw")},
        {_newest("updated")}
    RETURNING
        held.id, held.external_id, held.provider, held.game_id,
        old.game_type, old.created_at, coalesce(old.deleted, false) AS deleted,
        old.home, old.away, old.draw,
        old.price_occurred_at, old.price_created_at, old.price_event_id,
        old.updated_occurred_at, old.updated_at, old.updated_event_id
),
-- The odds as of each event: what the row held before, and what the batch had led to by then.
as_of AS (
    SELECT
        folded.*,
        before.id AS odds_id,
        before.deleted AS was_deleted,
        coalesce(before.created_at, folded.odds_created_at) AS created,
        coalesce(before.game_type, folded.odds_game_type) AS game_type,
        CASE WHEN {_held("updated")} THEN before.updated_at ELSE folded.updated_at END AS updated,
        {_held("price")} AS price_held,
        before.home AS old_home, before.away AS old_away, before.draw AS old_draw
    FROM folded JOIN upserted AS before USING (external_id, provider, game_id)
),
logged AS (
    INSERT INTO odds_event_log (
        event_id, odds_id, command, occurred_at, created_at, outcome,
        external_id, provider, game_id, game_type, home, away, draw, deleted,
        odds_created_at, odds_updated_at, command_home, command_away, command_draw,
        traceparent
    )
    SELECT
        event_id, odds_id, command, occurred_at, created_at,
        CASE
            WHEN created IS NULL THEN 'hidden'
            WHEN was_deleted OR deletes > (command = 'DeleteOdds')::int THEN 'deleted'
            WHEN command <> 'UpdateOdds' THEN 'applied'
            WHEN price_held OR price_event_id <> event_id THEN 'stale'
            ELSE 'applied'
        END::event_outcome,
        external_id, provider, game_id, game_type,
        CASE WHEN price_held THEN old_home ELSE home END,
        CASE WHEN price_held THEN old_away ELSE away END,
        CASE WHEN price_held THEN old_draw ELSE draw END,
        was_deleted OR deletes > 0,
        created, updated, command_home, command_away, command_draw, traceparent
    FROM as_of
    ORDER BY place
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id, outcome
),
woken AS (
    SELECT pg_notify('{FEED_CHANNEL}', '')
    WHERE EXISTS (SELECT FROM logged)
)
-- One row, as each row costs its reader more than what it says: the ids in hexadecimal.
SELECT string_agg(encode(uuid_send(event_id), 'hex') || ' ' || outcome, ',')
FROM logged LEFT JOIN woken ON true
"""
