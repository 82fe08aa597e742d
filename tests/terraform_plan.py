"""What Terraform would make: the plan is real, the cloud is not. The offline tool beside this
repository answers for Google's providers."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from tests.paths import ROOT

OFFLINE = ROOT.parent / "shared" / "tools" / "terraform-offline" / "terraform-offline"

BESIDES: dict[str, dict[str, str]] = {
    "prod": {},
    "stg": {
        "elasticsearch_endpoint": "https://elasticsearch.example.com",
        "repository": "projects/p/locations/l/connections/c/repositories/r",
    },
}
"""Variables besides an environment's own: staging is planned with all that is off by default."""

needs_terraform = pytest.mark.skipif(
    not OFFLINE.exists() or shutil.which("terraform") is None,
    reason="needs terraform and ../shared/tools/terraform-offline",
)


class Resource(NamedTuple):
    """``values`` lacks what is known only once it is made."""

    address: str
    type: str
    name: str
    values: dict[str, Any]


class Plan:
    def __init__(self, resources: list[Resource]) -> None:
        self.resources = resources

    def of(self, type_: str) -> list[dict[str, Any]]:
        """The resources of a type, each as its values."""
        return [each.values for each in self.resources if each.type == type_]


def copy_to(root: Path) -> Path:
    """What describes the cloud, and the files that it reads, to be changed at will; its state would
    be kept beside it."""
    terraform = root / "terraform"
    shutil.copytree(ROOT / "terraform", terraform)
    shutil.copytree(ROOT / "gateway", root / "gateway")
    shutil.copy(ROOT / "event_bus.yaml", root)
    versions = terraform / "versions.tf"
    text = re.sub(r'  backend "gcs" \{.*?\n  \}\n', "", versions.read_text(), flags=re.DOTALL)
    versions.write_text(text)
    return terraform


def run(terraform: Path, *arguments: str) -> str:
    """Its output; raises AssertionError with all that it said where it fails."""
    command = [str(OFFLINE), str(terraform), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def plan(terraform: Path, environment: str) -> Plan:
    file = f"-var-file=environments/{environment}.tfvars"
    besides = [f"-var={name}={value}" for name, value in BESIDES[environment].items()]
    run(terraform, "plan", file, *besides, "-out=plan")
    shown = json.loads(run(terraform, "show", "-json", "plan"))
    root_module = shown["planned_values"]["root_module"]
    modules = (root_module, *root_module["child_modules"])
    return Plan(
        [
            Resource(each["address"], each["type"], each["name"], each["values"])
            for module in modules
            for each in module["resources"]
        ]
    )


@cache
def planned(environment: str) -> Plan:
    """Of what the repository describes."""
    with TemporaryDirectory() as directory:
        return plan(copy_to(Path(directory)), environment)
