import json
from typing import Any

from local.feeders import betfair
from local.feeders.commands import FeedCommand, UnusableLine

HOME, AWAY, DRAW = 11, 22, 33


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "marketType": "MATCH_ODDS",
        "eventTypeId": "2",
        "inPlay": False,
        "status": "OPEN",
        "runners": [{"id": HOME, "sortPriority": 1}, {"id": AWAY, "sortPriority": 2}],
    } | changes


def back(runner: int, *levels: list[float]) -> dict[str, Any]:
    return {"id": runner, "atb": [list(level) for level in levels]}


def line(pt: int, *runner_changes: dict[str, Any], **change: Any) -> str:
    changes = [{"id": "1.5", "rc": list(runner_changes)} | change]
    return json.dumps({"op": "mcm", "clk": "x", "pt": pt, "mc": changes})


def opened(pt: int = 1000, **changes: Any) -> str:
    return line(pt, marketDefinition=definition(**changes))


def read(*lines: str) -> list[FeedCommand | UnusableLine]:
    return list(betfair.read(lines))


def commands(*lines: str) -> list[FeedCommand]:
    return [each for each in read(*lines) if isinstance(each, FeedCommand)]


def unusable(*lines: str) -> list[UnusableLine]:
    return [each for each in read(*lines) if isinstance(each, UnusableLine)]


def prices(*lines: str) -> list[tuple[str, Any]]:
    return [(each.verb, each.body["Payload"].get("MoneyLine")) for each in commands(*lines)]


def test_the_first_complete_set_of_prices_is_a_new_odds() -> None:
    (new,) = commands(
        opened(), line(2000, back(HOME, [1.5, 10])), line(3007, back(AWAY, [2.5, 10]))
    )
    assert new.body == {
        "RequestID": new.odds,
        "Provider": "betfair",
        "Command": "NewOdds",
        "Domain": "Odds",
        "EventVelocity": "medium",
        "Payload": {
            "GameID": "tennis:betfair-1.5",
            "OccurredAt": 3.007,
            "MoneyLine": {"Home": 1.5, "Away": 2.5},
        },
    }
    assert new.line == 3


def test_the_highest_price_to_back_is_the_moneyline() -> None:
    assert prices(opened(), line(2000, back(HOME, [1.5, 1], [1.6, 1]), back(AWAY, [2.5, 1]))) == [
        ("NewOdds", {"Home": 1.6, "Away": 2.5})
    ]


def test_a_level_of_size_zero_uncovers_the_next_price() -> None:
    assert prices(
        opened(),
        line(2000, back(HOME, [1.5, 1], [1.6, 1]), back(AWAY, [2.5, 1])),
        line(3000, back(HOME, [1.6, 0])),
    )[-1] == ("UpdateOdds", {"Home": 1.5, "Away": 2.5})


def test_prices_below_the_best_change_nothing() -> None:
    assert (
        len(
            commands(
                opened(),
                line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
                line(3000, back(HOME, [1.5, 7])),
            )
        )
        == 1
    )


def test_an_image_replaces_what_was_known_of_the_market() -> None:
    assert prices(
        opened(),
        line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
        line(3000, back(HOME, [1.2, 1]), img=True),
        line(4000, back(AWAY, [4.5, 1])),
    )[1:] == [("UpdateOdds", {"Home": 1.2, "Away": 4.5})]


def test_a_market_with_a_draw_waits_for_its_price() -> None:
    three = [{"id": i, "sortPriority": p} for p, i in enumerate((HOME, AWAY, DRAW), start=1)]
    assert prices(
        opened(eventTypeId="1", runners=three),
        line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
        line(3000, back(DRAW, [3.5, 1])),
    ) == [("NewOdds", {"Home": 1.6, "Away": 2.5, "Draw": 3.5})]


def test_a_closed_market_is_deleted_once() -> None:
    assert prices(
        opened(),
        line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
        opened(3000, status="CLOSED"),
        opened(4000, status="CLOSED"),
    )[1:] == [("DeleteOdds", None)]


def test_a_market_opened_again_is_new_odds() -> None:
    first, _, again = commands(
        opened(),
        line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
        opened(3000, status="CLOSED"),
        opened(4000),
        line(5000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
    )
    assert again.verb == "NewOdds"
    assert again.odds != first.odds


def test_prices_in_play_go_on_the_high_velocity_tier() -> None:
    tiers = [
        each.body["EventVelocity"]
        for each in commands(
            opened(),
            line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
            opened(3000, inPlay=True),
            line(4000, back(HOME, [1.7, 1])),
        )
    ]
    assert tiers == ["medium", "high"]


def test_the_event_type_names_the_game_type() -> None:
    for event_type, game_type in {"1": "soccer", "7522": "basketball", "999": "other"}.items():
        (new,) = commands(
            opened(eventTypeId=event_type), line(2000, back(HOME, [2, 1]), back(AWAY, [2, 1]))
        )
        assert new.body["Payload"]["GameID"] == f"{game_type}:betfair-1.5"


def test_two_prices_of_one_millisecond_keep_their_order() -> None:
    times = [
        each.occurred_at
        for each in commands(
            opened(),
            line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
            line(2000, back(HOME, [1.7, 1])),
        )
    ]
    assert times == [2_000_000, 2_000_001]


def test_reading_again_makes_the_same_commands_whatever_stands_between_the_lines() -> None:
    lines = [
        opened(),
        line(2000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1])),
        opened(3000, status="CLOSED"),
    ]
    bodies = [each.body for each in commands(*lines)]
    assert [each.body for each in commands(lines[0], "junk", "", *lines[1:])] == bodies
    assert len({body["RequestID"] for body in bodies}) == 2


def test_a_line_that_cannot_be_used_is_reported_and_the_next_is_read() -> None:
    broken = [
        "{not json",
        "[]",
        '{"op": "connection"}',
        line(2000, back(99, [1.6, 1])),
        line(2000, {"id": HOME, "atb": [["1.6", 1]]}),
        line(2000, {"id": HOME, "atb": [[1.6]]}),
        line(2000, back(HOME, [-3, 1])),
        line(2000, id="1.9"),
        opened(marketType="WIN"),
        json.dumps({"op": "mcm", "mc": [{"id": "1.5"}]}),
        '{"op": "mcm", "pt": 1, "mc": [{"id": "1.5", "rc": [{"id": 11, "atb": [[1e999, 1]]}]}]}',
    ]
    good = line(3000, back(HOME, [1.6, 1]), back(AWAY, [2.5, 1]))
    results = read(opened(), *broken, good)
    assert [each.line for each in results] == list(range(2, len(broken) + 3))
    assert all(isinstance(each, UnusableLine) for each in results[:-1])
    assert isinstance(results[-1], FeedCommand)


def test_a_reason_names_what_was_wrong() -> None:
    reasons = [
        each.reason
        for each in unusable(opened(), opened(marketType="WIN"), line(2000, back(99, [1.6, 1])))
    ]
    assert reasons == [
        "market type is WIN, not MATCH_ODDS",
        "runner 99 is not in the marketDefinition",
    ]


def test_a_change_with_an_unknown_runner_is_not_taken_in_part() -> None:
    assert prices(
        opened(),
        line(2000, back(HOME, [1.6, 1]), back(99, [2.5, 1])),
        line(3000, back(HOME, [1.5, 1]), back(AWAY, [2.5, 1])),
    ) == [("NewOdds", {"Home": 1.5, "Away": 2.5})]


def test_a_heartbeat_is_no_fault() -> None:
    assert read('{"op":"mcm","id":2,"clk":"x","pt":5,"ct":"HEARTBEAT"}') == []
