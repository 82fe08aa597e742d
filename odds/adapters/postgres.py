"""Connections to PostgreSQL."""

import socket
from typing import Any

import pg8000.dbapi
from sqlalchemy import Engine, event
from sqlalchemy import create_engine as create_sqlalchemy_engine

TIMEOUT = 10.0
"""How long a connection may take to open, and each answer on it to come, in seconds."""


def create_engine(database_url: str, *, pool_size: int, timeout: float = TIMEOUT) -> Engine:
    """An engine of at most ``pool_size`` connections; opens none of them yet.

    ``timeout`` is how long each answer may take, in seconds.
    """
    engine = create_sqlalchemy_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=TIMEOUT,
        connect_args={"timeout": timeout},
    )
    event.listen(engine, "do_connect", _send_at_once)
    return engine


def _send_at_once(_dialect: Any, _record: Any, _args: Any, kwargs: dict[str, Any]) -> Any:
    """Connect with TCP_NODELAY: pg8000 leaves it off, and a batch of 100 events waits 40 ms."""
    if "host" not in kwargs:
        return None
    address = (kwargs["host"], kwargs.get("port", 5432))
    try:
        connection = socket.create_connection(address, TIMEOUT)
    except OSError as error:
        raise pg8000.dbapi.InterfaceError(f"no connection to {address}: {error}") from error
    connection.settimeout(kwargs["timeout"])
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return pg8000.dbapi.connect(**kwargs, sock=connection)
