"""The runbook says of every alert what it means and what to do."""

import re

import hcl2

from tests.paths import ROOT

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
TERRAFORM = [hcl2.loads(path.read_text()) for path in (ROOT / "terraform").glob("alert*.tf")]
KINDS = ("thresholds", "queries")


def test_every_alert_is_in_the_runbook_once() -> None:
    _, _, rows = RUNBOOK.partition("| alert | what it means | what to do |\n")
    told = re.findall(r"^\| `(\w+)` \|", rows.partition("\n\n")[0], re.MULTILINE)
    local = [each for file in TERRAFORM for each in file.get("locals", [])]
    alerts = [alert for each in local for kind in KINDS for alert in each.get(kind, {})]
    assert sorted(told) == sorted(alerts)
