"""``python -m local.emulators.datastore --port PORT --data FILE [--fast] [--faults]``"""

import argparse
import asyncio
from pathlib import Path

from google.cloud.datastore_v1.services.datastore.transports import DatastoreGrpcAsyncIOTransport

from local.emulators import faults
from local.emulators.datastore.servicer import DatastoreServicer
from local.emulators.faults import Faults
from local.emulators.methods import methods
from local.emulators.server import Server
from local.emulators.service import Service

_SERVICE = "google.datastore.v1.Datastore"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m local.emulators.datastore")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--data", type=Path, required=True, help="the SQLite file")
    arguments.add_argument("--fast", action="store_true", help="don't wait for the disk")
    arguments.add_argument("--faults", action="store_true", help="do wrong when told to")
    asked = arguments.parse_args()
    servicer = DatastoreServicer(asked.data, durable=not asked.fast)
    asyncio.run(_serve(asked.port, servicer, with_faults=asked.faults))


async def _serve(port: int, servicer: DatastoreServicer, *, with_faults: bool) -> None:
    server = Server(port)
    hook = Faults(server.cut_connections)
    known = methods(DatastoreGrpcAsyncIOTransport, _SERVICE)
    server.add(Service(_SERVICE, known, servicer, hook.meet))
    if with_faults:
        server.add(faults.handler(hook))
    await server.run()
    await servicer.close()


if __name__ == "__main__":
    main()
