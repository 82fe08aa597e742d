"""RequestID from X-Request-ID."""

from uuid import UUID

import pytest

from odds.adapters.http.request_id import request_id


@pytest.mark.parametrize("header", ["x", "a b/c:1", "r" * 128])
def test_a_usable_header_is_kept(header: str) -> None:
    assert request_id(header) == header


@pytest.mark.parametrize("header", [None, "", " ", "r" * 129, "é", "a\nb", " a", "a "])
def test_without_a_usable_header_one_is_made(header: str | None) -> None:
    assert UUID(request_id(header))
    assert request_id(header) != request_id(header)
