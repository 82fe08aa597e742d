"""Readers of the stream that check what they get: each change once, in order, over every reconnect.

    python -m tests.soak.readers SEED STRICT SLOW PORT PORT

The changes are numbered by their ``updated_at``, a microsecond each, from 1 on. It says ``ready``
once every reader has been told a place to come back to: from there on each change counts, also for
who is cut off before it got one. It reads until its input tells it the last number, then until
every strict reader has that, and prints what it saw as JSON.
"""

import json
import random
import re
import select
import socket
import sys
import time
from collections import Counter

from tests.examples import NOW

QUERY = "subscription { getInstantOdds { external_id updated_at conflated } }"
SEEN = re.compile(
    rb'"external_id": ?"([0-9a-f-]{36})", ?"updated_at": ?([0-9.]+), ?"conflated": ?(t|f)'
)
STAYS = (20.0, 80.0)
"""Seconds after which a reader leaves by itself and comes back, as telephones do."""
SLOW_PAUSE = 2.0
"""Seconds between two looks of a slow reader; at the end it hurries."""
PATIENCE = 60.0
"""Seconds in which all that was published has to arrive at the end."""


class Reader:
    """Comes back to the same server or to the other, and names the last change that it has."""

    def __init__(self, ports: list[int], slow: bool, chance: random.Random) -> None:
        self._ports = ports
        self._port = chance.choice(ports)
        self.slow = slow
        self._chance = chance
        self._last_id = b""
        self.number = 0
        self.newest: dict[bytes, int] = {}
        self.connection: socket.socket | None = None
        self.until = self.look_at = 0.0

    def connect(self, counts: Counter[str]) -> socket.socket | None:
        """None where nobody answers; the other server is asked next time, or the same."""
        self._rest = b""
        self._port = self._chance.choice([self._port, *self._ports])
        connection = socket.socket()
        connection.settimeout(5)
        if self.slow:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            connection.connect(("127.0.0.1", self._port))
            connection.sendall(_request(self._last_id))
            head = _head(connection)
        except OSError:
            connection.close()
            counts["not let in"] += 1
            return None
        if b" 200 " not in head[:14]:
            connection.close()
            counts["not let in"] += 1
            return None
        connection.setblocking(False)
        self.connection = connection
        self.until = time.monotonic() + self._chance.uniform(*STAYS)
        counts["connected"] += 1
        return connection

    def read(self, counts: Counter[str]) -> bool:
        """Take what is there; False where the stream has ended."""
        assert self.connection is not None
        try:
            given = self.connection.recv(1 << 20)
        except BlockingIOError:
            return True
        except OSError:
            return False
        text = self._rest + given
        whole = text.rfind(b"\n\n") + 2 if b"\n\n" in text else 0
        self._rest = text[whole:]
        self._take(text[:whole], counts)
        return bool(given)

    @property
    def has_place(self) -> bool:
        return bool(self._last_id)

    def leave(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _take(self, text: bytes, counts: Counter[str]) -> None:
        if (at := text.rfind(b"id: ")) >= 0 and text[at - 1 : at] in (b"\n", b""):
            self._last_id = text[at + 4 : text.index(b"\n", at)]
        seen = SEEN.findall(text)
        numbers = [round(float(found[1]) * 1e6) - NOW for found in seen]
        counts["received"] += len(numbers)
        counts["conflated"] += sum(found[2] == b"t" for found in seen)
        if self.slow:
            for (odds, _, _), number in zip(seen, numbers, strict=True):
                counts["went back"] += number <= self.newest.get(odds, 0)
                self.newest[odds] = number
        else:
            self._check(numbers, counts)
        self.number = max([self.number, *numbers])

    def _check(self, numbers: list[int], counts: Counter[str]) -> None:
        for number in numbers:
            wanted = self.number + 1
            counts["missed"] += max(0, number - wanted)
            counts["repeated"] += number < wanted
            self.number = max(self.number, number)


class Crowd:
    def __init__(self, seed: int, strict: int, slow: int, ports: list[int]) -> None:
        chance = random.Random(seed)
        self._readers = [Reader(ports, at < slow, chance) for at in range(strict + slow)]
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Reader] = {}
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        self._poll.register(sys.stdin, select.EPOLLIN)
        last, ready = 0, False
        deadline = float("inf")
        while time.monotonic() < deadline:
            self._connect()
            for descriptor, _ in self._poll.poll(0.01 if last else 0.2):
                if descriptor == sys.stdin.fileno():
                    last, deadline = int(sys.stdin.readline()), time.monotonic() + PATIENCE
                    self._poll.unregister(sys.stdin)
                else:
                    self._read(self._by_descriptor[descriptor])
            self._look_at_slow_ones(0.0 if last else SLOW_PAUSE)
            if not ready and all(reader.has_place for reader in self._readers):
                print("ready", flush=True)
                ready = True
            if last and self._behind(last) == 0:
                break
        self.counts["behind at the end"] = self._behind(last)

    def _behind(self, last: int) -> int:
        return sum(reader.number < last for reader in self._readers)

    def _connect(self) -> None:
        now = time.monotonic()
        for reader in self._readers:
            if reader.connection is not None and now > reader.until:
                self._end(reader)
            if reader.connection is None and (connection := reader.connect(self.counts)):
                self._by_descriptor[connection.fileno()] = reader
                if not reader.slow:
                    self._poll.register(connection, select.EPOLLIN)

    def _read(self, reader: Reader) -> None:
        if reader.connection is not None and not reader.read(self.counts):
            self.counts["cut off"] += 1
            self._end(reader)

    def _look_at_slow_ones(self, pause: float) -> None:
        now = time.monotonic()
        for reader in self._readers:
            if reader.slow and now > reader.look_at:
                reader.look_at = now + pause
                self._read(reader)

    def _end(self, reader: Reader) -> None:
        if reader.connection is not None and not reader.slow:
            self._poll.unregister(reader.connection)
        reader.leave()


def _request(last_id: bytes) -> bytes:
    body = json.dumps({"query": QUERY}).encode()
    resume = b"Last-Event-ID: %s\r\n" % last_id if last_id else b""
    return (
        b"POST /api/graphql HTTP/1.1\r\nHost: soak\r\nAccept: text/event-stream\r\n"
        b"Content-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
    ) % (resume, len(body), body)


def _head(connection: socket.socket) -> bytes:
    """Byte by byte, as what follows it belongs to the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError("closed before it answered")
        head += byte
    return head


def main() -> None:
    seed, strict, slow, *ports = (int(given) for given in sys.argv[1:])
    crowd = Crowd(seed, strict, slow, ports)
    crowd.run()
    print(json.dumps(crowd.counts))


if __name__ == "__main__":
    main()
