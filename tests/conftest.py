"""Fixtures of all tests: the real parts that they run against."""

import logging
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from local import ports

pytest_plugins = ["tests.stack"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background job: what the tests start would ignore it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# As slow machines are, a command that a test wants taken is to be taken.
os.environ.setdefault("PUBLISH_TIMEOUT_SECONDS", "20")

# A port that one worker of the tests has found free, no other one is to find free as well.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    number, workers = int(worker.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    ports.UNASSIGNED = ports.UNASSIGNED[number % workers :: workers]

# What a thread logs between two tests would be printed among pytest's dots.
logging.getLogger().addHandler(logging.NullHandler())

settings.register_profile(
    "moneyline",
    deadline=None,  # these machines are noisy
    derandomize="CI" in os.environ,  # a new example is news for whoever tests, not for CI
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("moneyline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on whichever emulators are chosen: CI runs it on both makers'."""
    for item in items:
        of_stack = item.path.parent.name in ("e2e", "chaos")
        if of_stack or "emulators" in getattr(item, "fixturenames", ()):
            item.add_marker("emulators")
