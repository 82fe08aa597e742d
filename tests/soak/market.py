"""Changes of some odds, numbered by the microsecond of their CreatedAt."""

from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel
from odds.event import Event
from tests.examples import NOW, new, update

ODDS = 200


class Market:
    def __init__(self, database_url: str) -> None:
        self._engine = postgres.create_engine(database_url, pool_size=1)
        self._read_model = ReadModel(self._engine)
        self._odds = [new(at=NOW) for _ in range(ODDS)]
        self._read_model.project(self._odds)
        self.number = 0

    def move(self, how_many: int) -> None:
        self._read_model.project([self._next() for _ in range(how_many)])

    def close(self) -> None:
        self._engine.dispose()

    def _next(self) -> Event:
        self.number += 1
        return update(self._odds[self.number % ODDS], at=NOW + self.number)
