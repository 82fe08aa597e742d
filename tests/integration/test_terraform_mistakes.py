"""Mistakes in a copy of terraform/, each of which the check that is there for it finds."""

from pathlib import Path

import pytest

from odds.adapters.event_bus import event_bus_file
from tests.integration import test_terraform_plan
from tests.paths import ROOT
from tests.terraform_files import TerraformFiles
from tests.terraform_plan import copy_to, needs_terraform, plan, run
from tests.unit import test_terraform


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


def mistake(file: Path, right: str, wrong: str) -> None:
    text = file.read_text()
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong))


@needs_terraform
def test_an_argument_that_there_is_not_fails(terraform: Path) -> None:
    mistake(terraform / "event_store.tf", "concurrency_mode ", "concurency_mode ")
    with pytest.raises(AssertionError, match='argument named "concurency_mode" is not expected'):
        run(terraform, "validate", "-no-color")


def test_a_renamed_variable_of_an_environment_fails(terraform: Path) -> None:
    mistake(terraform / "services.tf", "CORS_ORIGINS ", "CORS_SITES ")
    with pytest.raises(AssertionError, match="CORS_SITES"):
        test_terraform.test_each_part_is_given_exactly_what_it_reads(
            TerraformFiles(terraform), "query_api"
        )


@needs_terraform
def test_a_missing_topic_fails(terraform: Path) -> None:
    mistake(terraform / "event_bus.tf", "tiers[0]\n", 'tiers[0] if topic != "events-low"\n')
    bus = event_bus_file.load(ROOT / "event_bus.yaml")
    with pytest.raises(AssertionError, match="events-low"):
        test_terraform_plan.test_there_are_the_topics_that_events_are_published_to(
            plan(terraform, "prod"), bus
        )
