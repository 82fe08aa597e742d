"""Settings: environment variables read into typed structs."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
"""A TCP port that something can be asked to listen on."""


class SettingsError(ValueError):
    """An environment variable is missing or is no value of its type; the message names it."""


def read(settings: type[T], environ: Mapping[str, str]) -> T:
    """Fill a struct from the variables named as its fields are, in upper case.

    An empty variable counts as one that isn't set. Raises SettingsError.
    """
    names = {field.name: field.name.upper() for field in msgspec.structs.fields(settings)}
    given = {field: environ[name] for field, name in names.items() if environ.get(name)}
    try:
        return msgspec.convert(given, settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_in_words_of_the_environment(str(error), given)) from error


def _in_words_of_the_environment(problem: str, given: Mapping[str, str]) -> str:
    """msgspec's words, with the variable for the field and with the value that was given."""
    if missing := re.search(r"required field `(\w+)`", problem):
        return f"{missing[1].upper()} is not set"
    if wrong := re.fullmatch(r"(.+?)(?:, got `\w+`)? - at `\$\.(\w+)`", problem):
        expected, field = wrong.groups()
        return f"{field.upper()} is {given[field]!r}; {expected.replace('`', '').lower()}"
    return f"environment: {problem}"
