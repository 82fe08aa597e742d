from types import ModuleType

import msgspec
import pytest

import command_api.settings
import projector.settings
import query_api.settings
import replayer.settings
from odds import settings
from odds.settings import SettingsError


class Example(msgspec.Struct):
    database_url: str
    pool_size: int = 8
    emulator_host: str | None = None


def test_variables_fill_the_fields_named_as_they_are_in_lower_case() -> None:
    environ = {"DATABASE_URL": "postgresql://", "POOL_SIZE": "3", "EMULATOR_HOST": "", "HOME": "/"}
    assert settings.read(Example, environ) == Example("postgresql://", 3, None)


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "x", "POOL_SIZE": "many"}])
def test_a_variable_that_is_missing_or_of_another_type_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"DATABASE_URL|POOL_SIZE"):
        settings.read(Example, environ)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "DATABASE_URL is not set"),
        ({"DATABASE_URL": "x", "POOL_SIZE": "many"}, "POOL_SIZE is 'many'; expected int"),
    ],
)
def test_what_was_given_and_what_was_expected_is_told(environ: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        settings.read(Example, environ)
    assert str(refusal.value) == told


@pytest.mark.parametrize(
    "service", [command_api.settings, projector.settings, query_api.settings, replayer.settings]
)
def test_no_service_guesses_its_project(service: ModuleType) -> None:
    with pytest.raises(SettingsError, match="GOOGLE_CLOUD_PROJECT is not set"):
        settings.read(service.Settings, {"DATABASE_URL": "d"})
