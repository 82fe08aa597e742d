"""What of an entity a query shows, and which of its rows are one result."""

from collections.abc import Generator, Hashable, Iterator
from typing import NamedTuple

from local.emulators.datastore import values
from local.emulators.datastore.cursors import Position
from local.emulators.datastore.filters import KEY
from local.emulators.datastore.messages import Message, ResultType
from local.emulators.datastore.statement import Row, Statement


class Shape(NamedTuple):
    """``projected`` and ``distinct``: where properties stand in the statement's orders."""

    type: int
    projected: dict[str, int]
    distinct: list[int]

    @classmethod
    def of(cls, query: Message, statement: Statement) -> "Shape":
        projected = {each.property.name for each in query.projection}
        distinct = {each.name for each in query.distinct_on}
        places = {order.name: at for at, order in enumerate(statement.orders)}
        return cls(
            _type(projected),
            {name: places[name] for name in sorted(projected - {KEY})},
            [at for name, at in places.items() if name in distinct],
        )

    def once(self, rows: Iterator[Row], after: Position | None) -> Generator[Row]:
        """Each result once, of those after a position.

        From one batch to the next, the values of a list may show an entity again, as they do in
        the service (https://cloud.google.com/datastore/docs/concepts/queries#cursors_limits_and_offsets).
        """
        seen: set[Hashable] = set()
        if self.distinct and after is not None:
            seen.add(self._group(after))
        for row in rows:
            identity = self._identity(row)
            if identity not in seen:
                seen.add(identity)
                yield row

    def show(self, result: Message, position: Position) -> None:
        """Take from a full result what the query doesn't ask for."""
        if self.type == ResultType.FULL:
            return
        properties = result.entity.properties
        wanted = {
            name: value
            for name, value in values.indexed(properties)
            if name in self.projected and values.encode(value) == position[self.projected[name]]
        }
        entity = type(result.entity)(key=result.entity.key, properties=wanted)
        result.entity.CopyFrom(entity)

    def _identity(self, row: Row) -> Hashable:
        if self.distinct:
            return self._group(row.position)
        if self.projected:
            return (row.entity, *(row.position[at] for at in self.projected.values()))
        return row.entity

    def _group(self, position: Position) -> Hashable:
        return tuple(position[at] for at in self.distinct)


def _type(projected: set[str]) -> int:
    if projected == {KEY}:
        return ResultType.KEY_ONLY
    return ResultType.PROJECTION if projected else ResultType.FULL
