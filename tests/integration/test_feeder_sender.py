import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiohttp import web

from local.feeders.commands import FeedCommand, MoneyLine
from local.feeders.market import Market
from local.feeders.pace import FULL_SPEED, Pace, Speed
from local.feeders.sender import Sender, ServerGone, open_session
from local.feeders.summary import Summary
from tests.integration.feeder_api import FeederApi, served


@pytest.fixture
def api() -> Iterator[FeederApi]:
    with served(FeederApi()) as api:
        yield api


def commands_of(odds: int = 1, updates: int = 3, spacing: int = 1_000_000) -> list[FeedCommand]:
    """Commands of some odds in turn: all NewOdds first, all DeleteOdds last."""
    markets = [Market("acme", f"soccer:game-{number}") for number in range(odds)]
    commands: list[FeedCommand | None] = []
    for step in range(updates + 1):
        line = MoneyLine(1.5 + step, 2.5)
        commands += [market.price(line, step * spacing, "high", step + 1) for market in markets]
    commands += [market.close(9_000_000_000, "high", updates + 2) for market in markets]
    return [command for command in commands if command is not None]


def play(
    api: FeederApi,
    commands: Sequence[FeedCommand],
    *,
    in_flight: int = 16,
    speed: Speed = FULL_SPEED,
    timeout: float = 60.0,
    patience: float = 60.0,
) -> Summary:
    async def run() -> Summary:
        summary = Summary()
        async with open_session(in_flight, timeout) as session:
            sender = Sender(
                session, api.url, summary, in_flight=in_flight, patience_seconds=patience
            )
            await sender.play(commands, Pace(speed))
        return summary

    return asyncio.run(run())


def refuse_once(status: int, **answer: Any) -> Any:
    """Refuse each command the first time it comes."""
    seen = set()

    async def reply(_method: str, body: dict[str, Any]) -> web.Response | None:
        if body["RequestID"] in seen:
            return None
        seen.add(body["RequestID"])
        return web.Response(status=status, **answer)

    return reply


def test_each_command_goes_to_its_method_and_the_odds_that_the_answer_named(
    api: FeederApi,
) -> None:
    commands = commands_of(updates=1)
    summary = play(api, commands)
    path = f"/odds/id-{commands[0].odds}"
    assert [(method, at) for method, at, _ in api.taken] == [
        ("POST", "/odds"),
        ("PATCH", path),
        ("DELETE", path),
    ]
    assert [body for _, _, body in api.taken] == [command.body for command in commands]
    assert (summary.sent, summary.accepted, summary.clean) == (3, 3, True)


def test_updates_of_one_odds_go_together_between_its_new_odds_and_its_delete(
    api: FeederApi,
) -> None:
    many = asyncio.Event()

    async def until_many_wait(_method: str, body: dict[str, Any]) -> None:
        if body["Command"] == "UpdateOdds":
            if api.at_once > 8:
                many.set()
            await many.wait()

    api.reply = until_many_wait
    play(api, commands_of(updates=40), in_flight=16)
    assert api.verbs == ["NewOdds", *["UpdateOdds"] * 40, "DeleteOdds"]
    assert 8 < api.most_at_once <= 16


def test_connections_are_kept(api: FeederApi) -> None:
    play(api, commands_of(odds=5, updates=20), in_flight=4)
    assert api.requests == 5 * 22
    assert len(api.connections) <= 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(api: FeederApi, status: int) -> None:
    api.reply = refuse_once(status)
    commands = commands_of()
    summary = play(api, commands)
    assert (summary.accepted, summary.retries) == (len(commands), len(commands))
    assert summary.clean


def test_retry_after_is_waited_for(api: FeederApi) -> None:
    api.reply = refuse_once(503, headers={"Retry-After": "1"})
    began = time.monotonic()
    play(api, commands_of(updates=0)[:1])
    assert time.monotonic() - began >= 1.0


def test_a_request_without_an_answer_is_sent_again(api: FeederApi) -> None:
    hung = set()

    async def hang_once(_method: str, body: dict[str, Any]) -> None:
        if body["RequestID"] not in hung:
            hung.add(body["RequestID"])
            await asyncio.sleep(60)

    api.reply = hang_once
    summary = play(api, commands_of(updates=1), timeout=1.0)
    assert summary.accepted == 3
    assert summary.retries >= 3


def test_a_refused_command_is_counted_with_its_reason_and_line(api: FeederApi) -> None:
    async def refuse_one(_method: str, body: dict[str, Any]) -> web.Response | None:
        if body["Payload"].get("MoneyLine", {}).get("Home") != 2.5:
            return None
        return web.json_response({"Status": "fail", "Msg": "Home: is odd"}, status=400)

    api.reply = refuse_one
    commands = commands_of()
    summary = play(api, commands)
    assert (summary.accepted, summary.rejected.total) == (len(commands) - 1, 1)
    assert "400 Home: is odd (line 2)" in summary.rejected.describe()[0]
    assert not summary.clean


def test_odds_whose_new_odds_was_refused_are_not_gone_on_with(api: FeederApi) -> None:
    async def refuse_first_game(_method: str, body: dict[str, Any]) -> web.Response | None:
        first = body["Payload"]["GameID"] == "soccer:game-0"
        return web.Response(status=422) if first else None

    api.reply = refuse_first_game
    summary = play(api, commands_of(odds=2, updates=3))
    assert (summary.rejected.total, summary.skipped.total, summary.accepted) == (1, 4, 5)


def test_an_error_of_the_server_is_a_failure_and_not_asked_again(api: FeederApi) -> None:
    api.reply = refuse_once(500)
    summary = play(api, commands_of()[:1])
    assert (summary.failed.total, summary.retries, api.requests) == (1, 0, 1)


def test_a_server_that_takes_nothing_more_ends_the_play(api: FeederApi) -> None:
    async def busy(_method: str, _body: dict[str, Any]) -> web.Response:
        return web.json_response({"Msg": "the bus is away"}, status=503)

    api.reply = busy
    with pytest.raises(ServerGone, match="503 the bus is away"):
        play(api, commands_of(odds=3), patience=0.5)


def test_a_pace_keeps_the_recorded_spacing_only_faster(api: FeederApi) -> None:
    commands = commands_of(updates=4, spacing=100_000_000)[:5]
    began = time.monotonic()
    play(api, commands, speed=1000)
    took = time.monotonic() - began
    assert 0.4 <= took < 100


def test_playing_again_sends_the_same_commands(api: FeederApi) -> None:
    play(api, commands_of())
    play(api, commands_of())
    ids = [body["RequestID"] for _, _, body in api.taken]
    assert len(ids) == 2 * len(set(ids))
