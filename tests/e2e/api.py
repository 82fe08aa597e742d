"""The platform as its users see it: through the gateway, over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import urllib3

SUBSCRIPTION = (
    "subscription { getInstantOdds { id external_id game_id moneyline created_at updated_at"
    " provider deleted event_id conflated } }"
)


class Api:
    """A provider and a reader at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=30.0)

    def new(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        return self._command("POST", "/odds", "NewOdds", fields)

    def update(self, external_id: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        return self._command("PATCH", f"/odds/{external_id}", "UpdateOdds", fields)

    def delete(self, external_id: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        return self._command("DELETE", f"/odds/{external_id}", "DeleteOdds", fields)

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        response = self._pool.request("GET", self._url + path)
        return response.status, response.json()

    def status(self, external_id: str) -> int:
        return self.get(f"/odds/{external_id}")[0]

    def home(self, external_id: str) -> float | None:
        """The home price that readers see; None where they see no such odds."""
        status, answer = self.get(f"/odds/{external_id}")
        return float(answer["Data"]["MoneyLine"]["Home"]) if status == 200 else None

    @contextmanager
    def stream(self) -> Iterator["Stream"]:
        """Every change from here on, until the end of the block."""
        response = self._pool.request(
            "POST",
            self._url + "/api/graphql",
            json={"query": SUBSCRIPTION},
            headers={"Accept": "text/event-stream"},
            preload_content=False,
            timeout=urllib3.Timeout(connect=10, read=60),
        )
        assert response.status == 200, response.data
        stream = Stream(response)
        try:
            yield stream
        finally:
            stream.close()

    def _command(
        self, method: str, path: str, name: str, fields: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """``home`` gives the prices; the other fields are those of the command by their names."""
        home = fields.pop("home", 1.5)
        payload = {
            "GameID": fields.pop("GameID", "soccer:e2e"),
            "MoneyLine": {"Home": home, "Away": 2.5, "Draw": 3.5},
        }
        if "OccurredAt" in fields:
            payload["OccurredAt"] = fields.pop("OccurredAt")
        body = {
            "RequestID": str(uuid4()),
            "Provider": "e2e",
            "Command": name,
            "Domain": "Odds",
            "Payload": payload,
        } | fields
        response = self._pool.request(method, self._url + path, json=body)
        return response.status, response.json()


class Stream:
    """What a subscriber has been sent so far, read in the background."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.changes: list[dict[str, Any]] = []
        self._response = response
        self._began = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._began.wait(60), "the stream sent nothing"

    def of(self, external_id: str) -> list[dict[str, Any]]:
        return [change for change in self.changes if change["external_id"] == external_id]

    def close(self) -> None:
        self._response.shutdown()
        self._reader.join(10)
        self._response.release_conn()

    def _read(self) -> None:
        rest = b""
        try:
            for chunk in self._response.stream(65536):
                self._began.set()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.startswith(b"data: "):
                        self.changes.append(json.loads(line[6:])["data"]["getInstantOdds"])
        except (urllib3.exceptions.HTTPError, OSError):
            return
