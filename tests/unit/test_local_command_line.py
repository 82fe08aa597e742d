"""``python -m local`` given what it can't use, and nobody who reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.__main__ import _parser
from local.ports import Ports
from tests.paths import ROOT


def local(command: str, directory: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-m", "local", command, "--directory", str(directory)),
        cwd=ROOT,
        env={**os.environ, **Ports.free().variables(), **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("GATEWAY_PORT", "99999", "GATEWAY_PORT is '99999'; expected int <= 65535"),
        ("QUERY_API_PORT", "0", "QUERY_API_PORT is '0'; expected int >= 1"),
        ("GATEWAY_PORT", "80x", "GATEWAY_PORT is '80x'; expected int"),
        ("EVENT_BUS_FILE", "nope.yaml", f"EVENT_BUS_FILE: {ROOT}/nope.yaml: No such file"),
        ("EVENT_BUS_FILE", "gateway/routes.yaml", "EVENT_BUS_FILE: "),
        ("EVENT_BUS_FILE", "Makefile", "EVENT_BUS_FILE: "),
    ],
)
def test_a_setting_of_no_use_is_named_in_one_line(
    tmp_path: Path, variable: str, value: str, told: str
) -> None:
    done = local("up", tmp_path, **{variable: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_two_parts_on_one_port_are_named_before_anything_is_started(tmp_path: Path) -> None:
    port = "9"  # not among those that are free for the other parts
    done = local("up", tmp_path, GATEWAY_PORT=port, PUBSUB_EMULATOR_PORT=port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"port {port} is given to pubsub-emulator and gateway; "
        "set PUBSUB_EMULATOR_PORT or GATEWAY_PORT\n"
    )
    assert not (tmp_path / "processes.json").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        (sys.executable, "-m", "local", "status", "--directory", str(tmp_path)),
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_options_after_a_command_are_its_own_and_after_replayer_the_replayers() -> None:
    assert _parser().parse_args(["down", "--force"]).force
    assert _parser().parse_args(["status", "--directory", "here"]).directory == Path("here")
    asked = _parser().parse_args(["replayer", "replay", "--env", "local", "--directory", "x"])
    assert asked.rest == ["replay", "--env", "local", "--directory", "x"]
