"""Parameters of the REST API, as the query string brings them."""

from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from query_api import parameters
from query_api.errors import BadParameter
from query_api.read_model.queries import HistoryRequest, OddsRequest, PageRequest
from query_api.rest import query_strings

ODDS = "6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11"


def test_without_parameters_the_first_twenty_are_asked_for() -> None:
    assert query_strings.page_request(MultiDict()) == PageRequest(page_no=1, page_size=20)


def test_every_parameter_is_read() -> None:
    given = MultiDict(
        {
            "page_no": "3",
            "page_size": "100",
            "game_id": "soccer:épl-2026-ars-che",
            "provider": "bet fair",
            "game_type": "soccer",
        }
    )
    assert query_strings.page_request(given) == PageRequest(
        page_no=3,
        page_size=100,
        game_id="soccer:épl-2026-ars-che",
        provider="bet fair",
        game_type="soccer",
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"page_no": "0"}, "page_no: is 0; expected 1 to 100000"),
        ({"page_no": "-1"}, "page_no: is -1; expected 1 to 100000"),
        ({"page_no": "100001"}, "page_no: is 100001; expected 1 to 100000"),
        ({"page_no": "5001"}, "page_no: is 5001, of 20 rows each; expected 1 to 5000"),
        (
            {"page_no": "1429", "page_size": "70"},
            "page_no: is 1429, of 70 rows each; expected 1 to 1428",
        ),
        ({"page_no": "9" * 30}, f"page_no: is '{'9' * 20}'; expected a whole number"),
        ({"page_no": "1.5"}, "page_no: is '1.5'; expected a whole number"),
        ({"page_no": ""}, "page_no: is ''; expected a whole number"),
        ({"page_no": "\u0661"}, r"page_no: is '\u0661'; expected a whole number"),
        ({"page_size": "0"}, "page_size: is 0; expected 1 to 100"),
        ({"page_size": "101"}, "page_size: is 101; expected 1 to 100"),
        ({"page_size": "ten"}, "page_size: is 'ten'; expected a whole number"),
        ({"game_id": ""}, "game_id: is empty; expected 1 to 128 characters"),
        ({"game_id": "x" * 129}, "game_id: has 129 characters; expected 1 to 128"),
        (
            {"provider": "a\0b"},
            "provider: has a control character; expected printable characters only",
        ),
        ({"game_type": "x" * 65}, "game_type: has 65 characters; expected 1 to 64"),
        (
            {"pageno": "1"},
            "pageno: is not known; expected one of page_no, page_size, game_id, provider, "
            "game_type",
        ),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    given: dict[str, str], message: str
) -> None:
    with pytest.raises(BadParameter) as refused:
        query_strings.page_request(MultiDict(given))
    assert str(refused.value) == message


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(BadParameter, match="page_no: is given 2 times; expected it once"):
        query_strings.page_request(MultiDict([("page_no", "1"), ("page_no", "2")]))


def test_a_history_begins_with_its_first_page() -> None:
    asked = query_strings.history_request(ODDS, MultiDict({"page_size": "5"}))
    assert asked == HistoryRequest(UUID(ODDS), page_no=1, page_size=5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"page_no": "0"}, "page_no: is 0; expected 1 to 100000"),
        ({"page_size": "101"}, "page_size: is 101; expected 1 to 100"),
        ({"game_id": "x"}, "game_id: is not known; expected one of page_no, page_size"),
    ],
)
def test_a_bad_parameter_of_a_history_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(BadParameter) as refused:
        query_strings.history_request(ODDS, MultiDict(given))
    assert str(refused.value) == message


def test_odds_are_asked_for_as_of_now_or_as_of_a_time() -> None:
    assert query_strings.odds_request(ODDS, MultiDict()) == OddsRequest(UUID(ODDS))
    for as_of in ("2026-11-23T06:30:00Z", "1795415400"):
        asked = query_strings.odds_request(ODDS, MultiDict({"as_of": as_of}))
        assert asked == OddsRequest(UUID(ODDS), 1_795_415_400_000_000)


def test_a_time_that_is_none_is_refused_with_what_was_expected() -> None:
    with pytest.raises(BadParameter, match=r"as_of: is 'noon'; expected RFC 3339 with an offset"):
        query_strings.odds_request(ODDS, MultiDict({"as_of": "noon"}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "g" * 36,
        "{6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11}",
        "6f1b4a525c0e5d0c9d0b0d3f0a5a7c11",
    ],
)
def test_what_is_no_canonical_uuid_is_no_external_id(text: str) -> None:
    with pytest.raises(BadParameter, match=r"external_id: is .*; expected a UUID such as"):
        parameters.external_id(text)


def test_an_external_id_may_be_in_upper_case() -> None:
    text = "6F1B4A52-5C0E-5D0C-9D0B-0D3F0A5A7C11"
    assert str(parameters.external_id(text)) == text.lower()
