"""Providers that send commands without end, each again until it is accepted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from uuid import UUID, uuid4

import urllib3

from odds import identity
from tests.e2e.api import Api

GAMES = ("soccer:chaos-1", "soccer:chaos-2", "tennis:chaos-3")
VELOCITIES = ("high", "high", "medium", "low")
PROVIDER = "e2e"


def home_price(request_id: str) -> float:
    """What every command of that RequestID says."""
    return 1 + Random(request_id).random()


class Providers:
    """``accepted`` has the EventID of every command that was answered 202."""

    def __init__(self, url: str, random: Random, count: int = 4) -> None:
        self._api = Api(url)
        self._randoms = [Random(random.random()) for _ in range(count)]
        self._over = threading.Event()
        self.accepted: set[UUID] = set()
        self.refused = 0

    @contextmanager
    def sending(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._send, args=[each]) for each in self._randoms]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def last_words(self) -> None:
        """One more command for each ordering key, which comes through only where none is stuck."""
        for game in GAMES:
            self._until_accepted(Random(game), "new", game, "high", str(uuid4()), "")

    def _send(self, random: Random) -> None:
        while not self._over.is_set():
            self._life_of_odds(random)

    def _life_of_odds(self, random: Random) -> None:
        """New, changes and perhaps a Delete, sometimes in another order than that."""
        game, request_id = random.choice(GAMES), str(uuid4())
        odds = str(identity.external_id(identity.event_id(PROVIDER, request_id)))
        steps = ["new"] + ["update"] * random.randint(1, 12) + ["delete"] * random.randint(0, 1)
        if random.random() < 0.2:
            random.shuffle(steps)
        for step in steps:
            if self._over.is_set():
                return
            step_id = request_id if step == "new" else str(uuid4())
            velocity = random.choice(VELOCITIES)
            for _ in range(2 if random.random() < 0.1 else 1):
                self._until_accepted(random, step, game, velocity, step_id, odds)

    def _until_accepted(
        self, random: Random, step: str, game: str, velocity: str, request_id: str, odds: str
    ) -> None:
        fields = {"RequestID": request_id, "GameID": game, "EventVelocity": velocity}
        price = home_price(request_id)
        while True:
            try:
                match step:
                    case "new":
                        status, answer = self._api.new(home=price, **fields)
                    case "update":
                        status, answer = self._api.update(odds, home=price, **fields)
                    case _:
                        status, answer = self._api.delete(odds, home=price, **fields)
            except urllib3.exceptions.HTTPError:
                status = 0
            if status == 202:
                self.accepted.add(UUID(answer["EventID"]))
                return
            self.refused += 1
            time.sleep(0.05 + random.random() / 10)
