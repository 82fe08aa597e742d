"""Names of resources (https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names)."""

import re

from local.emulators.refusal import invalid

_ID = r"(?!goog)[A-Za-z][A-Za-z0-9._~%+-]{2,254}"
_NAMES = {kind: re.compile(f"projects/[^/]+/{kind}/{_ID}") for kind in ("topics", "subscriptions")}


def check(kind: str, name: str) -> str:
    """Raises Refusal, INVALID_ARGUMENT."""
    if not _NAMES[kind].fullmatch(name):
        raise invalid(f"Invalid [{kind}] name: (name={name})")
    return name


def project(name: str) -> str:
    """The project that a resource is in, ``projects/…``."""
    return "/".join(name.split("/")[:2])


def project_id(name: str) -> str:
    return name.split("/")[1]
