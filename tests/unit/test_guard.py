"""Who is let in: tokens of a real issuer, held against a list of callers."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_api import settings as command_api
from odds.adapters import clock
from odds.adapters.guard import shown
from odds.adapters.guard.callers import Callers
from odds.adapters.guard.guard import Forbidden, OpenDoor, TokenGuard
from odds.adapters.guard.id_tokens import REMOVED, IdTokens, Unauthenticated
from odds.adapters.guard.settings import GuardSettings, guard
from odds.adapters.guard.signing_keys import (
    RETRY_SECONDS,
    Certificates,
    SigningKeys,
    SigningKeysUnavailable,
    from_url,
)
from odds.settings import SettingsError, read
from projector import settings as projector
from query_api import settings as query_api
from replayer import settings as replayer
from tests.issuer import AUDIENCE, Issuer, key_pair, running_issuer

PUSH = "push@odds.example"
CALLERS = Callers(
    push=PUSH,
    providers={"acme@feeds.example": frozenset({"acme", "acme-live"})},
    operators=frozenset({"olga@odds.example"}),
    readers=frozenset({"rita@app.example"}),
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


def fetched(issuer: Issuer) -> SigningKeys:
    keys = SigningKeys(from_url(f"{issuer.url}/certs"))
    keys.refresh()
    return keys


@pytest.fixture(scope="module")
def tokens(issuer: Issuer) -> IdTokens:
    return IdTokens(fetched(issuer), audience=AUDIENCE, issuer=issuer.url, clock=clock.now)


@pytest.fixture(scope="module")
def door(issuer: Issuer, tokens: IdTokens) -> TokenGuard:
    return TokenGuard(CALLERS, tokens, fetched(issuer))


def test_a_token_of_the_issuer_tells_who_calls(issuer: Issuer, tokens: IdTokens) -> None:
    assert tokens.email(f"Bearer {issuer.token('ann@odds.example')}") == "ann@odds.example"
    assert tokens.email(f"bearer {issuer.token('bob@odds.example')}") == "bob@odds.example"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "https://elsewhere.example"}, "wrong audience"),
        ({"iss": "https://elsewhere.example"}, "is not issued by"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"iat": 4_000_000_000}, "too early"),
        ({"iat": "soon"}, "is not a signed JWT"),
        ({"email": None}, "has no verified email"),
        ({"email_verified": False}, "has no verified email"),
        ({"email_verified": None}, "has no verified email"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused_with_the_reason(
    issuer: Issuer, tokens: IdTokens, claims: dict[str, Any], why: str
) -> None:
    token = issuer.token("ann@odds.example", **claims)
    with pytest.raises(Unauthenticated, match=why):
        tokens.email(f"Bearer {token}")


def test_a_token_that_another_key_signed_is_refused(issuer: Issuer, tokens: IdTokens) -> None:
    stranger, _ = key_pair()
    with pytest.raises(Unauthenticated, match="signature"):
        tokens.email(f"Bearer {issuer.token(PUSH, key=stranger)}")
    with pytest.raises(Unauthenticated, match="key id"):
        tokens.email(f"Bearer {issuer.token(PUSH, key=stranger, key_id='second')}")


def test_a_token_that_was_changed_is_refused(issuer: Issuer, tokens: IdTokens) -> None:
    head, payload, signature = issuer.token("ann@odds.example").split(".")
    _, other, _ = issuer.token(PUSH).split(".")
    assert payload != other
    with pytest.raises(Unauthenticated, match="signature"):
        tokens.email(f"Bearer {head}.{other}.{signature}")


def without_signature(token: str) -> str:
    """As Cloud Run's IAM passes on what it has verified."""
    return token.rpartition(".")[0] + REMOVED


def test_a_token_without_its_signature_is_taken_only_where_iam_has_checked_it(
    issuer: Issuer, tokens: IdTokens
) -> None:
    behind_iam = IdTokens(
        fetched(issuer),
        audience=AUDIENCE,
        issuer=issuer.url,
        clock=clock.now,
        iam_checks_signatures=True,
    )
    token = issuer.token(PUSH)
    with pytest.raises(Unauthenticated, match="signature"):
        tokens.email(f"Bearer {without_signature(token)}")
    assert behind_iam.email(f"Bearer {without_signature(token)}") == PUSH
    assert behind_iam.email(f"Bearer {token}") == PUSH
    for claims in ({"aud": "x"}, {"exp": 1_700_000_000}, {"exp": None}, {"iss": "x"}):
        with pytest.raises(Unauthenticated):
            behind_iam.email(f"Bearer {without_signature(issuer.token(PUSH, **claims))}")
    stranger, _ = key_pair()
    with pytest.raises(Unauthenticated, match="signature"):
        behind_iam.email(f"Bearer {issuer.token(PUSH, key=stranger)}")


def test_of_two_tokens_the_one_that_iam_judges_tells_who_calls() -> None:
    one = {"Authorization": ["Bearer ours"]}
    both = one | {"X-Serverless-Authorization": ["Bearer judged"]}
    assert shown.authorization(lambda name: one.get(name, [])) == "Bearer ours"
    assert shown.authorization(lambda name: both.get(name, [])) == "Bearer judged"
    assert shown.authorization(lambda name: []) is None


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "token"])
def test_without_a_bearer_token_nobody_is_let_in(tokens: IdTokens, header: str | None) -> None:
    with pytest.raises(Unauthenticated, match="expected Bearer"):
        tokens.email(header)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_noise_is_refused_and_nothing_else(tokens: IdTokens, noise: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.email(f"Bearer {noise}")


@given(
    st.sampled_from(["eyJhbGciOiJub25lIn0", "W10", "bnVsbA", "e30"]), st.text("eyJ0W.", max_size=9)
)
def test_unsigned_and_malformed_headers_are_refused(tokens: IdTokens, head: str, rest: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.email(f"Bearer {head}.{rest}.")


def test_a_token_that_is_remembered_still_expires(issuer: Issuer) -> None:
    _, other = key_pair()
    served = [issuer.certificates, {"second": other}]
    keys = SigningKeys(lambda: Certificates(served.pop(0), 60))
    now = [clock.now()]
    tokens = IdTokens(keys, audience=AUDIENCE, issuer=issuer.url, clock=lambda: now[0])
    header = f"Bearer {issuer.token('ann@odds.example', exp=1_900_000_000)}"
    keys.refresh()
    assert tokens.email(header) == "ann@odds.example"
    keys.refresh()
    assert tokens.email(header) == "ann@odds.example", "it is remembered"
    now[0] = 1_900_000_000 * 1_000_000
    with pytest.raises(Unauthenticated, match="key id"):
        tokens.email(header)


def test_new_certificates_take_the_place_of_old_ones(issuer: Issuer) -> None:
    key, certificate = key_pair()
    served = [{"first": issuer.certificates["first"]}, {"second": certificate}]
    keys = SigningKeys(lambda: Certificates(served.pop(0), 60))
    tokens = IdTokens(keys, audience=AUDIENCE, issuer=issuer.url, clock=clock.now)
    keys.refresh()
    with pytest.raises(Unauthenticated):
        tokens.email(f"Bearer {issuer.token(PUSH, key=key, key_id='second')}")
    keys.refresh()
    assert tokens.email(f"Bearer {issuer.token(PUSH, key=key, key_id='second')}") == PUSH


def test_while_the_issuer_is_away_known_certificates_stay(issuer: Issuer) -> None:
    sources = [from_url(f"{issuer.url}/certs"), from_url("http://127.0.0.1:1/certs")]
    keys = SigningKeys(lambda: sources.pop(0)())
    with pytest.raises(SigningKeysUnavailable):
        keys.certificates()
    assert keys.refresh() == 19302
    assert keys.refresh() == RETRY_SECONDS
    assert keys.certificates() == issuer.certificates


def test_each_door_opens_for_its_own_callers_only(issuer: Issuer, door: TokenGuard) -> None:
    doors = {
        PUSH: door.require_push,
        "acme@feeds.example": door.require_provider,
        "olga@odds.example": door.require_operator,
        "rita@app.example": door.require_reader,
    }
    for email in doors:
        for owner, require in doors.items():
            if email == owner:
                require(f"Bearer {issuer.token(email)}")
            else:
                with pytest.raises(Forbidden, match=email):
                    require(f"Bearer {issuer.token(email)}")


def test_a_provider_speaks_for_its_own_names_only(issuer: Issuer, door: TokenGuard) -> None:
    header = f"Bearer {issuer.token('acme@feeds.example')}"
    door.require_provider(header, "acme")
    door.require_provider(header, "acme-live")
    with pytest.raises(Forbidden, match="may not speak for bolt; expected acme or acme-live"):
        door.require_provider(header, "bolt")


def test_readers_may_be_everybody_or_everybody_with_a_token(
    issuer: Issuer, tokens: IdTokens
) -> None:
    keys = fetched(issuer)
    TokenGuard(Callers(push=PUSH, readers="public"), tokens, keys).require_reader(None)
    authenticated = TokenGuard(Callers(push=PUSH, readers="authenticated"), tokens, keys)
    authenticated.require_reader(f"Bearer {issuer.token('anyone@odds.example')}")
    with pytest.raises(Unauthenticated):
        authenticated.require_reader(None)


def test_only_a_stack_on_emulators_goes_without_a_guard() -> None:
    with pytest.raises(SettingsError, match="CALLERS_FILE is not set"):
        guard(GuardSettings())


PUBSUB = {"PUBSUB_EMULATOR_HOST": "localhost:8085"}
DATASTORE = {"DATASTORE_EMULATOR_HOST": "localhost:8086"}


@pytest.mark.parametrize(
    ("service", "emulators", "others"),
    [
        (command_api, PUBSUB, DATASTORE),
        (projector, DATASTORE, PUBSUB),
        (replayer, DATASTORE, PUBSUB),
        (replayer, DATASTORE, DATASTORE | {"REPLAYER_ENV": "stg"}),
        (query_api, PUBSUB, {}),
        (query_api, DATASTORE, {}),
    ],
)
def test_a_door_stands_open_only_before_the_emulator_that_the_service_writes_to(
    service: ModuleType, emulators: dict[str, str], others: dict[str, str]
) -> None:
    needed = {"GOOGLE_CLOUD_PROJECT": "p", "DATABASE_URL": "d"}
    assert isinstance(guard(read(service.Settings, needed | emulators)), OpenDoor)
    with pytest.raises(SettingsError, match="CALLERS_FILE is not set"):
        guard(read(service.Settings, needed | others))


def test_a_guard_needs_an_audience_and_a_readable_list_of_callers(tmp_path: Path) -> None:
    callers = tmp_path / "callers.yaml"
    with pytest.raises(SettingsError, match="TOKEN_AUDIENCE is not set"):
        guard(GuardSettings(callers_file=str(callers)))
    given = GuardSettings(callers_file=str(callers), token_audience=AUDIENCE)
    with pytest.raises(SettingsError, match=r"CALLERS_FILE.*No such file"):
        guard(given)
    callers.write_text("push: a@b\nreaders: everybody\n")
    with pytest.raises(SettingsError, match=r"CALLERS_FILE.*everybody"):
        guard(given)


def test_a_list_of_callers_reads_as_it_is_documented(tmp_path: Path) -> None:
    path = tmp_path / "callers.yaml"
    path.write_text(
        "push: push@odds.example\n"
        "providers:\n  acme@feeds.example: [acme, acme-live]\n"
        "operators: [olga@odds.example]\n"
        "readers: [rita@app.example]\n"
    )
    assert Callers.load(path) == CALLERS
