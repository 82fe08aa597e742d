"""The routing table: which service answers a method on a path, from ``routes.yaml``."""

import re
from pathlib import Path

import msgspec
import msgspec.yaml


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table; ``{name}`` in a path stands for exactly one segment."""

    path: str
    methods: tuple[str, ...]
    service: str


class PathNotFoundError(LookupError):
    """No service answers this path: HTTP's 404."""


class MethodNotAllowedError(LookupError):
    """The path takes other methods, which are ``allowed``: HTTP's 405 and its Allow header."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


class RoutingTable:
    def __init__(self, routes: tuple[Route, ...]) -> None:
        services: dict[str, dict[str, str]] = {}
        for route in routes:
            methods = services.setdefault(route.path, {})
            methods.update(dict.fromkeys(route.methods, route.service))
        self._paths = [(_pattern(path), methods) for path, methods in services.items()]
        self.services = tuple(dict.fromkeys(route.service for route in routes))

    @classmethod
    def load(cls, path: Path) -> "RoutingTable":
        """Read the file. Raises OSError, or msgspec.ValidationError that names what is wrong."""
        return cls(msgspec.yaml.decode(path.read_bytes(), type=tuple[Route, ...]))

    def service(self, method: str, path: str) -> str:
        """The service for a percent-encoded path.

        Raises PathNotFoundError or MethodNotAllowedError.
        """
        for pattern, services in self._paths:
            if pattern.fullmatch(path):
                if method not in services:
                    raise MethodNotAllowedError(tuple(sorted(services)))
                return services[method]
        raise PathNotFoundError(path)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
