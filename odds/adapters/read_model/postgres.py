"""Connections to PostgreSQL, and what it tells where it refuses."""

import socket
from functools import partial
from typing import TYPE_CHECKING

import pg8000.dbapi
from pg8000.exceptions import DatabaseError
from sqlalchemy import Engine, event, make_url
from sqlalchemy import create_engine as create_sqlalchemy_engine

if TYPE_CHECKING:
    from odds.adapters.read_model.cloud_sql import CloudSql

TIMEOUT = 10.0
"""How long a connection may take to open, and each answer on it to come, in seconds."""


class Server:
    """What a URL leads to, with no connection open yet.

    ``postgresql+pg8000://user:password@host:port/database``, or without a host and with a query:
    ``?unix_sock=<path>``, or ``?cloud_sql=<project:region:instance>`` for Cloud SQL, whose user
    is a service account without ``.gserviceaccount.com``. ``&role=<role>`` acts as that role.
    """

    def __init__(self, database_url: str) -> None:
        """Raises ArgumentError where it is no URL."""
        url = make_url(database_url)
        _, given = url.get_dialect()().create_connect_args(url)
        instance = given.pop("cloud_sql", None)
        role = given.pop("role", None)
        self._parameters = {"role": role} if role else {}
        if "unix_sock" in given:
            # PostgreSQL has no TLS there, and pg8000 would load the system's certificates: 30 ms.
            given["ssl_context"] = False
        self._given = given
        self._cloud_sql = _cloud_sql(instance) if instance else None

    def connect(
        self, *, timeout: float = TIMEOUT, application_name: str | None = None, **parameters: str
    ) -> pg8000.dbapi.Connection:
        """A new connection; ``timeout`` of each answer in seconds, ``parameters`` as PostgreSQL
        names them. Raises pg8000's Error."""
        open_connection = self._cloud_sql.connect if self._cloud_sql else pg8000.dbapi.connect
        connection = open_connection(
            **self._given,
            application_name=application_name,
            startup_params=self._parameters | parameters,
            timeout=min(timeout, TIMEOUT),
        )
        to_server = socket_of(connection)
        to_server.settimeout(timeout)
        if to_server.family != socket.AF_UNIX:
            # pg8000 leaves it off, and a batch of 100 events waits 40 ms.
            to_server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            to_server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connection

    def close(self) -> None:
        """Make no more connections; those that are open stay so."""
        if self._cloud_sql:
            self._cloud_sql.close()


def _cloud_sql(instance: str) -> "CloudSql":
    # Its connector takes 0.3 s to import, which whoever is not in the cloud need not wait for.
    from odds.adapters.read_model.cloud_sql import CloudSql

    return CloudSql(instance)


def create_engine(
    database_url: str,
    *,
    pool_size: int,
    timeout: float = TIMEOUT,
    statement_timeout: float | None = None,
) -> Engine:
    """An engine of at most ``pool_size`` connections; opens none of them yet.

    ``timeout`` is how long each answer may take, and ``statement_timeout`` when the server itself
    gives a statement up, both in seconds; without the latter, one that waits for a lock waits on
    when its client has gone.
    """
    server = Server(database_url)
    told = {"statement_timeout": str(int(statement_timeout * 1000))} if statement_timeout else {}
    engine = create_sqlalchemy_engine(
        database_url,
        creator=partial(server.connect, timeout=timeout, **told),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=TIMEOUT,
    )
    event.listen(engine, "engine_disposed", lambda _: server.close())
    return engine


def socket_of(connection: pg8000.dbapi.Connection) -> socket.socket:
    """What the connection speaks through: pg8000 keeps it to itself."""
    to_server: socket.socket = connection._usock
    return to_server


def sqlstate(error: BaseException | None) -> str:
    """The SQLSTATE of an error of the driver (PostgreSQL manual, appendix A); empty where it isn't
    PostgreSQL that told it."""
    return _field(error, "C")


def message(error: BaseException | None) -> str:
    """What PostgreSQL says of it, in its own words; empty as ``sqlstate`` is."""
    return _field(error, "M")


def _field(error: BaseException | None, code: str) -> str:
    """As PostgreSQL sends it (its manual, 55.8), which pg8000 hands on."""
    fields = error.args[0] if isinstance(error, DatabaseError) and error.args else None
    return str(fields.get(code, "")) if isinstance(fields, dict) else ""
