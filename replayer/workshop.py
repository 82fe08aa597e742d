"""Puts a worker together for each replay, from the settings of its process."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from odds.adapters import clock
from odds.adapters.event_bus import event_bus_file, publisher
from replayer.environments import Environments
from replayer.outlet import NoSuchTopic, Outlet
from replayer.parameters import BadParameter, replay_request
from replayer.replay import Replay, ReplayRequest
from replayer.replays import Replays
from replayer.settings import Settings
from replayer.worker import PATIENCE, Told, Worker

REPLAYS_TIMEOUT = 5.0
"""Seconds that an operator waits for the store of replays; a worker goes on asking."""
PROBE_TIMEOUT = 1.0
"""Seconds that a health check waits for Datastore: probes themselves wait little longer."""
_SALT = os.urandom(4).hex()
"""Containers may all have one host name, and each of them a process of the same number."""


class Workshop:
    """What the service, its workers and the command line share of one process' settings.

    ``home`` is the environment that keeps the replays.
    """

    def __init__(self, given: Settings, variables: Mapping[str, str]) -> None:
        """Raises OSError, msgspec.ValidationError or BadEnvironment."""
        self.environments = Environments.load(Path(given.environments_file), variables)
        self.home = self.environments.named(given.replayer_env)
        self.bus = event_bus_file.load(Path(given.event_bus_file))
        self.replays = Replays(self.home.datastore(REPLAYS_TIMEOUT), clock.now)
        self.probe = Replays(self.home.datastore(PROBE_TIMEOUT), clock.now)
        self.home_name = given.replayer_env
        self.readers = given.read_model_readers
        self.writers = given.read_model_writers

    def read(self, parameters: Mapping[str, str]) -> ReplayRequest:
        """Raises BadParameter."""
        return replay_request(parameters, self.environments, home=self.home_name, now=self.now())

    def now(self) -> int:
        """Microseconds since the epoch."""
        return clock.now()

    def add(self, request: ReplayRequest) -> Replay:
        """A new replay, queued. Raises BadParameter where its topic isn't there,
        EventBusUnavailable or EventStoreUnavailable."""
        if not request.dry_run and request.topic is not None:
            self._require(request, request.topic)
        replay = Replay(replay_id=os.urandom(8).hex(), request=request, created_at=clock.now())
        self.replays.add(replay)
        return replay

    def _require(self, request: ReplayRequest, topic: str) -> None:
        out = self._outlet(request)
        try:
            out.require(topic)
        except NoSuchTopic:
            problem = f"is {topic!a}, which {request.target} does not have"
            raise BadParameter("topic", problem, "one that was created") from None
        finally:
            out.close()

    def run(
        self, replay_id: str, *, told: Told = lambda _: None, patience: float = PATIENCE
    ) -> Replay:
        """Take a replay and run it. Raises as Replays.take and Worker.run do."""
        request = self.replays.get(replay_id).request
        out = self._outlet(request)
        try:
            with self.environments.named(request.source).events() as source:
                # Last, as a replay that is taken has a worker from then on.
                replay = self.replays.take(replay_id, owner())
                worker = Worker(
                    *(replay, self.replays, source, out, self.bus),
                    clock=clock.now,
                    told=told,
                    patience=patience,
                )
                return worker.run()
        finally:
            out.close()

    def _outlet(self, request: ReplayRequest) -> Outlet:
        """The prefix is that of the event bus's own topics: a dedicated topic is named in full."""
        target = self.environments.named(request.target)
        client = publisher.connect(target.pubsub_emulator_host)
        if request.topic is not None:
            return Outlet(client, f"projects/{target.project}/topics/", {request.topic})
        return Outlet(client, target.topic_path, {topic.name for topic in self.bus.topics()})


def owner() -> str:
    """Names this process among all that may run a replay."""
    return f"{socket.gethostname()}/{os.getpid()}/{_SALT}"
