"""What the runbook has whoever reads it type."""

import re
import shlex

from tests.paths import ROOT

RUNBOOK = (ROOT / "docs" / "operations.md").read_text()


def shell(section: str | None = None) -> list[str]:
    """The lines of a section's shell blocks, or of all; one that goes on is one line."""
    text = RUNBOOK
    if section is not None:
        text = RUNBOOK.split(f"\n## {section}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def exports(section: str) -> dict[str, str]:
    words = [shlex.split(line) for line in shell(section) if line.startswith("export ")]
    return dict(word.split("=", 1) for line in words for word in line[1:])


def replayer(section: str | None = None) -> list[list[str]]:
    """What Python is told to run (``-m``) where the replayer is asked something."""
    asked = []
    for line in shell(section):
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            if words[:3] == ["python", "-m", "replayer"]:
                asked.append(words[2:])
            if words[:1] == ["make"] and words[1:2] and words[1] in ("replay", "rebuild", "verify"):
                given = dict(word.split("=", 1) for word in words[2:])
                options = shlex.split(given.get("ARGS", ""))
                asked.append(["local", "replayer", words[1], "--env", "local", *options])
    return asked
