"""How gunicorn is told to run the query service."""

import runpy
import socket
from types import SimpleNamespace

from tests.paths import ROOT


def test_a_client_that_vanishes_is_noticed_by_the_connections_that_are_accepted() -> None:
    conf = runpy.run_path(str(ROOT / "query_api" / "gunicorn.conf.py"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        conf["when_ready"](SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                found = {option: accepted.getsockopt(*option) for option in conf["TCP_OPTIONS"]}
    assert found == conf["TCP_OPTIONS"]
    assert found[socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT] == 60_000
