import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.feeders.__main__ import main
from tests.integration.feeder_api import FeederApi, served

ROOT = Path(__file__).parents[2]
NOTHING_LISTENS = "http://127.0.0.1:9"

SEASON = """\
Div,Date,Time,HomeTeam,AwayTeam,B365H,B365D,B365A,B365CH,B365CD,B365CA
X1,01/07/2023,15:00,Old Town,New Town,2,3,4,2.1,3,4
X1,31/31/2023,15:00,Old Town,New Town,2,3,4,2.1,3,4
"""


@pytest.fixture
def api() -> Iterator[FeederApi]:
    with served(FeederApi()) as api:
        yield api


@pytest.fixture
def season(tmp_path: Path) -> Path:
    path = tmp_path / "season.csv"
    path.write_text(SEASON)
    return path


@contextmanager
def start(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.02)


def test_a_file_is_played_and_summed_up(
    api: FeederApi, season: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(season), "--url", api.url, "--provider", "fd"]) == 0
    assert api.verbs == ["NewOdds", "UpdateOdds", "DeleteOdds"]
    assert {body["Provider"] for _, _, body in api.taken} == {"fd-B365"}
    text = capsys.readouterr().out
    assert "1 x Date '31/31/2023' Time '15:00' is not dd/mm/yyyy hh:mm (line 3)" in text


def test_an_empty_provider_is_none(api: FeederApi, season: Path) -> None:
    assert main([str(season), "--url", api.url, "--provider", ""]) == 0
    assert {body["Provider"] for _, _, body in api.taken} == {"B365"}


def test_a_rejected_command_makes_the_exit_status_one(
    api: FeederApi, season: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuse(method: str, _body: dict[str, Any]) -> web.Response | None:
        if method != "PATCH":
            return None
        return web.json_response({"Status": "fail", "Msg": "no more"}, status=400)

    api.reply = refuse
    assert main([str(season), "--url", api.url]) == 1
    assert "1 x 400 no more (line 2)" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_said_so(
    season: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(season), "--url", NOTHING_LISTENS]) == 2
    shown = capsys.readouterr()
    assert f"nothing answers at {NOTHING_LISTENS}" in shown.err
    assert shown.out == ""


def test_a_file_that_is_neither_kind_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter").write_text("Dear bookmaker,\n")
    assert main([str(tmp_path / "letter"), "--url", NOTHING_LISTENS]) == 2
    assert "neither a recorded Betfair" in capsys.readouterr().err
    assert main([str(tmp_path / "missing"), "--url", NOTHING_LISTENS]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SEASON.splitlines()[0], ""),
        (SEASON.splitlines()[0] + "\nX1,31/31/2023,,A,B,2,3,4,,,", "1 x Date '31/31/2023'"),
        ('{"op":"mcm","mc":[{"id":"1.5"}]}\n' * 2, "2 x pt is missing (line 1, 2)"),
    ],
)
def test_a_file_that_nothing_can_be_played_of_is_said_so(
    api: FeederApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, reason: str
) -> None:
    (tmp_path / "empty").write_text(content)
    assert main([str(tmp_path / "empty"), "--url", api.url]) == 2
    told = capsys.readouterr().err
    assert "empty: no odds in it" in told
    assert reason in told


@pytest.mark.parametrize(
    ("provider", "problem"),
    [("x" * 60, "has 65 characters"), ("two\nlines", "has a control character")],
)
def test_a_provider_that_the_api_would_refuse_is_refused_before_playing(
    api: FeederApi,
    season: Path,
    capsys: pytest.CaptureFixture[str],
    provider: str,
    problem: str,
) -> None:
    assert main([str(season), "--url", api.url, "--provider", provider]) == 2
    told = capsys.readouterr().err
    assert f"Provider: {problem}; expected a string of 1 to 64 printable characters" in told
    assert api.taken == []


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "inf", "nan"])
def test_an_impossible_speed_is_refused(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["file", f"--speed={speed}"])
    assert "neither max nor a number above 0" in capsys.readouterr().err


def test_interrupting_sums_up_what_was_done(api: FeederApi, tmp_path: Path) -> None:
    games = [f"X1,01/07/2023,15:00,Old Town {game},New Town,2,3,4,2.1,3,4" for game in "ab"]
    season = tmp_path / "season.csv"
    season.write_text("\n".join([SEASON.splitlines()[0], *games]))
    command = ("local.feeders", str(season), "--url", api.url, "--speed", "1", "--in-flight", "1")
    with start(*command) as feeder:
        # One in flight: the second is sent once the first is counted; its own answer may be lost.
        wait_for(lambda: api.verbs == ["NewOdds"] * 2)
        feeder.send_signal(signal.SIGINT)
        out, err = feeder.communicate(timeout=60)
    assert feeder.returncode == 130
    assert re.search("^sent +2 .*^accepted +[12]$", out, re.MULTILINE | re.DOTALL)
    assert "Traceback" not in err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_plays_until_it_is_stopped(api: FeederApi, stop: signal.Signals) -> None:
    with start("local.simulator", "--url", api.url, "--rate", "50", "--seed", "1") as simulator:
        wait_for(lambda: "UpdateOdds" in api.verbs)
        simulator.send_signal(stop)
        out, err = simulator.communicate(timeout=60)
    assert simulator.returncode == 0
    assert "accepted" in out
    assert err == ""


def test_the_simulator_stops_after_its_duration(api: FeederApi) -> None:
    with start("local.simulator", "--url", api.url, "--duration", "1.5") as simulator:
        out, err = simulator.communicate(timeout=60)
    assert (simulator.returncode, err) == (0, "")
    assert len(api.taken) > 20
    assert f"accepted  {len(api.taken):>9,}" in out


def test_a_simulator_without_a_server_says_so() -> None:
    with start("local.simulator", "--url", NOTHING_LISTENS) as simulator:
        _, err = simulator.communicate(timeout=60)
    assert simulator.returncode == 2
    assert f"nothing answers at {NOTHING_LISTENS}" in err
