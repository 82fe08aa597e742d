"""Errors, as clients are told them."""

from http import HTTPStatus

from query_api.errors import DeletedOdds, client_message, http_headers, http_status
from query_api.read_model.reader import ReadModelAway


class _Lost(ReadModelAway):
    pass


def test_a_kind_of_a_known_error_is_told_as_that() -> None:
    assert http_status(_Lost("secret")) is HTTPStatus.SERVICE_UNAVAILABLE
    assert client_message(_Lost("secret")) == "the read model is away; try again"
    assert http_headers(_Lost("secret")) == [("Retry-After", "1")]


def test_odds_that_are_gone_are_gone_as_of_a_place_of_the_present_only() -> None:
    assert http_headers(DeletedOdds("gone", "c-1-1")) == [("X-Feed-Cursor", "c-1-1")]
    assert http_headers(DeletedOdds("gone")) == []
