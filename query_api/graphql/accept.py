"""Which media types a client takes its answer in."""

from typing import Self

import msgspec

from query_api.media import accepted_media

EVENT_STREAM = "text/event-stream"
GRAPHQL_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"


class Accepted(msgspec.Struct, frozen=True):
    """``json`` is the media type for a single result, None where the client takes none.

    ``event_stream`` counts only where it is named: every ``*/*`` would mean it otherwise, and
    most who send that can't read a stream.
    """

    json: str | None
    event_stream: bool

    @classmethod
    def read(cls, header: str | None) -> Self:
        """GraphQL over HTTP: without a preference, a client gets the media type of its own."""
        accepted = accepted_media(header)
        named = any(kind == EVENT_STREAM and quality > 0 for kind, quality in accepted)
        return cls(accepted.best_match([GRAPHQL_JSON, PLAIN_JSON]), named)
