"""What outlives the process: topics, subscriptions, their messages and who has yet to get them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.emulators.pubsub.journal import Journal
from local.emulators.pubsub.message import Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topic (number INTEGER PRIMARY KEY, config BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS subscription (number INTEGER PRIMARY KEY, config BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS backlog (
    subscription INTEGER, message INTEGER, acknowledged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, message)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS backlog_of_message ON backlog (message);
"""
_UNWANTED = "NOT EXISTS (SELECT 1 FROM backlog WHERE backlog.message = message.id)"


class Store:
    def __init__(self, file: Path, durable: bool) -> None:
        self._journal = Journal(file, _SCHEMA, durable)
        self.commit = self._journal.commit
        self.close = self._journal.close

    async def configs(self, kind: str) -> list[tuple[int, bytes]]:
        """Of all topics, or subscriptions, with their numbers."""
        return await self._journal.read(f"SELECT number, config FROM {kind} ORDER BY number")

    async def last_id(self) -> int:
        """The greatest of all ids and numbers that are in use; zero where there are none."""
        rows = await self._journal.read(
            "SELECT max(id) FROM message UNION ALL SELECT max(number) FROM topic"
            " UNION ALL SELECT max(number) FROM subscription"
        )
        return max(last or 0 for (last,) in rows)

    async def keep_config(self, kind: str, number: int, config: Any) -> None:
        self._write_configs(kind, [(number, config)])
        await self.commit()

    async def drop_topic(self, number: int, orphans: Iterable[tuple[int, Any]]) -> None:
        """``orphans``: its subscriptions by number, as they are configured without it."""
        self._write_configs("subscription", orphans)
        self._journal.write("DELETE FROM topic WHERE number = ?", [(number,)])
        self._journal.write(f"DELETE FROM message WHERE topic = ? AND {_UNWANTED}", [(number,)])
        await self.commit()

    async def drop_subscription(self, number: int) -> None:
        self._journal.write("DELETE FROM subscription WHERE number = ?", [(number,)])
        self._journal.write("DELETE FROM backlog WHERE subscription = ?", [(number,)])
        await self.commit()

    def _write_configs(self, kind: str, configs: Iterable[tuple[int, Any]]) -> None:
        rows = [(number, config.SerializeToString()) for number, config in configs]
        self._journal.write(f"INSERT OR REPLACE INTO {kind} VALUES (?, ?)", rows)

    def add(
        self, topic: int, messages: Sequence[Message], wanted: Iterable[tuple[int, int]]
    ) -> None:
        """``wanted`` are the subscriptions and the ids of what they want."""
        rows = [(message.id, topic, message.body) for message in messages]
        self._journal.write("INSERT INTO message VALUES (?, ?, ?)", rows)
        self._journal.write("INSERT INTO backlog (subscription, message) VALUES (?, ?)", [*wanted])

    def mark_acknowledged(self, subscription: int, messages: Sequence[Message]) -> None:
        """What stays, to be sought back to."""
        self._journal.write(
            "UPDATE backlog SET acknowledged = 1 WHERE subscription = ? AND message = ?",
            [(subscription, message.id) for message in messages],
        )

    def forget(self, subscription: int, messages: Sequence[Message]) -> None:
        rows = [(subscription, message.id) for message in messages]
        self._journal.write("DELETE FROM backlog WHERE subscription = ? AND message = ?", rows)

    def drop_messages(self, messages: Sequence[Message]) -> None:
        """Those that no subscription has in its backlog."""
        rows = [(message.id,) for message in messages]
        self._journal.write(f"DELETE FROM message WHERE id = ? AND {_UNWANTED}", rows)

    def expire_backlog(self, subscription: int, before: int, keep: bool) -> None:
        """``before`` is in microseconds since the epoch, as message ids are.

        ``keep`` what is acknowledged and was published since.
        """
        statement = (
            "DELETE FROM backlog WHERE subscription = ? AND (message < ? OR acknowledged > ?)"
        )
        self._journal.write(statement, [(subscription, before, keep)])

    def expire_messages(self, now: int, kept: Mapping[int, int]) -> None:
        """Those that no subscription wants; of topics by number, which they are ``kept`` for.

        In microseconds. Topics that are no more keep none.
        """
        topics = ", ".join(map(str, kept))
        statement = f"DELETE FROM message WHERE id < ? AND topic NOT IN ({topics}) AND {_UNWANTED}"
        self._journal.write(statement, [(now,)])
        statement = f"DELETE FROM message WHERE topic = ? AND id < ? AND {_UNWANTED}"
        self._journal.write(statement, [(topic, now - kept[topic]) for topic in kept])

    def seek(self, subscription: int, time: int, topic: int | None, keep: bool) -> None:
        """Acknowledge all before, and nothing after, of what is in its backlog or in ``topic``.

        ``keep`` what is acknowledged, to be sought back to.
        """
        if topic is not None:
            self._journal.write(
                "INSERT OR IGNORE INTO backlog (subscription, message)"
                " SELECT ?, id FROM message WHERE topic = ?",
                [(subscription, topic)],
            )
        self._journal.write(
            "UPDATE backlog SET acknowledged = message < ? WHERE subscription = ?",
            [(time, subscription)],
        )
        if not keep:
            statement = "DELETE FROM backlog WHERE subscription = ? AND acknowledged"
            self._journal.write(statement, [(subscription,)])

    async def backlog(self, subscription: int) -> tuple[list[Message], int]:
        """What it has yet to get, and the id of the newest message that there was then."""
        rows = await self._journal.read(
            "SELECT id, body FROM message JOIN backlog ON message = id"
            " WHERE subscription = ? AND NOT acknowledged"
            " UNION ALL SELECT max(id), NULL FROM message ORDER BY id",
            (subscription,),
        )
        newest = max((id_ for id_, body in rows if body is None and id_), default=0)
        return [Message.stored(id_, body) for id_, body in rows if body is not None], newest
