"""Terraform sets what the services read, and lets each do what its code does."""

import re
from typing import NamedTuple

import grimp
import msgspec
import pytest

import command_api.settings
import projector.settings
import query_api.settings
import replayer.settings
from odds.adapters.guard.callers import Callers
from odds.adapters.read_model import migrate
from odds.adapters.telemetry import telemetry
from replayer.environments import Environments
from replayer.parameters import BadParameter, replay_request
from tests.paths import ROOT
from tests.terraform_files import TerraformFiles

ENVIRONMENTS = set(re.findall(r"\$\{(\w+)", (ROOT / "environments.yaml").read_text()))
"""Variables that the replayer reads besides its settings."""


class Nothing(msgspec.Struct):
    """The settings of a part that has none."""


class Part(NamedTuple):
    """A service or job: the settings that it reads, those of them that are right as they are by
    default, and what it reads besides."""

    settings: type[msgspec.Struct]
    by_default: frozenset[str] = frozenset()
    besides: frozenset[str] = frozenset()


def names(text: str) -> frozenset[str]:
    return frozenset(text.upper().split())


REAL = names("pubsub_emulator_host datastore_emulator_host token_issuer token_certs_url log_level")
"""No emulator, and Google's own issuer."""
FILES = names("event_bus_file environments_file")
"""As the image has them."""
UNGUARDED = names("callers_file token_audience iam_checks_signatures")
"""Jobs answer nobody."""
TUNED = names(
    """event_wait_seconds graphql_max_cost graphql_max_depth heartbeat_seconds journal_size
    max_subscribers query_threads resume_limit stale_seconds stream_seconds"""
)
TOLD = names("otel_resource_attributes")
"""Read by OpenTelemetry's SDK."""
PROCESSES = names("web_concurrency")
PROJECTS = names("stg_project prod_project")
DATABASES = names("stg_database_url prod_database_url")
GRANTED = names("read_model_readers read_model_writers")
"""Rebuilds alone make a schema."""
PARTS = {
    "command_api": Part(
        command_api.settings.Settings,
        REAL | names("event_bus_file topic_prefix publish_timeout_seconds"),
        TOLD | PROCESSES,
    ),
    "projector": Part(
        projector.settings.Settings, REAL | names("event_bus_file"), TOLD | PROCESSES
    ),
    "query_api": Part(query_api.settings.Settings, REAL | TUNED, TOLD),
    "replayer": Part(replayer.settings.Settings, REAL | FILES | GRANTED, PROJECTS),
    "migrations": Part(migrate.Settings),
    "rebuild": Part(
        replayer.settings.Settings,
        REAL | FILES | UNGUARDED | names("replay_job"),
        PROJECTS | DATABASES,
    ),
    "replay": Part(
        replayer.settings.Settings,
        REAL | FILES | UNGUARDED | GRANTED | names("replay_job"),
        PROJECTS,
    ),
    "smoke": Part(Nothing),
}
SERVICES = ["command_api", "projector", "query_api", "replayer"]


@pytest.fixture
def terraform() -> TerraformFiles:
    return TerraformFiles(ROOT / "terraform")


def gunicorn_reads(service: str) -> set[str]:
    path = ROOT / service / "gunicorn.conf.py"
    return set(re.findall(r'environ\.get\("(\w+)"', path.read_text())) if path.exists() else set()


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_given_exactly_what_it_reads(terraform: TerraformFiles, name: str) -> None:
    part = PARTS[name]
    optional = {
        field.name.upper(): not field.required for field in msgspec.structs.fields(part.settings)
    }
    assert all(optional[each] for each in part.by_default), "has no default"
    assert terraform.environment(name) == set(optional) - part.by_default | part.besides


@pytest.mark.parametrize("name", PARTS)
def test_what_a_part_reads_besides_its_settings_is_read(name: str) -> None:
    read = ENVIRONMENTS if PARTS[name].settings is replayer.settings.Settings else set()
    assert PARTS[name].besides - TOLD <= read | gunicorn_reads(name)


@pytest.mark.parametrize("name", ["replayer", "replay", "rebuild"])
@pytest.mark.parametrize("asked", [{"env": "local"}, {"env": "stg", "source": "local"}])
def test_in_the_cloud_there_is_no_local_environment(
    terraform: TerraformFiles, name: str, asked: dict[str, str]
) -> None:
    variables = dict.fromkeys(terraform.environment(name), "odds-stg")
    known = Environments.load(ROOT / "environments.yaml", variables)
    assert known.named("stg").project == "odds-stg"
    with pytest.raises(BadParameter, match=r"^(env|source): local is not configured here"):
        replay_request({"domain": "odds"} | asked, known, home="stg", now=1)


def test_whoever_is_given_a_database_may_reach_it_and_is_a_user_of_it(
    terraform: TerraformFiles,
) -> None:
    given = {
        name for name in PARTS if any("DATABASE" in each for each in terraform.environment(name))
    }
    reaching = {
        name
        for name in PARTS
        if {"cloudsql.client", "cloudsql.instanceUser"} <= terraform.roles(name)
    }
    users = set(re.findall(r'"(\w+)"', terraform.locals_of("read_model.tf")["database_users"]))
    assert given == reaching == users


def test_whoever_can_tell_of_itself_is_told_whom_and_may(terraform: TerraformFiles) -> None:
    endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    telling = {
        name
        for name, part in PARTS.items()
        if endpoint.lower() in {field.name for field in msgspec.structs.fields(part.settings)}
    }
    assert telling == {name for name in PARTS if endpoint in terraform.environment(name)}
    assert telling == {
        name
        for name in PARTS
        if {"cloudtrace.agent", "monitoring.metricWriter"} <= terraform.roles(name)
    }


@pytest.mark.parametrize("name", ["stg", "prod"])
def test_the_cloud_is_told_of_services_with_their_credentials(
    terraform: TerraformFiles, name: str
) -> None:
    given = terraform.read(f"environments/{name}.tfvars")
    assert given["otlp_endpoint"] == f'"https://{telemetry.GOOGLE}"'
    assert f'"{telemetry.GOOGLE}"' in terraform.text("apis.tf")


def test_every_service_and_job_is_held_against_its_settings(terraform: TerraformFiles) -> None:
    assert set(PARTS) == set(terraform.parts())


def test_no_service_is_made_before_it_may_read_the_list_of_callers(
    terraform: TerraformFiles,
) -> None:
    first = "google_secret_manager_secret_version", "google_secret_manager_secret_iam_member"
    [services] = terraform.read("services.tf")["module"]
    waited_for = " ".join(services['"service"']["depends_on"])
    assert all(f"{each}." in waited_for for each in first)


def test_the_list_of_callers_has_all_that_the_services_look_for(terraform: TerraformFiles) -> None:
    assert set(terraform.locals_of("callers.tf")["callers"]) == {
        field.name for field in msgspec.structs.fields(Callers)
    }


def test_whoever_has_the_code_for_datastore_may_use_it(terraform: TerraformFiles) -> None:
    code = grimp.build_graph("odds", *SERVICES)
    using = {
        name
        for name in SERVICES
        if code.chain_exists(name, "odds.adapters.event_store.datastore", as_packages=True)
    }
    assert {name for name in SERVICES if "datastore.user" in terraform.roles(name)} == using
    assert "datastore.user" in terraform.roles("replay")
    assert "datastore.viewer" in terraform.roles("rebuild")


def test_whoever_has_the_code_for_publishing_may_see_the_topics(terraform: TerraformFiles) -> None:
    code = grimp.build_graph("odds", *SERVICES)
    using = {
        name
        for name in SERVICES
        if code.chain_exists(name, "odds.adapters.event_bus.publisher", as_packages=True)
    }
    text = terraform.text("event_bus.tf")
    viewers = re.search(r'"viewer" \{.*?\[(.*?)\]', text, re.DOTALL)
    assert viewers is not None
    assert using == set(re.findall(r'"(\w+)"', viewers[1])) - {"replay"}
