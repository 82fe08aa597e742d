"""A Cloud SQL instance as the connector meets one: an Admin API that signs certificates, and a
TLS server that asks for them in front of PostgreSQL."""

import asyncio
import contextlib
import datetime
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google.auth.credentials
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

INSTANCE = "test:europe-west1:moneyline"
ADDRESS = "127.83.12.9"
"""Of this test alone: Cloud SQL's port is the same everywhere."""
PORT = 3307


class Credentials(google.auth.credentials.Credentials):
    """Those of a service account, which need nobody's word."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def refresh(self, request: Any) -> None:
        self.token = "a token"
        self.expiry = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(
            hours=1
        )


class Authority:
    """Signs the certificates of both sides."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self.pem = self.sign(self._key.public_key(), "authority")

    def sign(self, key: Any, name: str) -> str:
        """A certificate of a public key, in PEM."""
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("authority"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server_context(self, directory: Path) -> ssl.SSLContext:
        private = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (directory / "server.pem").write_text(private.decode() + self.pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem")
        context.load_verify_locations(cadata=self.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@contextmanager
def cloud_sql(unix_sock: str, directory: Path) -> Iterator[str]:
    """The Admin API's URL, of an instance that is the PostgreSQL behind a socket."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        start = _serve(Authority(), unix_sock, directory)
        url, stop = asyncio.run_coroutine_threadsafe(start, loop).result(10)
        try:
            yield url
        finally:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _serve(
    authority: Authority, unix_sock: str, directory: Path
) -> tuple[str, Callable[[], Any]]:
    pipes: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(unix_sock)
        for pipe in (_pipe(reader, to_server), _pipe(from_server, writer)):
            task = asyncio.create_task(pipe)
            pipes.add(task)
            task.add_done_callback(pipes.discard)

    context = authority.server_context(directory)
    server = await asyncio.start_server(forward, ADDRESS, PORT, ssl=context)
    api = web.AppRunner(_admin_api(authority))
    await api.setup()
    site = web.TCPSite(api, "127.0.0.1", 0)
    await site.start()

    async def stop() -> None:
        server.close()
        for pipe in pipes:
            pipe.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)
        await api.cleanup()

    port = api.addresses[0][1]
    return f"http://127.0.0.1:{port}", stop


def _admin_api(authority: Authority) -> web.Application:
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/connect"""

    async def settings(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "region": INSTANCE.split(":")[1],
                "databaseVersion": "POSTGRES_18",
                "ipAddresses": [{"type": "PRIVATE", "ipAddress": ADDRESS}],
                "serverCaCert": {"cert": authority.pem},
            }
        )

    async def certificate(request: web.Request) -> web.Response:
        asked = await request.json()
        assert asked["access_token"]
        key = serialization.load_pem_public_key(asked["public_key"].encode())
        return web.json_response({"ephemeralCert": {"cert": authority.sign(key, "client")}})

    project, _, name = INSTANCE.split(":")
    api = web.Application()
    instance = f"/sql/v1beta4/projects/{project}/instances/{name}"
    api.router.add_get(f"{instance}/connectSettings", settings)
    api.router.add_post(f"{instance}:generateEphemeralCert", certificate)
    return api


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()
            await writer.wait_closed()
