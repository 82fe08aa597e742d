"""A query as one SQL statement that walks through indexes in order, and stops where it is left."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from local.emulators.datastore import cursors
from local.emulators.datastore.cursors import Position
from local.emulators.datastore.filters import KEY, Alternative, Comparison, alternatives
from local.emulators.datastore.messages import Message
from local.emulators.datastore.ordering import Order, orders
from local.emulators.datastore.storage import Database, Partition


class Row(NamedTuple):
    """``position`` is by the statement's orders; its last is the key."""

    entity: int
    position: Position
    result: bytes


class Statement:
    def __init__(self, query: Message) -> None:
        """Raises Refusal."""
        self._kind = query.kind[0].name if query.kind else None
        self._alternatives = alternatives(query.filter)
        self.orders = orders(query, self._alternatives)
        self.after = self._position(query.start_cursor)
        self._until = self._position(query.end_cursor)

    def rows(self, database: Database, partition: Partition, *, results: bool) -> Iterator[Row]:
        """In order, as long as they are asked for; an entity may come more than once, by the
        several values of a list or by several alternatives."""
        found = [
            self._select(database, partition, each, results=results) for each in self._alternatives
        ]
        selects = [select for select in found if select is not None]
        if not selects:
            return
        directions = (
            f"{3 + at} {'DESC' if order.descending else 'ASC'}"
            for at, order in enumerate(self.orders)
        )
        sql = " UNION ALL ".join(sql for sql, _ in selects) + f" ORDER BY {', '.join(directions)}"
        parameters = [value for _, values in selects for value in values]
        with closing(database.execute(sql, parameters)) as cursor:
            for entity, result, *position in cursor:
                yield Row(entity, tuple(position), result)

    def _is_settled(self, comparison: Comparison) -> bool:
        """Whether all after the start cursor is so: SQLite would seek the bound, not the cursor."""
        first, after = self.orders[0], self.after
        if after is None or comparison.name != first.name:
            return False
        if first.descending:
            return comparison.operator in ("<", "<=") and after[0] < comparison.value
        return comparison.operator in (">", ">=") and after[0] > comparison.value

    def _position(self, cursor: bytes) -> Position | None:
        return cursors.decode(cursor, len(self.orders)) if cursor else None

    def _select(
        self, database: Database, partition: Partition, alternative: Alternative, *, results: bool
    ) -> tuple[str, list[Any]] | None:
        """None where nothing has a kind or property that is asked for."""
        made = _Select(database, partition, self._kind)
        for order in self.orders[:-1]:
            made.order_by(order)
        for each in sorted(alternative, key=lambda each: each.name == KEY):
            if not self._is_settled(each):
                made.compare(*each)
        made.between(self.orders, self.after, self._until)
        return made.sql(results=results)


class _Select:
    """One alternative: the entries of each property that is ordered by or compared, joined."""

    def __init__(self, database: Database, partition: Partition, kind: str | None) -> None:
        self._database = database
        self._kind = database.kind(partition, kind) if kind is not None else None
        self._kinds = [self._kind] if kind is not None else database.kinds(partition)
        self._ordered: dict[str, str] = {}
        self._tables: list[str] = []
        self._conditions: list[str] = []
        self._parameters: list[Any] = []
        self._empty = self._kinds in ([], [None])

    def order_by(self, order: Order) -> None:
        self._ordered[order.name] = f"{self._join(order.name)}.value"

    def compare(self, name: str, operator: str, value: bytes) -> None:
        if name == KEY:
            self._require(f"{self._key()} {operator} ?", value)
        elif name in self._ordered:
            self._require(f"{self._ordered[name]} {operator} ?", value)
        else:
            self._require(f"{self._join(name)}.value {operator} ?", value)

    def between(self, orders: list[Order], after: Position | None, until: Position | None) -> None:
        columns = [self._ordered.get(order.name, self._key()) for order in orders]
        downward = [order.descending for order in orders]
        if after is not None:
            self._require(*_beyond(columns, downward, after))
        if until is not None:
            condition, *values = _beyond(columns, downward, until)
            self._require(f"NOT ({condition})", *values)

    def sql(self, *, results: bool) -> tuple[str, list[Any]] | None:
        if self._empty:
            return None
        entity = f"{self._tables[0].split()[-1]}.entity" if self._tables else "entity.id"
        if not self._tables:
            self._conditions.insert(0, f"entity.kind IN ({', '.join(map(str, self._kinds))})")
        tables = list(self._tables)
        if results or not tables:
            tables.append("entity")
            if self._tables:
                self._conditions.append(f"entity.id = {entity}")
        columns = [entity, "entity.result" if results else "x''", *self._ordered.values()]
        return (
            f"SELECT {', '.join([*columns, self._key()])} FROM {', '.join(tables)} "
            f"WHERE {' AND '.join(self._conditions)}",
            self._parameters,
        )

    def _key(self) -> str:
        return f"{self._tables[0].split()[-1]}.key" if self._tables else "entity.key"

    def _join(self, name: str) -> str:
        alias = f"entry{len(self._tables)}"
        number = None if self._kind is None else self._database.property(self._kind, name)
        self._empty = self._empty or number is None
        if self._tables:
            self._require(f"{alias}.key = {self._key()}")
        self._require(f"{alias}.property = ?", number)
        self._tables.append(f"entry AS {alias}")
        return alias

    def _require(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self._parameters += values


def _beyond(columns: list[str], downward: list[bool], position: Position) -> tuple[Any, ...]:
    """The condition that a row comes after a position, with its values."""
    if len(set(downward)) == 1:
        comparison = "<" if downward[0] else ">"
        marks = ", ".join("?" * len(columns))
        return (f"({', '.join(columns)}) {comparison} ({marks})", *position)
    first, *others = columns
    comparison = "<" if downward[0] else ">"
    rest, *values = _beyond(others, downward[1:], position[1:])
    return (
        f"{first} {comparison}= ? AND ({first} {comparison} ? OR ({rest}))",
        position[0],
        position[0],
        *values,
    )
