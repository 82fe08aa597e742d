"""The runbook says of every alert what to do, and what it has one type is taken."""

import re

import hcl2
import pytest

from odds.adapters.event_bus import event_bus_file
from replayer.cli.arguments import parser
from tests import runbook
from tests.paths import ROOT
from tests.runbook import RUNBOOK

TERRAFORM = [hcl2.loads(path.read_text()) for path in (ROOT / "terraform").glob("alert*.tf")]
KINDS = ("thresholds", "queries")
BUS = event_bus_file.load(ROOT / "event_bus.yaml")


def test_every_alert_is_in_the_runbook_once() -> None:
    _, _, rows = RUNBOOK.partition("| alert | what it means | what to do |\n")
    told = re.findall(r"^\| `(\w+)` \|", rows.partition("\n\n")[0], re.MULTILINE)
    local = [each for file in TERRAFORM for each in file.get("locals", [])]
    alerts = [alert for each in local for kind in KINDS for alert in each.get(kind, {})]
    assert sorted(told) == sorted(alerts)


@pytest.mark.parametrize("command", runbook.replayer(), ids=" ".join)
def test_the_replayer_takes_every_command_of_the_runbook(command: list[str]) -> None:
    _, *asked = command[command.index("replayer") :]
    assert parser().parse_args(asked).command == asked[0]


def test_the_commands_of_the_runbook_are_found() -> None:
    found = {command[command.index("replayer") + 1] for command in runbook.replayer()}
    assert found >= {"replay", "rebuild", "verify", "diff", "parked", "dead-letter"}


def test_a_new_subsystem_subscribes_to_exactly_the_topics_of_the_bus() -> None:
    [filtered] = re.findall(r"name ~ \"(.+)\"", RUNBOOK)
    topics = [topic.name for topic in BUS.topics()]
    there = [*topics, BUS.dead_letter.topic, "margin-engine", "logs", "events-lower"]
    paths = [f"projects/odds-prod/topics/{name}" for name in there]
    taken = [path.rpartition("/")[2] for path in paths if re.search(filtered, path)]
    assert taken == topics
