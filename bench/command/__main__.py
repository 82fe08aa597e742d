"""``python -m bench.command``: commands over HTTP, published to an emulator, as a table."""

import argparse
from typing import NamedTuple

import msgspec

from bench import cost
from bench.command.publishers import TOPIC_PATH
from bench.cost import Measured, medians
from bench.events import events
from bench.ground import Ground, ground
from bench.load import Request, drive
from local.settings import ROOT
from odds.adapters.event_bus import event_bus_file, publisher
from odds.event import Event

THREADS = ("-k", "gthread", "--threads", "64", "--keep-alive", "75", "--no-control-socket")
OURS = ("-c", "command_api/gunicorn.conf.py")
VARIANTS = {
    "empty Flask endpoint, threads (the ceiling)": (
        *THREADS,
        "bench.command.apps:empty_on_threads()",
    ),
    "empty Flask endpoint, event loop": (*OURS, "bench.command.apps:empty_on_event_loop()"),
    "validate, publish nothing, event loop": (*OURS, "bench.command.apps:unpublished()"),
    "the library's publisher, threads": (*THREADS, "bench.command.apps:library()"),
    "low-level client, a request each, threads": (
        *THREADS,
        "bench.command.apps:one_request_each()",
    ),
    "the command service": OURS,
}
CEILING = next(iter(VARIANTS))


class Load(NamedTuple):
    workers: int
    in_flight: int


def main() -> None:
    given = _arguments()
    loads = [Load(workers, in_flight) for workers in (1, 2) for in_flight in (64, 1)]
    results: dict[tuple[Load, str], list[Measured]] = {}
    with ground() as bus:
        environ = _environ(bus.pubsub_host())
        for number in range(given.rounds * len(VARIANTS)):
            # Round by round, so that what else the machine does troubles all alike.
            name = list(VARIANTS)[number % len(VARIANTS)]
            for load in loads:
                result = _measure(bus, VARIANTS[name], environ, given.commands, load)
                results.setdefault((load, name), []).append(result)
            print(".", end="", flush=True)
    for load in loads:
        print(f"\n\n{load.workers} worker(s), {load.in_flight} in flight\n")
        cost.tell({name: medians(results[load, name]) for name in VARIANTS}, "commands", CEILING)


def _environ(host: str) -> dict[str, str]:
    client = publisher.connect(host)
    for topic in event_bus_file.load(ROOT / "event_bus.yaml").topics():
        client.create_topic(name=TOPIC_PATH + topic.name)
    return {
        "PUBSUB_EMULATOR_HOST": host,
        "GOOGLE_CLOUD_PROJECT": "bench",
        "PYTHONWARNINGS": "ignore",
    }


def _measure(
    bus: Ground, options: tuple[str, ...], environ: dict[str, str], number: int, load: Load
) -> Measured:
    workers = ("--workers", str(load.workers), *(["--reuse-port"] if load.workers > 1 else []))
    number = number if load.in_flight > 1 else number // 4
    with bus.gunicorn("server", *workers, *options, **environ) as url:
        drive(url, _commands(events(400)), in_flight=load.in_flight, expected=202)
        requests = _commands(events(number))
        return cost.measure(bus, url, requests, in_flight=load.in_flight, expected=202)


def _commands(of: list[Event]) -> list[Request]:
    return [_request(event) for event in of]


def _request(event: Event) -> Request:
    body = msgspec.json.encode(event.command)
    if event.command.command == "NewOdds":
        return Request("POST", "/odds", body)
    return Request("PATCH", f"/odds/{event.external_id}", body)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=6_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
