"""Providers that send commands until they are to pause, each again until it is accepted."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid4

import urllib3

from odds import identity
from tests.e2e.api import Api

GAMES = ("soccer:chaos-1", "soccer:chaos-2", "tennis:chaos-3")
VELOCITIES = ("high", "high", "medium", "low")
PROVIDER = "e2e"
PATIENCE = 240.0
"""Seconds in which a command must be accepted, whatever is broken meanwhile."""


def home_price(request_id: str) -> float:
    """What every command of that RequestID says."""
    return 1 + Random(request_id).random()


class Step(NamedTuple):
    """One command in the life of an odds; ``odds`` is its ExternalID."""

    command: str
    game: str
    velocity: str
    request_id: str
    odds: str = ""


class Providers:
    """``accepted`` has the EventID of every command that was answered 202."""

    def __init__(self, url: str, random: Random, count: int = 4) -> None:
        self._api = Api(url)
        self._pauses = Random(random.random())
        self._lives = [_lives_of_odds(Random(random.random())) for _ in range(count)]
        self.accepted: set[UUID] = set()
        self.refused = 0
        self.given_up: list[str] = []

    @contextmanager
    def sending(self) -> Iterator[None]:
        """They go on where they paused, and pause once what each is sending is accepted."""
        over = threading.Event()
        threads = [threading.Thread(target=self._send, args=[steps, over]) for steps in self._lives]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def last_words(self) -> None:
        """One more command for each ordering key, which comes through only where none is stuck."""
        for game in GAMES:
            self._until_accepted(Step("new", game, "high", str(uuid4())))

    def _send(self, steps: Iterator[Step], over: threading.Event) -> None:
        while not over.is_set():
            self._until_accepted(next(steps))

    def _until_accepted(self, step: Step) -> None:
        fields = {
            "RequestID": step.request_id,
            "GameID": step.game,
            "EventVelocity": step.velocity,
        }
        price = home_price(step.request_id)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                match step.command:
                    case "new":
                        status, answer = self._api.new(home=price, **fields)
                    case "update":
                        status, answer = self._api.update(step.odds, home=price, **fields)
                    case _:
                        status, answer = self._api.delete(step.odds, home=price, **fields)
            except urllib3.exceptions.HTTPError:
                status = 0
            if status == 202:
                self.accepted.add(UUID(answer["EventID"]))
                return
            self.refused += 1
            time.sleep(0.05 + self._pauses.random() / 10)
        self.given_up.append(f"not accepted within {PATIENCE:.0f} s: {step}")


def _lives_of_odds(random: Random) -> Iterator[Step]:
    """New, changes and perhaps a Delete, sometimes in another order than that; without end."""
    while True:
        game, request_id = random.choice(GAMES), str(uuid4())
        odds = str(identity.external_id(identity.event_id(PROVIDER, request_id)))
        commands = ["new"] + ["update"] * random.randint(1, 12) + ["delete"] * random.randint(0, 1)
        if random.random() < 0.2:
            random.shuffle(commands)
        for command in commands:
            step_id = request_id if command == "new" else str(uuid4())
            step = Step(command, game, random.choice(VELOCITIES), step_id, odds)
            for _ in range(2 if random.random() < 0.1 else 1):
                yield step
