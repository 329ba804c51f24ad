"""Bearer tokens: who a token says its bearer is."""

import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

import jwt
from msgspec import Struct, ValidationError, convert

from application.caller import Caller, Role
from domain.case import Actor, Code, OfficialId, UnitId

ALGORITHMS = ["EdDSA", "RS256", "ES256"]
_LEEWAY_SECONDS = 30
_REMEMBERED = 10_000


class TokenRefused(Exception):
    """The token is missing, expired or not ours: sign in again."""


class NotADeputy(Exception):
    """Your token doesn't let you act for this official."""


class Claims(Struct, frozen=True, kw_only=True):
    """What a token has to say. ``azp`` is the client program; ``may_act_for`` whom it deputises."""

    sub: OfficialId
    unit: UnitId
    roles: frozenset[Role]
    azp: Code
    exp: int
    may_act_for: frozenset[OfficialId] = frozenset()


class Bearer(Struct, frozen=True):
    """Whoever a good token names."""

    claims: Claims

    def caller(self, on_behalf_of: str | None) -> Caller:
        """The caller, acting for *on_behalf_of* where the token allows it."""
        claims = self.claims
        if on_behalf_of is not None and on_behalf_of not in claims.may_act_for:
            raise NotADeputy(NotADeputy.__doc__)
        actor = Actor(
            official=claims.sub, unit=claims.unit, client=claims.azp, on_behalf_of=on_behalf_of
        )
        return Caller(actor, claims.roles - {Role.SYSTEM})


class TokenChecker:
    """Checks signature, issuer, audience and time. A good token is remembered until it ends."""

    def __init__(self, keys: jwt.PyJWKSet, issuer: str, audience: str) -> None:
        self._keys = {key.key_id: key for key in keys.keys}
        self._issuer = issuer
        self._audience = audience
        self._good: OrderedDict[str, Bearer] = OrderedDict()

    def check(self, authorization: str | None) -> Bearer:
        """The bearer of an Authorization header. Raises TokenRefused."""
        if not authorization or not authorization.startswith("Bearer "):
            raise TokenRefused("Send an Authorization header with a bearer token")
        token = authorization[7:]
        known = self._good.get(token)
        if known and known.claims.exp > time.time():
            return known
        bearer = Bearer(self._claims(token))
        self._good[token] = bearer
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)
        return bearer

    def _claims(self, token: str) -> Claims:
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            return convert(claims, Claims)
        except (jwt.PyJWTError, KeyError, ValidationError) as error:
            raise TokenRefused(TokenRefused.__doc__) from error


def keys_from(file: Path) -> jwt.PyJWKSet:
    """The issuer's public keys from a JWKS file."""
    return jwt.PyJWKSet.from_json(file.read_text())
