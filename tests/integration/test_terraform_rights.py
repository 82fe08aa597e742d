"""Whatever Terraform would make: nobody may more, and nothing is more public, than is meant."""

import json
import re
from collections.abc import Iterator

import hcl2
import pytest

from odds.settings import read
from query_api.settings import Settings
from tests.paths import ROOT
from tests.terraform_plan import Plan, Resource, needs_terraform, planned

pytestmark = needs_terraform

READING = 'module.service["query_api"].google_cloud_run_v2_service_iam_member.invoker'
PUBLIC = {
    "prod": {f'{READING}["public"]': {"allUsers"}},
    "stg": {f'{READING}["authenticated"]': {"allAuthenticatedUsers"}},
}
"""Odds are read by everybody in production, and in staging by everybody with a token for us, as
``readers`` say; nobody may do anything else without being named."""
ADMINISTERED = {"roles/ondemandscanning.admin"}
"""Cloud Build has images scanned, which takes this role."""


@pytest.fixture(params=["stg", "prod"])
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plan(environment: str) -> Plan:
    return planned(environment)


def grants(plan: Plan) -> Iterator[Resource]:
    for each in plan.resources:
        if "_iam_" in each.type:
            yield each


def described() -> Iterator[tuple[str, str]]:
    """Type and name of each resource."""
    for path in (ROOT / "terraform").rglob("*.tf"):
        for resource in hcl2.loads(path.read_text()).get("resource", []):
            for type_, named in resource.items():
                for name in named:
                    yield type_.strip('"'), name.strip('"')


def test_all_that_is_described_is_looked_at_in_one_environment() -> None:
    plans = planned("stg"), planned("prod")
    made = {(each.type, each.name) for plan in plans for each in plan.resources}
    assert made == set(described())


def test_each_grant_says_its_role_and_leaves_those_of_others_alone(plan: Plan) -> None:
    for each in grants(plan):
        assert each.type.endswith("_iam_member"), each.address
        assert each.values["role"], each.address


def test_nobody_has_a_primitive_role(plan: Plan) -> None:
    primitive = re.compile(r"roles/(owner|editor|viewer)\b")
    found = [each.address for each in plan.resources if primitive.search(json.dumps(each.values))]
    assert found == []


def test_nobody_administers_a_service(plan: Plan) -> None:
    roles = {each.values["role"] for each in grants(plan)}
    assert {role for role in roles if role.lower().endswith("admin")} == ADMINISTERED


def test_nothing_is_public_but_reading(plan: Plan, environment: str) -> None:
    everybody = re.compile(r"\ball(?:Authenticated)?Users\b")
    found = {
        each.address: set(everybody.findall(json.dumps(each.values))) for each in plan.resources
    }
    assert {address: whom for address, whom in found.items() if whom} == PUBLIC[environment]


def test_every_service_asks_iam_who_calls(plan: Plan) -> None:
    services = plan.of("google_cloud_run_v2_service")
    assert services
    assert not any(each.get("invoker_iam_disabled") for each in services)


def test_no_bucket_can_be_made_public(plan: Plan) -> None:
    buckets = plan.of("google_storage_bucket")
    assert buckets
    for each in buckets:
        assert each["public_access_prevention"] == "enforced", each["name"]
        assert each["uniform_bucket_level_access"], each["name"]


def test_production_shows_nobody_the_schema_of_graphql() -> None:
    services = planned("prod").of("google_cloud_run_v2_service")
    [service] = [each for each in services if each["name"] == "query-api"]
    given = service["template"][0]["containers"][0]["env"]
    environ = {each["name"]: each.get("value", "known once it is made") for each in given}
    assert {"GRAPHIQL", "INTROSPECTION"} <= set(environ)
    settings = read(Settings, environ)
    assert not settings.graphiql
    assert not settings.introspection
