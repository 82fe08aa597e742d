"""The stack as a whole: it starts whole or not at all, and stops without losing an event."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import services
from local.drain import Drain
from local.emulators.google import DATASTORE, PUBSUB
from local.errors import StackError
from local.part import Part
from local.plan import Plan
from local.ports import Ports, require_different, require_free
from local.postgres import NAME as POSTGRES
from local.processes import Process, Processes
from local.say import say as say_aloud
from local.services import COMMAND_API, GATEWAY, PROJECTOR, QUERY_API, REPLAYER, SIMULATOR
from local.settings import StackSettings
from local.waiting import answers_ok, wait_until

GROUND = (POSTGRES, DATASTORE, PUBSUB)
SERVICES = (PROJECTOR, QUERY_API, COMMAND_API, REPLAYER, GATEWAY)
REFUSED_AGAIN_SECONDS = 2.0
"""After a refused push the emulator waits one second."""
PROJECTOR_READY_SECONDS = 15.0
"""On a busy machine its health is now and then answered late."""
PUBLISHERS = (SIMULATOR, GATEWAY, REPLAYER, COMMAND_API)


class Stack:
    """``directory`` takes its data, logs and process ids; ``say`` is told how it goes.

    ``durable=False`` lets PostgreSQL trade the safety from a crash of the machine for speed.
    With ``faults`` tests may have our own emulators do wrong.
    """

    def __init__(
        self,
        directory: Path,
        settings: StackSettings,
        ports: Ports,
        say: Callable[[str], None] = say_aloud,
        durable: bool = True,
        faults: bool = False,
    ) -> None:
        self.data = directory / "data"
        self.processes = Processes(directory)
        self._plan = Plan(directory, settings, ports, say, durable, faults)
        self._say = say

    @property
    def gateway_url(self) -> str:
        return self._plan.gateway_url

    @property
    def environment(self) -> dict[str, str]:
        """What the services are started with."""
        return self._plan.environment()

    def start(self) -> None:
        """Start what isn't running. Raises StackError, and then nothing of it runs on."""
        missing = self._missing()
        ports = {name: port for name, port in self._plan.ports().items() if name in self._wanted()}
        require_different(ports)
        require_free({name: port for name, port in ports.items() if name in missing})
        self.processes.clear_logs(missing)
        try:
            self._lay_ground(missing)
            self._start_together(name for name in missing if name in SERVICES)
        except BaseException:
            self.processes.give_up(missing)
            raise

    def start_part(self, name: str) -> None:
        """Start one part, by name, and wait until it is ready."""
        self._plan.before(name)
        self._run(self._plan.part(name))
        self._plan.after(name)

    def stop_part(self, name: str) -> None:
        self.processes.stop(name)

    def kill_part(self, name: str) -> None:
        """SIGKILL, as a crash would end it."""
        self.processes.kill(name)

    def push_to(self, projector_url: str) -> None:
        """Have the event bus push there instead of to the projector."""
        self._plan.local_bus().create(projector_url)

    def start_simulator(self) -> None:
        self._run(services.simulator(self.gateway_url))

    def stop(self, lose_events: bool = False) -> None:
        """Stop what runs: first what publishes, then, once the bus is empty, all else.

        Raises StackError where the projector can't empty the bus, unless ``lose_events``.
        """
        for name in PUBLISHERS:
            self.processes.stop(name)
        if PUBSUB not in self._plan.ground():
            self._plan.local_bus().stop_pushing()
        elif self._would_lose_events() and not lose_events:
            self._drain()
        self.processes.stop_all()

    def _would_lose_events(self) -> bool:
        running = self.processes.named(PUBSUB) is not None
        return running and not self._plan.emulators.durable_bus

    def _wanted(self) -> tuple[str, ...]:
        return (*self._plan.ground(), *SERVICES)

    def _missing(self) -> list[str]:
        """Parts to start; all that we can't make is said before anything is started."""
        missing = [name for name in self._wanted() if self.processes.named(name) is None]
        for name in missing:
            if name != POSTGRES:
                self._plan.part(name)
        return missing

    def _lay_ground(self, missing: Sequence[str]) -> None:
        with ThreadPoolExecutor(len(GROUND)) as together:
            tasks = [together.submit(self._lay, name, name in missing) for name in GROUND]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                # The other threads see their processes gone, and end.
                self.processes.give_up(missing)
                raise

    def _lay(self, name: str, missing: bool) -> None:
        if missing:
            self.start_part(name)
        else:
            self._plan.after(name)

    def _start_together(self, names: Iterable[str]) -> None:
        parts = [self._plan.part(name) for name in names]
        start = time.monotonic()
        for part in parts:
            self.processes.start(part, self.environment)
        for part in parts:
            self.processes.wait_ready(part)
            self._say_ready(part, start)

    def _run(self, part: Part) -> None:
        start = time.monotonic()
        self.processes.start(part, self.environment)
        self.processes.wait_ready(part)
        self._say_ready(part, start)

    def _say_ready(self, part: Part, start: float) -> None:
        seconds = time.monotonic() - start
        self._say(f"  {part.name:<20} {part.address}  ready in {seconds:.1f} s")

    def _drain(self) -> None:
        projector = self.processes.named(PROJECTOR)
        if projector is None or not _becomes_ready(projector):
            raise StackError(
                "the projector is not ready, so what the event bus still holds would be lost. "
                "`make up` starts what is missing; `make down FORCE=1` gives these events up"
            )
        push_path = self._plan.bus.subscription.push_path
        drain = Drain(self._plan.access_log, push_path, REFUSED_AGAIN_SECONDS)
        self._say("  waiting until the event bus is empty")
        if not drain.wait(refused=self._restarted(projector.started)):
            raise StackError(
                "the event bus is not getting empty; the log of the projector says why. "
                "`make down FORCE=1` gives these events up"
            )

    def _restarted(self, projector_started: float) -> bool:
        """Whether it started after others: pushes may have been refused while it was away."""
        return any(
            process.name == QUERY_API and process.started < projector_started
            for process in self.processes.alive()
        )


def _becomes_ready(projector: Process) -> bool:
    ready = f"{projector.address}/health/ready"
    return wait_until(lambda: answers_ok(ready), PROJECTOR_READY_SECONDS)
