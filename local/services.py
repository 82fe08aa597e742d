"""The services under gunicorn, as they run in the cloud, and the gateway in front of them."""

import sys

from local.part import Part
from local.ports import HOST
from local.settings import ROOT
from local.waiting import answers_ok

PROJECTOR = "projector"
QUERY_API = "query_api"
COMMAND_API = "command_api"
REPLAYER = "replayer"
GATEWAY = "gateway"
SIMULATOR = "simulator"


def service(name: str, port: int, *options: str) -> Part:
    command = (
        *(sys.executable, "-m", "gunicorn"),
        *("-c", f"{name}/gunicorn.conf.py", "--bind", f"{HOST}:{port}", *options),
    )
    return _listening(name, command, port)


def gateway(port: int) -> Part:
    return _listening(GATEWAY, (sys.executable, "-m", "gateway.main"), port)


def simulator(gateway_url: str) -> Part:
    """Plays odds for as long as it runs; it is ready as soon as it runs."""
    command = (sys.executable, "-m", "local.simulator", "--url", gateway_url)
    return Part(SIMULATOR, command, lambda: True, gateway_url, directory=ROOT)


def _listening(name: str, command: tuple[str, ...], port: int) -> Part:
    url = f"http://{HOST}:{port}"
    return Part(name, command, lambda: answers_ok(f"{url}/health/ready"), url, directory=ROOT)
