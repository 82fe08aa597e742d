"""The certificates that an issuer signs its tokens with, fetched before they are needed."""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from google.auth.exceptions import TransportError
from google.auth.transport.requests import Request

from odds.adapters.telemetry.logs import fields

FETCH_TIMEOUT = 5
"""Seconds."""

RETRY_SECONDS = 5.0
SHORTEST_AGE = 60.0
"""Seconds between two fetches at least, whatever the issuer says."""

_MAX_AGE = re.compile(r"max-age=(\d+)")
_log = logging.getLogger(__name__)


class SigningKeysUnavailable(Exception):
    """No certificate has been fetched yet, so no token can be judged."""


class Certificates(NamedTuple):
    """PEM certificates by key id, and how many seconds they may be kept."""

    by_key_id: Mapping[str, str]
    max_age: float


class SigningKeys:
    """Keeps certificates fresh in a thread of its own: no request waits for the issuer.

    While the issuer can't be reached, those that are known stay in use.
    """

    def __init__(self, fetch: Callable[[], Certificates]) -> None:
        self._fetch = fetch
        self._certificates: Mapping[str, str] = {}

    def start(self) -> None:
        threading.Thread(target=self._keep_fresh, name="signing-keys", daemon=True).start()

    def certificates(self) -> Mapping[str, str]:
        """PEM certificates by key id. Raises SigningKeysUnavailable."""
        if not self._certificates:
            raise SigningKeysUnavailable("the issuer's certificates have not been fetched yet")
        return self._certificates

    def _keep_fresh(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self.refresh())

    def refresh(self) -> float:
        """Fetch once; the seconds until the next time."""
        try:
            fetched = self._fetch()
        except Exception as error:
            _log.error("signing keys not fetched", extra=fields(error=str(error)))
            return RETRY_SECONDS
        self._certificates = fetched.by_key_id
        return max(SHORTEST_AGE, fetched.max_age)


def from_url(url: str) -> Callable[[], Certificates]:
    """Fetches what Google serves at https://www.googleapis.com/oauth2/v1/certs, and its like."""

    def fetch() -> Certificates:
        response = Request()(url, timeout=FETCH_TIMEOUT)
        if response.status != 200:
            raise TransportError(f"{url} answered {response.status}")
        age = _MAX_AGE.search(response.headers.get("Cache-Control", ""))
        by_key_id = msgspec.json.decode(response.data, type=dict[str, str])
        return Certificates(by_key_id, float(age[1]) if age else SHORTEST_AGE)

    return fetch
