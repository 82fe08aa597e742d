"""The README's configuration names what is read from the environment, and who reads it."""

import re
from collections.abc import Iterator

import msgspec
import pytest

import command_api.settings
import gateway.main
import projector.settings
import query_api.settings
import replayer.settings
from local.ports import Ports
from local.settings import StackSettings
from odds.adapters.read_model import migrate
from tests.paths import ROOT

README = (ROOT / "README.md").read_text()
SERVICES = ("command_api", "projector", "query_api", "replayer")
READERS: dict[str, type[msgspec.Struct]] = {
    "command_api": command_api.settings.Settings,
    "projector": projector.settings.Settings,
    "query_api": query_api.settings.Settings,
    "replayer": replayer.settings.Settings,
    "migrations": migrate.Settings,
}


def variables(*settings: type[msgspec.Struct]) -> set[str]:
    return {field.name.upper() for each in settings for field in msgspec.structs.fields(each)}


def besides(reader: str) -> set[str]:
    """What it reads by other ways than its settings."""
    found: set[str] = set()
    gunicorn = ROOT / reader / "gunicorn.conf.py"
    if gunicorn.exists():
        found |= set(re.findall(r'environ\.get\("(\w+)"', gunicorn.read_text().replace("'", '"')))
    if reader == "replayer":
        text = (ROOT / "environments.yaml").read_text()
        found |= set(re.findall(r"^ +\w+: \$\{(\w+)", text, re.MULTILINE))
    if "OTEL_EXPORTER_OTLP_ENDPOINT" in variables(READERS[reader]):
        found.add("OTEL_RESOURCE_ATTRIBUTES")  # by OpenTelemetry's SDK itself
    return found


def table(heading: str) -> Iterator[list[str]]:
    """The rows of a table of the README, cell by cell."""
    _, _, rows = README.partition(f"| {heading} |\n")
    for line in rows.splitlines()[1:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


@pytest.mark.parametrize("reader", READERS)
def test_the_readme_names_exactly_what_each_service_reads(reader: str) -> None:
    told = [
        variable
        for cell, readers, _ in table("variable | read by | meaning (default)")
        for variable in named(cell)
        if reader in readers.replace("all services", ", ".join(SERVICES)).split(", ")
    ]
    assert sorted(told) == sorted(variables(READERS[reader]) | besides(reader))


def test_the_readme_names_exactly_what_the_local_stack_reads() -> None:
    told = [
        variable for cell, _ in table("variable | meaning (default)") for variable in named(cell)
    ]
    assert sorted(told) == sorted(variables(StackSettings, Ports, gateway.main.Settings))
