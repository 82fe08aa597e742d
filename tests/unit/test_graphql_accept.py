"""Which media type an Accept header leads to."""

import pytest

from query_api.graphql.accept import GRAPHQL_JSON, PLAIN_JSON, Accepted


@pytest.mark.parametrize(
    ("header", "json", "event_stream"),
    [
        (None, GRAPHQL_JSON, False),
        ("*/*", GRAPHQL_JSON, False),
        ("application/json", PLAIN_JSON, False),
        ("application/json; charset=utf-8", PLAIN_JSON, False),
        ("application/json, application/graphql-response+json;q=0.5", PLAIN_JSON, False),
        ("text/event-stream", None, True),
        ("text/event-stream;q=1", None, True),
        ("Text/Event-Stream; charset=utf-8", None, True),
        ("text/event-stream;q=0, application/json", PLAIN_JSON, False),
        ("application/json, text/event-stream", PLAIN_JSON, True),
        (
            "application/graphql-response+json, application/graphql+json, application/json, "
            "text/event-stream, multipart/mixed",
            GRAPHQL_JSON,
            True,
        ),
        ("text/html", None, False),
    ],
)
def test_accept_is_read(header: str | None, json: str | None, event_stream: bool) -> None:
    assert Accepted.read(header) == Accepted(json, event_stream)
