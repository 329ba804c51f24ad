"""What makes a token good: signature, issuer, audience, type, times, claims."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from freezegun import freeze_time

from api.tokens import Bearer, ClaimNames, NotEntered, TokenChecker, TokenRefused
from application.caller import Role
from infra.issuer_keys import GivenKeys, usable

ISSUER = "https://id.example.gov"
KEY = Ed25519PrivateKey.generate()
OTHER_KEY = Ed25519PrivateKey.generate()
NOON = 1_780_000_000
GOOD = {
    "iss": ISSUER,
    "aud": "karguzar",
    "sub": "aliyev",
    "unit": "records",
    "roles": ["registrar"],
    "azp": "desk",
    "iat": NOON,
    "exp": NOON + 600,
}


def public(key: Ed25519PrivateKey = KEY, **more: Any) -> dict[str, Any]:
    told = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
    return {**told, "kid": "one", "use": "sig", "alg": "EdDSA", **more}


def checker(**names: str) -> TokenChecker:
    keys = GivenKeys(jwt.PyJWKSet([public()]))
    return TokenChecker(keys, ISSUER, "karguzar", ClaimNames(**names))


def token(
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: Ed25519PrivateKey = KEY,
    **changes: Any,
) -> str:
    said = {**(claims or GOOD), **changes}
    return jwt.encode(
        {name: value for name, value in said.items() if value is not None},
        key,
        algorithm="EdDSA",
        headers={"kid": "one", **(header or {})},
    )


def taken(sent: str, at: float = NOON, by: TokenChecker | None = None) -> Bearer:
    with freeze_time(_instant(at)):
        return asyncio.run((by or checker()).check(f"Bearer {sent}"))


def _instant(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def refuses(sent: str, at: float = NOON, by: TokenChecker | None = None) -> None:
    with pytest.raises(TokenRefused):
        taken(sent, at, by)


def test_a_good_token_names_official_unit_roles_and_client() -> None:
    caller = taken(token()).caller(None)
    assert (caller.actor.official, caller.actor.unit, caller.actor.client) == (
        "aliyev",
        "records",
        "desk",
    )
    assert caller.roles == {Role.REGISTRAR}


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt", "application/at+jwt", "AT+JWT"])
def test_an_access_token_says_so_or_nothing(typ: str | None) -> None:
    assert taken(token(header={"typ": typ})).claims.sub == "aliyev"


@pytest.mark.parametrize("typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "id_token+jwt"])
def test_what_says_it_is_another_kind_of_token_is_none(typ: str) -> None:
    refuses(token(header={"typ": typ}))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "elsewhere"},
        {"aud": None},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"exp": None},
        {"sub": None},
        {"azp": None},
        {"unit": None},
        {"roles": ["registrar", "emperor"]},
        {"roles": [1]},
        {"roles": {"a": 1}},
        {"may_act_for": "chair"},
    ],
)
def test_a_token_without_one_of_its_claims_is_refused(changes: dict[str, Any]) -> None:
    refuses(token(**changes))


def test_another_key_under_the_same_id_is_refused() -> None:
    refuses(token(key=OTHER_KEY))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_the_public_key_is_never_a_shared_secret(algorithm: str) -> None:
    secret = "" if algorithm == "none" else public()["x"]
    refuses(jwt.encode(GOOD, secret, algorithm=algorithm, headers={"kid": "one"}))


@pytest.mark.parametrize(
    ("times", "fits"),
    [
        ({"exp": NOON - 29}, True),
        ({"exp": NOON - 31}, False),
        ({"nbf": NOON + 29}, True),
        ({"nbf": NOON + 31}, False),
        ({"iat": NOON + 29}, True),
        ({"iat": NOON + 31}, False),
    ],
)
def test_clocks_may_differ_by_thirty_seconds_either_way(times: dict[str, int], fits: bool) -> None:
    if fits:
        assert taken(token(GOOD | times)).claims.sub == "aliyev"
    else:
        refuses(token(GOOD | times))


def test_a_remembered_token_ends_too() -> None:
    remembering, sent = checker(), token()
    assert taken(sent, NOON, remembering) is taken(sent, NOON + 599, remembering)
    assert taken(sent, NOON + 620, remembering).claims.exp == NOON + 600
    refuses(sent, NOON + 631, remembering)


def test_claims_may_have_the_names_that_the_issuer_gives_them() -> None:
    nested = {
        **{name: GOOD[name] for name in ("iss", "aud", "azp", "iat", "exp")},
        "sub": "f1b6",
        "preferred_username": "aliyev",
        "department": {"code": "records"},
        "realm_access": {"roles": ["offline_access", "karguzar-registrar"]},
        "deputy_of": ["chair"],
    }
    named = checker(
        official="preferred_username",
        unit="department.code",
        roles="realm_access.roles",
        may_act_for="deputy_of",
        role_prefix="karguzar-",
    )
    caller = taken(token(nested), by=named).caller("chair")
    assert (caller.actor.official, caller.actor.unit) == ("aliyev", "records")
    assert caller.actor.on_behalf_of == "chair"
    assert caller.roles == {Role.REGISTRAR}
    refuses(token({**nested, "realm_access": {"roles": ["karguzar-emperor"]}}), by=named)


def test_roles_may_stand_in_one_text() -> None:
    assert taken(token(roles="registrar executor")).claims.roles == {Role.REGISTRAR, Role.EXECUTOR}


def test_a_client_that_acts_as_itself_has_the_unit_it_is_entered_with() -> None:
    bearer = taken(token(sub="call-centre", azp=None, client_id="call-centre", unit=None))
    assert bearer.claims.of_a_client
    with pytest.raises(NotEntered):
        bearer.caller(None)
    assert bearer.of_unit("records").caller(None).actor.unit == "records"


def test_an_issuer_may_publish_keys_that_are_not_for_tokens() -> None:
    published = [
        public(kid="signs"),
        public(kid="encrypts", use="enc"),
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken", "n": "?", "e": "AQAB"},
        public(kid=None),
        {"kid": "nothing"},
    ]
    assert set(usable(published)) == {"signs"}
