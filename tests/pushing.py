"""Pushes as Pub/Sub makes them."""

import base64
import json
from collections.abc import Mapping

import urllib3

from odds import event_codec
from odds.event import Event


def ask(method: str, url: str, body: bytes = b"") -> urllib3.BaseHTTPResponse:
    """Ask on a connection of its own: one that idles would hold up the end of the projector."""
    headers = {"Connection": "close"}
    return urllib3.request(method, url, body=body, headers=headers, timeout=90, retries=False)


def post(url: str, body: bytes) -> urllib3.BaseHTTPResponse:
    return ask("POST", url + "/push", body)


def push_body(
    data: Event | bytes, message_id: str = "1", attributes: Mapping[str, str] | None = None
) -> bytes:
    body = event_codec.encode(data) if isinstance(data, Event) else data
    message = {
        "data": base64.b64encode(body).decode(),
        "attributes": {"event_id": "x"} | dict(attributes or {}),
        "messageId": message_id,
        "publishTime": "2026-11-23T00:00:00Z",
    }
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()
