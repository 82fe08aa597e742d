"""What an operator may ask of a replay, and what is refused."""

import pytest

from odds.command import EventVelocity
from replayer.environments import BadEnvironment, Environments
from replayer.parameters import BadParameter, replay_request
from replayer.replay import ReplayRequest
from tests.paths import ROOT

NOW = 1_790_000_000_000_000
GIVEN = {"domain": "odds", "env": "local"}
HERE = {
    "GOOGLE_CLOUD_PROJECT": "here",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:8085",
    "DATASTORE_EMULATOR_HOST": "127.0.0.1:8086",
}
ENVIRONMENTS = Environments.load(
    ROOT / "environments.yaml", HERE | {"PROD_PROJECT": "odds-prod", "STG_PROJECT": "odds-stg"}
)


def read(**given: str) -> ReplayRequest:
    asked = GIVEN | {name.rstrip("_"): value for name, value in given.items()}
    return replay_request(asked, ENVIRONMENTS, home="local", now=NOW)


def test_a_replay_without_bounds_is_of_all_events_until_now() -> None:
    assert read() == ReplayRequest(source="local", target="local", start=0, end=NOW)


def test_every_parameter_is_read() -> None:
    request = read(
        from_="2026-11-23T06:30:00+01:00",
        to="1795412400.5",
        source="prod",
        game_id="soccer:1",
        game_type="soccer",
        provider="acme",
        external_id="6F1B4A52-5c0e-5d0c-9d0b-0d3f0a5a7c11",
        velocity="high",
        topic="new-subsystem",
        rate="12.5",
        speed="10x",
        dry_run="true",
    )
    assert request == ReplayRequest(
        source="prod",
        target="local",
        start=1_795_411_800_000_000,
        end=1_795_412_400_500_000,
        game_id="soccer:1",
        game_type="soccer",
        provider="acme",
        external_id="6f1b4a52-5c0e-5d0c-9d0b-0d3f0a5a7c11",
        velocity=EventVelocity.HIGH,
        topic="new-subsystem",
        rate=12.5,
        speed=10.0,
        dry_run=True,
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"domain": "horses"}, "domain: is 'horses'; expected odds"),
        ({"env": "moon"}, "env: 'moon' is not known; expected one of local, stg, prod$"),
        ({"source": "moon"}, "source: 'moon' is not known"),
        ({"from": "yesterday"}, "from: is 'yesterday'; expected RFC 3339"),
        ({"from": "2026-11-23T06:30:00"}, "from: .*; expected RFC 3339 with an offset"),
        ({"from": "nan"}, "from: is 'nan'"),
        ({"to": "-1"}, "to: is '-1'"),
        ({"to": "1795412400000"}, "to: is '1795412400000'"),
        ({"from": "20", "to": "10"}, "from: is not before to"),
        ({"from": "20", "to": "20"}, "from: is not before to"),
        ({"external_id": "7"}, "external_id: is '7'; expected a UUID"),
        ({"velocity": "fast"}, "velocity: is 'fast'; expected high, low, medium"),
        ({"rate": "0"}, "rate: is '0'; expected events a second"),
        ({"speed": "inf"}, "speed: is 'inf'"),
        ({"dry_run": "maybe"}, "dry_run: is 'maybe'; expected true or false"),
        ({"to": "0"}, "from: is not before to"),
        ({"to": "1970-01-01T00:00:00Z"}, "from: is not before to"),
        (
            {"topic": "projects/p/topics/t"},
            "topic: .*; expected a topic's name without its project",
        ),
        ({"topic": "a"}, "topic: is 'a'; expected .* 3 to 255"),
        ({"topic": "тест"}, "topic: .*; expected .* of A-Z a-z 0-9"),
        ({"topic": "1st"}, "topic: .*; expected .* a letter first"),
        ({"topic": "google-like"}, "topic: .*; expected .* not goog"),
        ({"topic": "a" * 256}, "topic: .*; expected .* 3 to 255"),
        ({"gameid": "1"}, "gameid: is not known; expected one of domain, from"),
    ],
)
def test_what_is_no_good_is_refused_with_its_name_and_what_was_expected(
    given: dict[str, str], told: str
) -> None:
    with pytest.raises(BadParameter, match=told):
        replay_request(GIVEN | given, ENVIRONMENTS, home="local", now=NOW)


@pytest.mark.parametrize("missing", ["domain", "env"])
def test_domain_and_env_have_to_be_given(missing: str) -> None:
    given = {name: value for name, value in GIVEN.items() if name != missing}
    with pytest.raises(BadParameter, match=f"{missing}: is missing"):
        replay_request(given, ENVIRONMENTS, home="local", now=NOW)


def test_prod_is_replayed_to_only_where_its_project_is_named() -> None:
    for confirm in ({}, {"confirm": "yes"}, {"confirm": "odds-stg"}):
        with pytest.raises(BadParameter, match=r"confirm: .*expected the project of prod"):
            read(env="prod", **confirm)
    assert read(env="prod", confirm="odds-prod").target == "prod"
    assert read(env="prod", dry_run="true").dry_run


def test_stg_and_local_need_no_confirmation() -> None:
    assert read(env="stg").target == "stg"


def test_an_environment_without_a_project_is_not_configured() -> None:
    unset = Environments.load(ROOT / "environments.yaml", HERE)
    with pytest.raises(BadEnvironment, match="stg is not configured here"):
        unset.named("stg")
    assert unset.named("local").datastore_emulator_host == "127.0.0.1:8086"


@pytest.mark.parametrize("emulator", ["PUBSUB_EMULATOR_HOST", "DATASTORE_EMULATOR_HOST"])
def test_an_environment_of_emulators_is_configured_only_where_they_are_given(emulator: str) -> None:
    unset = Environments.load(ROOT / "environments.yaml", HERE | {emulator: ""})
    told = f"local is not configured here: its {emulator.lower()} is empty; expected an environ"
    with pytest.raises(BadEnvironment, match=told):
        unset.named("local")


def test_a_variable_may_hold_what_yaml_would_read_otherwise() -> None:
    variables = HERE | {"DATABASE_URL": 'postgresql://u:p"@h/db?a=#b: c'}
    local = Environments.load(ROOT / "environments.yaml", variables).named("local")
    assert local.database_url == variables["DATABASE_URL"]
