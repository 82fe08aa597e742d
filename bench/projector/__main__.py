"""``python -m bench.projector``: pushes over HTTP, and the two stores alone."""

import argparse
from statistics import median

from bench.events import events, pushes
from bench.ground import Ground, ground
from bench.load import Result, drive

ASGI = ("-k", "asgi", "--asgi-loop", "uvloop", "--no-control-socket")
THREADS = ("-k", "gthread", "--threads", "64", "--no-control-socket")
VARIANTS = {
    "parse only, Flask on threads": ("bench.projector.apps:parse_only_in_flask()", *THREADS),
    "parse only, ASGI (the ceiling)": ("bench.projector.apps:parse_only()", *ASGI),
    "one event at a time, Flask on threads": ("bench.projector.apps:one_at_a_time()", *THREADS),
    "group commit (the projector)": ("-c", "projector/gunicorn.conf.py"),
}


def main() -> None:
    given = _arguments()
    with ground() as stores:
        environ = {
            "DATABASE_URL": stores.database_url(),
            "DATASTORE_EMULATOR_HOST": stores.datastore_host(),
            "GOOGLE_CLOUD_PROJECT": "bench",
            "PYTHONWARNINGS": "ignore",
        }
        for in_flight in given.in_flight:
            print(f"\n{in_flight} in flight, {given.events} events, {given.rounds} rounds")
            for name, options in VARIANTS.items():
                number = given.events if "one event" not in name else given.events // 5
                results = [
                    _measure(stores, options, environ, number, in_flight)
                    for _ in range(given.rounds)
                ]
                print(f"  {name:40}", _told(results), flush=True)


def _measure(
    stores: Ground, options: tuple[str, ...], environ: dict[str, str], number: int, in_flight: int
) -> Result:
    requests = pushes(events(number))
    with stores.gunicorn("server", *options, **environ) as url:
        drive(url, pushes(events(400)), in_flight=in_flight, expected=204)
        return drive(url, requests, in_flight=in_flight, expected=204)


def _told(results: list[Result]) -> str:
    rate, p50, p99 = (median(column) for column in zip(*results, strict=True))
    return f"{rate:7.0f} /s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[64, 256])
    return parser.parse_args()


if __name__ == "__main__":
    main()
