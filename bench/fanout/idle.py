"""How soon a reader has a change when nothing else happens: from its commit to its receipt."""

import socket
import time
from urllib.parse import urlsplit

from bench.fanout.crowd import PUBLISHED
from bench.fanout.odds import changes
from bench.fanout.peers import OursOverPostgres
from bench.fanout.running import serving

EVERY = 0.05
"""Seconds between two commits."""
WARM_UP = 50


def idle(commits: int) -> list[float]:
    """Milliseconds from PostgreSQL's answer to each commit until one reader has the change, in
    order of size."""
    peer = OursOverPostgres()
    with serving(peer) as server, _follow(server.address, peer.request()) as reader:
        ages = [_age(peer, reader) for _ in range(WARM_UP + commits)]
    return sorted(ages[WARM_UP:])


def _age(peer: OursOverPostgres, reader: socket.socket) -> float:
    time.sleep(EVERY)
    peer.publish(changes(1))
    committed = time.perf_counter()
    received = b""
    while PUBLISHED not in received:  # a heartbeat may come before it
        received += reader.recv(1 << 16)
    return (time.perf_counter() - committed) * 1e3


def _follow(address: str, request: bytes) -> socket.socket:
    place = urlsplit(address)
    reader = socket.create_connection((place.hostname, place.port), timeout=10)
    reader.sendall(request)
    head = reader.recv(1 << 16)
    if b" 200 " not in head[:14]:
        raise SystemExit(head.decode(errors="replace"))
    return reader
