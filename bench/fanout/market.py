"""A read model that changes are projected to, as the projector does."""

from itertools import islice
from pathlib import Path

from bench.events import events_from_now_on
from bench.ground import Ground
from odds.adapters.read_model import postgres
from odds.adapters.read_model.read_model import ReadModel


class Market:
    def __init__(self, directory: Path) -> None:
        self._ground = Ground(directory)
        self.database_url = self._ground.database_url()
        self._engine = postgres.create_engine(self.database_url, pool_size=1)
        self._read_model = ReadModel(self._engine)
        self._events = events_from_now_on()

    def project(self, how_many: int) -> None:
        """Commit as many changes, accepted now, in one batch."""
        self._read_model.project(list(islice(self._events, how_many)))

    def close(self) -> None:
        self._engine.dispose()
        self._ground.stop()
