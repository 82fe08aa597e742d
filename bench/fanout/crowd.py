"""Very many readers of one stream, in one process that does little for each message.

    python -m bench.fanout.crowd HOST PORT READERS < REQUEST

sends the request on each connection, and says ``ready`` when every one has been answered 200. Each
further line of its input ends a stretch: it prints what came since the line before, as JSON.
"""

import json
import os
import resource
import select
import socket
import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

# When the event was accepted: ours sets published_at itself, and later.
PUBLISHED = b'"updated_at":'
SAMPLED = "the oldest and the newest message of each read, each for half of the messages in it"
CHUNK = 1 << 20
READ_BY = 10
"""One of so many readers looks at what it is sent; of the others, who are sent the same, the bytes
are counted. Else it is the readers that are measured."""


class Crowd:
    """Counts messages. To take the age of each would cost more than to receive it: what is told is
    the age of ``SAMPLED``, of one of ``READ_BY`` readers."""

    def __init__(self, readers: int) -> None:
        self._poll = select.epoll()
        self._readers: dict[int, socket.socket] = {}
        self._cut: dict[int, bytes] = {}
        self._buffer = bytearray(CHUNK)
        self._wanted = readers
        self._looking: set[int] = set()
        self._bytes = 0
        self._bytes_seen = 0
        self.count = 0
        """Of messages that were looked at."""
        self.lost = 0
        self.ages: list[tuple[float, float]] = []
        """Seconds, and for how many messages they stand."""

    def join(self, host: str, port: int, request: bytes) -> None:
        readers = [_ask(host, port, request) for _ in range(self._wanted)]
        # A server may keep the head back until it has something to say: ask all before reading.
        for reader in readers:
            head = b""
            while b"\r\n\r\n" not in head:
                head += reader.recv(CHUNK)
            if b" 200 " not in head[:14]:
                raise SystemExit(head.decode(errors="replace"))
            reader.setblocking(False)
            self._readers[reader.fileno()] = reader
            self._poll.register(reader, select.EPOLLIN)
        self._looking.update(list(self._readers)[::READ_BY])
        self._poll.register(sys.stdin, select.EPOLLIN)

    def read_until_told(self) -> None:
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == sys.stdin.fileno():
                    return
                self._read(descriptor)

    def _read(self, descriptor: int) -> None:
        looks = descriptor in self._looking
        # The kernel throws away what nobody looks at (tcp(7), MSG_TRUNC).
        flags = 0 if looks else socket.MSG_TRUNC
        size = self._readers[descriptor].recv_into(self._buffer, CHUNK, flags)
        if size == 0:
            self._poll.unregister(descriptor)
            self.lost += 1
        self._bytes += size
        if looks and size:
            self._look(descriptor, size)

    def _look(self, descriptor: int, size: int) -> None:
        self._bytes_seen += size
        # A message that two reads share is counted where its mark ends.
        text = self._cut.get(descriptor, b"") + bytes(memoryview(self._buffer)[:size])
        messages = text.count(PUBLISHED)
        self.count += messages
        self._cut[descriptor] = text[1 - len(PUBLISHED) :]
        now = time.time()
        for found in (text.find(PUBLISHED), text.rfind(PUBLISHED)):
            start = found + len(PUBLISHED)
            age = now - _number(text[start : start + 24])
            if found >= 0 and age < 1e6:
                self.ages.append((age, messages / 2))

    def told(self) -> dict[str, float]:
        """What came since the last time, ages in milliseconds."""
        ages, self.ages = sorted(self.ages), []
        count = self.count * self._bytes // max(self._bytes_seen, 1)
        self.count = self._bytes = self._bytes_seen = 0
        at = {"p50": _at(ages, 0.5), "p99": _at(ages, 0.99)} if ages else {}
        return {"messages": count, "lost": self.lost, **at}


def _at(ages: Sequence[tuple[float, float]], part: float) -> float:
    """The age, in milliseconds, that so large a part of the messages does not exceed."""
    messages = list(accumulate(weight for _, weight in ages))
    age, _ = ages[bisect_left(messages, part * messages[-1])]
    return age * 1e3


def _ask(host: str, port: int, request: bytes) -> socket.socket:
    reader = socket.create_connection((host, port), timeout=60)
    reader.sendall(request)
    return reader


def _number(text: bytes) -> float:
    """The time at the start of a text; 0 where the text ends before it does."""
    digits = text.strip().split(b",")[0].split(b"}")[0].strip(b'" ')
    return float(digits) if len(digits) < len(text.strip()) and digits else 0.0


def main() -> None:
    host, port, readers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, readers + 100)), hard))
    crowd = Crowd(readers)
    crowd.join(host, port, bytes.fromhex(sys.stdin.readline()))
    print("ready", flush=True)
    while True:
        crowd.read_until_told()
        if not os.read(sys.stdin.fileno(), 64):
            return
        print(json.dumps(crowd.told()), flush=True)


if __name__ == "__main__":
    main()
