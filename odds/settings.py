"""Settings: environment variables read into typed structs."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


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
        message = str(error)
        for field, name in names.items():
            message = message.replace(f"`{field}`", name).replace(f"`$.{field}`", name)
        raise SettingsError(f"environment: {message}") from error
