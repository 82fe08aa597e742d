"""``python -m odds.adapters.http.smoke URL...``: is each service ready for who calls it?

Runs as a job beside the services, before a new revision of theirs is given any traffic.
"""

import re
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token

PATIENCE = 60.0
"""Seconds in which a service must have answered that it is ready."""
AGAIN = 1.0
TIMEOUT = 10.0

Token = Callable[[str], str]
"""An ID token for an audience."""


def problem(url: str, token: Token, *, patience: float = PATIENCE) -> str | None:
    """What is wrong with the service at a URL, if it is not ready in time."""
    deadline = time.monotonic() + patience
    while (said := _asked(url, token)) is not None and time.monotonic() < deadline:
        time.sleep(min(AGAIN, patience))
    return said


def _asked(url: str, token: Token) -> str | None:
    service = re.sub("//[^.]+---", "//", url)  # a tag is no part of an audience
    try:
        headers = {"Authorization": f"Bearer {token(service)}"}
        answer = requests.get(f"{url}/health/ready", headers=headers, timeout=TIMEOUT)
    except (GoogleAuthError, requests.RequestException) as error:
        return f"{url}: {error}"
    if answer.status_code != HTTPStatus.OK:
        return f"{url}: {answer.status_code} {answer.text}"
    return None


def main(urls: list[str], token: Token) -> int:
    """Exit status 0 where all are ready."""
    problems = [said for url in urls if (said := problem(url, token)) is not None]
    print(*problems or [f"{len(urls)} services are ready"], sep="\n")
    return 1 if problems or not urls else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], lambda audience: str(fetch_id_token(Request(), audience))))
