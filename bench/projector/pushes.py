"""Pushes over HTTP, to the projector and to what it is measured beside."""

from typing import NamedTuple

from bench import cost
from bench.cost import Measured, medians
from bench.events import events, pushes
from bench.ground import Ground
from bench.load import drive

ASGI = ("-k", "asgi", "--asgi-loop", "uvloop", "--no-control-socket")
THREADS = ("-k", "gthread", "--threads", "64", "--no-control-socket")
PROJECTOR = ("-c", "projector/gunicorn.conf.py")
ONE_BY_ONE = 5
"""Of so many events one is pushed to what takes them one by one."""


class Variant(NamedTuple):
    options: tuple[str, ...]
    share: int = 1
    at_once: bool = False


VARIANTS = {
    "parse only, ASGI (a, the ceiling)": Variant(("bench.projector.apps:parse_only()", *ASGI)),
    "parse only, Flask on threads": Variant(
        ("bench.projector.apps:parse_only_in_flask()", *THREADS)
    ),
    "one event at a time, Flask on threads (b)": Variant(
        ("bench.projector.apps:one_at_a_time()", *THREADS), share=ONE_BY_ONE
    ),
    "group commit: the projector (c)": Variant(PROJECTOR),
    "the projector, were Datastore's answers free": Variant(PROJECTOR, at_once=True),
}
CEILING = next(iter(VARIANTS))


def measure(ground: Ground, number: int, rounds: int, in_flight: int) -> None:
    """Print a table; all variants take turns, so that what else the machine does troubles all."""
    found: dict[str, list[Measured]] = {name: [] for name in VARIANTS}
    hosts = {False: ground.datastore_host(), True: ground.instant_datastore_host()}
    environ = {
        "DATABASE_URL": ground.database_url(),
        "GOOGLE_CLOUD_PROJECT": "bench",
        "PYTHONWARNINGS": "ignore",
    }
    for _ in range(rounds):
        for name, variant in VARIANTS.items():
            told = environ | {"DATASTORE_EMULATOR_HOST": hosts[variant.at_once]}
            measured = _measure(ground, variant, told, number // variant.share, in_flight)
            found[name].append(measured)
    print(f"\n{in_flight} in flight\n")
    cost.tell({name: medians(each) for name, each in found.items()}, "events", CEILING)


def _measure(
    ground: Ground, variant: Variant, environ: dict[str, str], number: int, in_flight: int
) -> Measured:
    requests = pushes(events(number))
    with ground.gunicorn("server", *variant.options, **environ) as url:
        drive(url, pushes(events(400)), in_flight=in_flight, expected=204)
        return cost.measure(ground, url, requests, in_flight=in_flight, expected=204)
