"""QueryResponse in both of its encodings."""

import json
from uuid import UUID

from odds.command import CommandName
from odds.fold import Outcome
from odds.v1 import command_pb2, query_pb2
from query_api.read_model.event_view import OddsEvent, OddsHistory
from query_api.read_model.odds_view import OddsPage, OddsView
from query_api.rest import json_responses, protobuf_responses
from query_api.rest.responses import QueryResponse, Status

EXTERNAL_ID = UUID("a7c3d6de-3b0f-5a5e-8f35-2b9c1f0c9e42")
EVENT_ID = UUID("6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11")


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
    assert json.loads(json_responses.encode(response)) == {
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
    response = QueryResponse("r1", Status.SUCCESS, "ok", OddsPage([odds(draw=None)], 1, 20, 1, ""))
    data = json.loads(json_responses.encode(response))["Data"]
    assert data["Odds"][0]["MoneyLine"] == {"Home": 1.5, "Away": -110.0}
    assert (data["PageNo"], data["PageSize"], data["Total"]) == (1, 20, 1)


def test_protobuf_says_the_same() -> None:
    response = QueryResponse(
        "r1", Status.SUCCESS, "ok", OddsPage([odds(draw=None)], 2, 20, 21, "c")
    )
    message = query_pb2.QueryResponse.FromString(protobuf_responses.encode(response))
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


def history() -> OddsHistory:
    event = OddsEvent(
        event_id=EVENT_ID,
        external_id=EXTERNAL_ID,
        provider="betfair",
        game_id="tennis:1",
        command=CommandName.UPDATE_ODDS,
        outcome=Outcome.STALE,
        home=1.5,
        away=-110.0,
        draw=None,
        deleted=False,
        command_home=1.4,
        command_away=2.9,
        command_draw=3.0,
        occurred_at=1_763_876_400_123_456,
        created_at=1_763_876_401_000_001,
        projected_at=1_763_876_401_250_000,
    )
    return OddsHistory([event], 2, 1, 7)


def test_a_history_in_json_has_both_prices_and_all_three_times() -> None:
    response = QueryResponse("r1", Status.SUCCESS, "ok", history())
    assert json.loads(json_responses.encode(response))["Data"] == {
        "Events": [
            {
                "EventID": str(EVENT_ID),
                "ExternalID": str(EXTERNAL_ID),
                "Provider": "betfair",
                "GameID": "tennis:1",
                "Command": "UpdateOdds",
                "Outcome": "stale",
                "MoneyLine": {"Home": 1.5, "Away": -110.0},
                "Deleted": False,
                "CommandMoneyLine": {"Home": 1.4, "Away": 2.9, "Draw": 3.0},
                "OccurredAt": 1763876400.123456,
                "CreatedAt": 1763876401.000001,
                "ProjectedAt": 1763876401.25,
            }
        ],
        "PageNo": 2,
        "PageSize": 1,
        "Total": 7,
    }


def test_a_history_in_protobuf_says_the_same() -> None:
    response = QueryResponse("r1", Status.SUCCESS, "ok", history())
    message = query_pb2.QueryResponse.FromString(protobuf_responses.encode(response))
    [event] = message.odds_history.events
    assert (event.command, event.outcome) == (
        command_pb2.COMMAND_UPDATE_ODDS,
        query_pb2.OUTCOME_STALE,
    )
    assert (event.money_line.home, event.command_money_line.draw) == (1.5, 3.0)
    assert event.projected_at_us == 1_763_876_401_250_000
    assert (message.odds_history.page_no, message.odds_history.total) == (2, 7)


def test_every_command_and_outcome_has_its_word_in_protobuf() -> None:
    assert {f"COMMAND_{name.name}" for name in CommandName} < set(command_pb2.Command.keys())
    assert {f"OUTCOME_{name.name}" for name in Outcome} < set(query_pb2.Outcome.keys())


def test_a_failure_has_no_data() -> None:
    response = QueryResponse("r1", Status.FAIL, "no odds")
    assert json.loads(json_responses.encode(response))["Data"] is None
    message = query_pb2.QueryResponse.FromString(protobuf_responses.encode(response))
    assert message.status == command_pb2.STATUS_FAIL
    assert message.WhichOneof("data") is None
