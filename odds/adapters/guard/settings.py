"""What every service reads from its environment to guard itself."""

from pathlib import Path

import msgspec

from odds.adapters import clock
from odds.adapters.guard.callers import Callers
from odds.adapters.guard.guard import Guard, OpenDoor, TokenGuard
from odds.adapters.guard.id_tokens import IdTokens
from odds.adapters.guard.signing_keys import SigningKeys, from_url
from odds.settings import SettingsError


class GuardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``token_audience`` is whom callers have their tokens made for. The issuer and its
    certificates are Google's; the emulators' hosts are where a local stack has them.

    ``iam_checks_signatures`` is for services whose invokers Cloud Run's IAM knows one by one: it
    verifies their tokens, and removes the signatures before we see them.
    """

    callers_file: str | None = None
    token_audience: str | None = None
    token_issuer: str = "https://accounts.google.com"
    token_certs_url: str = "https://www.googleapis.com/oauth2/v1/certs"
    iam_checks_signatures: bool = False
    pubsub_emulator_host: str | None = None
    datastore_emulator_host: str | None = None

    @property
    def writes_to_emulator(self) -> bool:
        """Whether what callers may have the service write goes to an emulator. Services that write
        say where to; one that doesn't is part of a local stack beside either."""
        return bool(self.pubsub_emulator_host or self.datastore_emulator_host)


def guard(given: GuardSettings) -> Guard:
    """The door that the settings describe. Raises SettingsError: it may stand open only before
    an emulator."""
    if given.callers_file is None:
        if not given.writes_to_emulator:
            raise SettingsError("CALLERS_FILE is not set; only a stack on emulators goes without")
        return OpenDoor()
    if given.token_audience is None:
        raise SettingsError("TOKEN_AUDIENCE is not set; CALLERS_FILE needs it")
    keys = SigningKeys(from_url(given.token_certs_url))
    keys.start()
    tokens = IdTokens(
        keys,
        audience=given.token_audience,
        issuer=given.token_issuer,
        clock=clock.now,
        iam_checks_signatures=given.iam_checks_signatures,
    )
    return TokenGuard(_callers(Path(given.callers_file)), tokens, keys)


def _callers(path: Path) -> Callers:
    try:
        return Callers.load(path)
    except OSError as error:
        raise SettingsError(f"CALLERS_FILE: {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"CALLERS_FILE: {path}: {' '.join(str(error).split())}") from error
