"""QueryResponse in both of its encodings."""

import json
from uuid import UUID

from odds.v1 import command_pb2, query_pb2
from query_api.odds_view import OddsPage, OddsView
from query_api.responses import JSON, PROTOBUF, QueryResponse, Status, encode

EXTERNAL_ID = UUID("a7c3d6de-3b0f-5a5e-8f35-2b9c1f0c9e42")


def odds(draw: float | None) -> OddsView:
    return OddsView(
        id=2**40,
        external_id=EXTERNAL_ID,
        provider="betfair",
        game_id="tennis:1",
        game_type="tennis",
        home=1.5,
        away=-110.0,
        draw=draw,
        deleted=False,
        created_at=1_763_876_400_123_456,
        updated_at=1_763_876_401_000_001,
    )


def test_json_has_the_names_of_the_contract_and_times_in_seconds() -> None:
    response = QueryResponse("r1", Status.SUCCESS, "ok", odds(draw=3.25))
    assert json.loads(encode(response, JSON)) == {
        "RequestID": "r1",
        "Status": "success",
        "Msg": "ok",
        "Data": {
            "ID": 2**40,
            "ExternalID": str(EXTERNAL_ID),
            "Provider": "betfair",
            "GameID": "tennis:1",
            "GameType": "tennis",
            "MoneyLine": {"Home": 1.5, "Away": -110.0, "Draw": 3.25},
            "Deleted": False,
            "CreatedAt": 1763876400.123456,
            "UpdatedAt": 1763876401.000001,
        },
    }


def test_json_leaves_out_a_draw_that_is_not() -> None:
    response = QueryResponse("r1", Status.SUCCESS, "ok", OddsPage([odds(draw=None)], 1, 20, 1))
    data = json.loads(encode(response, JSON))["Data"]
    assert data["Odds"][0]["MoneyLine"] == {"Home": 1.5, "Away": -110.0}
    assert (data["PageNo"], data["PageSize"], data["Total"]) == (1, 20, 1)


def test_protobuf_says_the_same() -> None:
    response = QueryResponse("r1", Status.SUCCESS, "ok", OddsPage([odds(draw=None)], 2, 20, 21))
    message = query_pb2.QueryResponse.FromString(encode(response, PROTOBUF))
    assert message.request_id == "r1"
    assert message.status == command_pb2.STATUS_SUCCESS
    assert message.WhichOneof("data") == "odds_list"
    [one] = message.odds_list.odds
    assert (one.id, one.external_id, one.created_at_us) == (
        2**40,
        str(EXTERNAL_ID),
        1_763_876_400_123_456,
    )
    assert not one.money_line.HasField("draw")
    assert (message.odds_list.page_no, message.odds_list.total) == (2, 21)


def test_a_failure_has_no_data() -> None:
    response = QueryResponse("r1", Status.FAIL, "no odds")
    assert json.loads(encode(response, JSON))["Data"] is None
    message = query_pb2.QueryResponse.FromString(encode(response, PROTOBUF))
    assert message.status == command_pb2.STATUS_FAIL
    assert message.WhichOneof("data") is None
