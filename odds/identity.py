"""Names of events and odds that a retry arrives at again (design, rule 1)."""

from uuid import UUID, uuid5

_EVENTS = UUID("6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11")
_ODDS = UUID("a7c3d6de-3b0f-5a5e-8f35-2b9c1f0c9e42")


def event_id(provider: str, request_id: str) -> UUID:
    """The EventID of a command: the same for the same RequestID of the same Provider.

    NUL stands in neither (control characters are refused), so no two pairs read alike.
    """
    return uuid5(_EVENTS, f"{provider}\0{request_id}")


def external_id(new_odds_event_id: UUID) -> UUID:
    """The ExternalID of the odds that the NewOdds with this EventID makes."""
    return uuid5(_ODDS, str(new_odds_event_id))


def canonical_uuid(text: str) -> UUID | None:
    """Read a UUID as it is written; None for any other text.

    ``UUID`` also takes braces, ``urn:uuid:`` and missing hyphens, which are no canonical form.
    """
    try:
        uuid = UUID(text)
    except ValueError:
        return None
    return uuid if str(uuid) == text.lower() else None
