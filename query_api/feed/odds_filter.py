"""Which odds a subscriber wants to hear of."""

from collections.abc import Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from query_api.read_model.odds_view import OddsView

Filtered = TypeVar("Filtered", bound=Hashable)


class OddsFilter(NamedTuple):
    """Which odds are wanted; a field that is None lets all through."""

    game_id: str | None = None
    game_type: str | None = None
    provider: str | None = None
    external_id: UUID | None = None

    def matches(self, odds: OddsView) -> bool:
        return self == _of(odds).only(self.shape)

    @property
    def shape(self) -> "Shape":
        return tuple(value is not None for value in self)

    def only(self, shape: "Shape") -> "OddsFilter":
        return OddsFilter._make(
            value if asked else None for value, asked in zip(self, shape, strict=True)
        )


Shape = tuple[bool, ...]
"""Which of a filter's fields are given."""


class FilterIndex(Generic[Filtered]):
    """Finds who wants to hear of an odds by one look for each shape of filters in use, however
    many filters there are."""

    def __init__(self) -> None:
        self._by_shape: dict[Shape, dict[OddsFilter, set[Filtered]]] = {}

    def add(self, odds_filter: OddsFilter, filtered: Filtered) -> None:
        filters = self._by_shape.setdefault(odds_filter.shape, {})
        filters.setdefault(odds_filter, set()).add(filtered)

    def remove(self, odds_filter: OddsFilter, filtered: Filtered) -> None:
        filters = self._by_shape[odds_filter.shape]
        filters[odds_filter].remove(filtered)
        if not filters[odds_filter]:
            del filters[odds_filter]
        if not filters:
            del self._by_shape[odds_filter.shape]

    def wanting(self, odds: OddsView) -> Iterator[Filtered]:
        exact = _of(odds)
        for shape, filters in self._by_shape.items():
            yield from filters.get(exact.only(shape), ())


def _of(odds: OddsView) -> OddsFilter:
    return OddsFilter(odds.game_id, odds.game_type, odds.provider, odds.external_id)
