"""The door of a service: lets in who may do what is asked."""

from typing import Protocol

from odds.adapters.guard.callers import Callers
from odds.adapters.guard.id_tokens import IdTokens
from odds.adapters.guard.signing_keys import SigningKeys


class Forbidden(Exception):
    """We know who calls, and they may not do this."""


class Guard(Protocol):
    """Every ``require_…`` takes the Authorization header.

    It raises Unauthenticated, Forbidden, or SigningKeysUnavailable while nobody can be judged.
    """

    def ready(self) -> None:
        """Raises SigningKeysUnavailable."""

    def require_push(self, authorization: str | None) -> None: ...

    def require_provider(self, authorization: str | None, provider: str | None = None) -> None:
        """Without a name: that the caller may speak for any provider at all."""

    def require_operator(self, authorization: str | None) -> None: ...

    def require_reader(self, authorization: str | None) -> None: ...


class TokenGuard:
    """Holds Google-signed ID tokens against the list of callers."""

    def __init__(self, callers: Callers, tokens: IdTokens, keys: SigningKeys) -> None:
        self._callers = callers
        self._tokens = tokens
        self._keys = keys

    def ready(self) -> None:
        self._keys.certificates()

    def require_push(self, authorization: str | None) -> None:
        email = self._tokens.email(authorization)
        if email != self._callers.push:
            raise Forbidden(f"{email} may not push events")

    def require_provider(self, authorization: str | None, provider: str | None = None) -> None:
        email = self._tokens.email(authorization)
        names = self._callers.providers.get(email)
        if not names:
            raise Forbidden(f"{email} speaks for no provider")
        if provider is not None and provider not in names:
            expected = " or ".join(sorted(names))
            raise Forbidden(f"Provider: {email} may not speak for {provider}; expected {expected}")

    def require_operator(self, authorization: str | None) -> None:
        email = self._tokens.email(authorization)
        if email not in self._callers.operators:
            raise Forbidden(f"{email} is no operator")

    def require_reader(self, authorization: str | None) -> None:
        if self._callers.readers == "public":
            return
        email = self._tokens.email(authorization)
        if self._callers.readers != "authenticated" and email not in self._callers.readers:
            raise Forbidden(f"{email} is no reader")


class OpenDoor:
    """Lets everybody in, as the emulators send no tokens: never outside a local stack."""

    def ready(self) -> None:
        pass

    def require_push(self, authorization: str | None) -> None:
        pass

    def require_provider(self, authorization: str | None, provider: str | None = None) -> None:
        pass

    def require_operator(self, authorization: str | None) -> None:
        pass

    def require_reader(self, authorization: str | None) -> None:
        pass
