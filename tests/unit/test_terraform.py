"""Terraform sets what the services read, and lets each do what its code does."""

import re
from functools import cache
from typing import Any, NamedTuple

import grimp
import hcl2
import msgspec
import pytest

import command_api.settings
import projector.settings
import query_api.settings
import replayer.settings
from odds.adapters.guard.callers import Callers
from odds.adapters.read_model import migrate
from odds.adapters.telemetry import telemetry
from tests.paths import ROOT

TERRAFORM = ROOT / "terraform"
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


@cache
def read(file: str) -> dict[str, Any]:
    with (TERRAFORM / file).open() as opened:
        return hcl2.load(opened)


def locals_of(file: str) -> dict[str, Any]:
    [found] = read(file)["locals"]
    return dict(found)


def parts() -> dict[str, dict[str, Any]]:
    """The services and jobs, as Terraform describes them."""
    return {**locals_of("services.tf")["services"], **locals_of("jobs.tf")["jobs"]}


def environment(part: str) -> set[str]:
    """Names of the variables that Terraform sets, those that parts share and the part's own."""
    locals_here = {**locals_of("services.tf"), **locals_of("jobs.tf")}
    shared = {f"${{local.{name}}}": value for name, value in locals_here.items()}
    given = parts()[part]["environment"]
    return {name for each in given for name in (shared[each] if isinstance(each, str) else each)}


def roles(account: str) -> set[str]:
    """Of an account in its project."""
    local = locals_of("service_accounts.tf")
    said = str(local["accounts"][account]["roles"])
    said = re.sub(r"local\.(\w+)", lambda found: str(local[found[1]]), said)
    return set(re.findall(r"roles/([\w.]+)", said))


def gunicorn_reads(service: str) -> set[str]:
    path = ROOT / service / "gunicorn.conf.py"
    return set(re.findall(r'environ\.get\("(\w+)"', path.read_text())) if path.exists() else set()


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_given_exactly_what_it_reads(name: str) -> None:
    part = PARTS[name]
    optional = {
        field.name.upper(): not field.required for field in msgspec.structs.fields(part.settings)
    }
    assert all(optional[each] for each in part.by_default), "has no default"
    assert environment(name) == set(optional) - part.by_default | part.besides


@pytest.mark.parametrize("name", PARTS)
def test_what_a_part_reads_besides_its_settings_is_read(name: str) -> None:
    read = ENVIRONMENTS if PARTS[name].settings is replayer.settings.Settings else set()
    assert PARTS[name].besides - TOLD <= read | gunicorn_reads(name)


def test_whoever_is_given_a_database_may_reach_it_and_is_a_user_of_it() -> None:
    given = {name for name in PARTS if any("DATABASE" in each for each in environment(name))}
    reaching = {
        name for name in PARTS if {"cloudsql.client", "cloudsql.instanceUser"} <= roles(name)
    }
    users = set(re.findall(r'"(\w+)"', locals_of("read_model.tf")["database_users"]))
    assert given == reaching == users


def test_whoever_can_tell_of_itself_is_told_whom_and_may() -> None:
    endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    telling = {
        name
        for name, part in PARTS.items()
        if endpoint.lower() in {field.name for field in msgspec.structs.fields(part.settings)}
    }
    assert telling == {name for name in PARTS if endpoint in environment(name)}
    assert telling == {
        name for name in PARTS if {"cloudtrace.agent", "monitoring.metricWriter"} <= roles(name)
    }


@pytest.mark.parametrize("name", ["stg", "prod"])
def test_the_cloud_is_told_of_services_with_their_credentials(name: str) -> None:
    assert read(f"environments/{name}.tfvars")["otlp_endpoint"] == f'"https://{telemetry.GOOGLE}"'
    assert f'"{telemetry.GOOGLE}"' in (TERRAFORM / "apis.tf").read_text()


def test_every_service_and_job_is_held_against_its_settings() -> None:
    assert set(PARTS) == set(parts())


def test_no_service_is_made_before_it_may_read_the_list_of_callers() -> None:
    first = "google_secret_manager_secret_version", "google_secret_manager_secret_iam_member"
    [services] = read("services.tf")["module"]
    waited_for = " ".join(services['"service"']["depends_on"])
    assert all(f"{each}." in waited_for for each in first)


def test_the_list_of_callers_has_all_that_the_services_look_for() -> None:
    assert set(locals_of("callers.tf")["callers"]) == {
        field.name for field in msgspec.structs.fields(Callers)
    }


def test_whoever_has_the_code_for_datastore_may_use_it() -> None:
    code = grimp.build_graph("odds", *SERVICES)
    using = {
        name
        for name in SERVICES
        if code.chain_exists(name, "odds.adapters.event_store.datastore", as_packages=True)
    }
    assert {name for name in SERVICES if "datastore.user" in roles(name)} == using
    assert "datastore.user" in roles("replay")
    assert "datastore.viewer" in roles("rebuild")


def test_whoever_has_the_code_for_publishing_may_see_the_topics() -> None:
    code = grimp.build_graph("odds", *SERVICES)
    using = {
        name
        for name in SERVICES
        if code.chain_exists(name, "odds.adapters.event_bus.publisher", as_packages=True)
    }
    text = (TERRAFORM / "event_bus.tf").read_text()
    viewers = re.search(r'"viewer" \{.*?\[(.*?)\]', text, re.DOTALL)
    assert viewers is not None
    assert using == set(re.findall(r'"(\w+)"', viewers[1])) - {"replay"}
