"""An issuer of ID tokens on this machine: signs as Google does, with keys of its own."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

AUDIENCE = "https://odds.example"


class Issuer:
    """Serves its certificates at ``url``; ``certificates`` may be changed while it runs."""

    def __init__(self) -> None:
        self.key, certificate = key_pair()
        self.certificates = {"first": certificate}
        self.url = ""

    def token(
        self, email: str, /, *, key: str | None = None, key_id: str = "first", **claims: Any
    ) -> str:
        """A valid token of ``email``; a claim of None is left out."""
        now = int(time.time())
        given = {
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 3600,
            "email": email,
            "email_verified": True,
        } | claims
        payload = {name: value for name, value in given.items() if value is not None}
        signer = crypt.RSASigner.from_string(key or self.key, key_id)
        return str(jwt.encode(signer, payload), "ascii")

    def bearer(self, email: str) -> dict[str, str]:
        """The header of a request that ``email`` makes."""
        return {"Authorization": f"Bearer {self.token(email)}"}


def key_pair() -> tuple[str, str]:
    """A private key and its self-signed certificate, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Certificates(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.certificates).encode()
            self.send_response(200)
            self.send_header("Cache-Control", "public, max-age=19302")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Certificates) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield issuer
        server.shutdown()


@contextmanager
def guarded(callers: str) -> Iterator[tuple[Issuer, dict[str, str]]]:
    """An issuer, and what a service is given to trust it and to know its callers (YAML)."""
    with running_issuer() as issuer, TemporaryDirectory() as directory:
        file = Path(directory) / "callers.yaml"
        file.write_text(callers)
        yield (
            issuer,
            {
                "CALLERS_FILE": str(file),
                "TOKEN_AUDIENCE": AUDIENCE,
                "TOKEN_ISSUER": issuer.url,
                "TOKEN_CERTS_URL": f"{issuer.url}/certs",
            },
        )
