"""Bearer tokens: Google-signed OIDC ID tokens, verified."""

from collections.abc import Callable, Mapping
from typing import Any

from google.auth import jwt
from google.auth.exceptions import GoogleAuthError, InvalidValue

from odds.adapters.guard.signing_keys import SigningKeys

CLOCK_SKEW = 10
"""Seconds that the issuer's clock and ours may differ."""

REMOVED = ".SIGNATURE_REMOVED_BY_GOOGLE"
"""What stands for the signature of a token that Cloud Run's IAM has verified
(https://cloud.google.com/run/docs/troubleshooting#signature-removed)."""

KNOWN = 1024
"""Verified tokens that are remembered: Pub/Sub and providers send the same one for an hour, and
its signature costs more than all else that a push needs."""


class Unauthenticated(Exception):
    """The caller has not proved who they are; the message says what was wrong with the token."""


class IdTokens:
    def __init__(
        self,
        keys: SigningKeys,
        *,
        audience: str,
        issuer: str,
        clock: Callable[[], int],
        iam_checks_signatures: bool = False,
    ) -> None:
        """``clock`` tells the microseconds since the epoch. ``iam_checks_signatures`` is true only
        where Cloud Run's IAM lets nobody in whose token it has not verified itself."""
        self._keys = keys
        self._iam_checks_signatures = iam_checks_signatures
        self._audience = audience
        # Google's tokens name it with and without the scheme.
        self._issuers = (issuer, issuer.removeprefix("https://"))
        self._clock = clock
        self._known: dict[str, tuple[str, int]] = {}

    def email(self, authorization: str | None) -> str:
        """Whose token an Authorization header bears.

        Signature, times, audience, issuer and verified email are checked as in
        https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions. Raises
        Unauthenticated, or SigningKeysUnavailable.
        """
        token = _bearer(authorization)
        email, expires = self._known.get(token, ("", 0))
        if self._clock() < expires * 1_000_000:
            return email
        claims = self._verified(token)
        return self._remember(token, claims["email"], int(claims["exp"]))

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            claims = self._signed(token)
        except (GoogleAuthError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise Unauthenticated(f"token: {_reason(error)}") from error
        if claims.get("iss") not in self._issuers:
            raise Unauthenticated(f"token: is not issued by {self._issuers[0]}")
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise Unauthenticated("token: has no verified email; ask for one with the email claim")
        return claims

    def _signed(self, token: str) -> Mapping[str, Any]:
        if not token.endswith(REMOVED):
            certificates = self._keys.certificates()
            return dict(jwt.decode(token, certificates, True, self._audience, CLOCK_SKEW))
        if not self._iam_checks_signatures:
            raise InvalidValue("Token has no signature")
        claims: Mapping[str, Any] = jwt.decode(token, verify=False)
        if claims.get("aud") != self._audience:
            raise InvalidValue(f"Token has wrong audience {claims.get('aud')}")
        if not int(claims["exp"]) + CLOCK_SKEW > self._clock() // 1_000_000:
            raise InvalidValue(f"Token expired at {claims['exp']}")
        return claims

    def _remember(self, token: str, email: str, expires: int) -> str:
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[token] = email, expires
        return email


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Authorization: is missing; expected Bearer and a Google ID token")
    return token.strip()


def _reason(error: Exception) -> str:
    """What was wrong, without the token itself, which the library repeats in some messages."""
    said = str(error)
    for known in ("expired", "too early", "wrong audience", "signature", "Certificate for key id"):
        if known in said:
            return said.split(",")[0].rstrip(".")
    return "is not a signed JWT"
