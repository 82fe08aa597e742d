"""The PyPI library eventsourcing with its PostgreSQL recorder, given the same prices."""

from collections.abc import Sequence
from functools import singledispatchmethod
from pathlib import PurePath
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL
from sqlalchemy import make_url

from odds.event import Event


class PeerOdds(Aggregate):
    @event("Created")
    def __init__(self, game_id: str, home: float, away: float) -> None:
        self.game_id = game_id
        self.home = home
        self.away = away

    @event("Changed")
    def change(self, home: float, away: float) -> None:
        self.home = home
        self.away = away


class PeerView(PostgresTrackingRecorder):
    """A table of odds, changed in the transaction that remembers how far it has come."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        columns = SQL("id uuid PRIMARY KEY, home float8, away float8")
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS peer_odds ({})").format(columns)
        )

    def put(self, odds: UUID, home: float, away: float, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO peer_odds VALUES (%s, %s, %s) ON CONFLICT (id)"
                " DO UPDATE SET home = excluded.home, away = excluded.away",
                (odds, home, away),
            )


class PeerProjection(Projection[PeerView]):
    name = "peer"

    @singledispatchmethod
    def process_event(self, domain_event: object, tracking: Tracking) -> None:
        raise NotImplementedError

    @process_event.register
    def _(self, created: PeerOdds.Created, tracking: Tracking) -> None:
        self.view.put(created.originator_id, created.home, created.away, tracking)

    @process_event.register
    def _(self, changed: PeerOdds.Changed, tracking: Tracking) -> None:
        self.view.put(changed.originator_id, changed.home, changed.away, tracking)


class Peer:
    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self._environ = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": url.database or "",
            "POSTGRES_HOST": str(PurePath(str(url.query["unix_sock"])).parent),
            "POSTGRES_USER": url.username or "",
            "POSTGRES_PASSWORD": url.password or "",
        }
        self._application = Application[UUID](self._environ)

    def stored(self, events: Sequence[Event]) -> list[StoredEvent]:
        """The same prices, as the library keeps them: made ready before the clock runs."""
        odds: dict[UUID, PeerOdds] = {}
        for each in events:
            prices = each.command.payload.money_line
            if each.external_id in odds:
                odds[each.external_id].change(prices.home, prices.away)
            else:
                game_id = each.command.payload.game_id
                odds[each.external_id] = PeerOdds(game_id, prices.home, prices.away)
        return [
            self._application.mapper.to_stored_event(each)
            for aggregate in odds.values()
            for each in aggregate.collect_events()
        ]

    def append(self, stored: Sequence[StoredEvent]) -> None:
        """In one transaction."""
        self._application.recorder.insert_events(stored)

    def project(self) -> None:
        """All that was appended, and that this projection has not seen."""
        with ProjectionRunner(
            application_class=Application[UUID],
            projection_class=PeerProjection,
            view_class=PeerView,
            env=self._environ,
        ) as runner:
            runner.wait(self._application.recorder.max_notification_id(), timeout=600)

    def close(self) -> None:
        self._application.close()
