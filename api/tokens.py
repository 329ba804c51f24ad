"""Bearer tokens: who a token says its bearer is."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import jwt
from msgspec import Struct, ValidationError, convert
from msgspec.structs import replace

from application.caller import Caller, Role
from domain.case import Actor, Code, OfficialId, UnitId

ALGORITHMS = ["EdDSA", "RS256", "ES256"]
LEEWAY_SECONDS = 30
_TYPES = frozenset({"", "jwt", "at+jwt"})
_REMEMBERED = 10_000


class TokenRefused(Exception):
    """The token is missing, expired or not ours: sign in again."""


class IssuerAway(Exception):
    """The token issuer can't be reached and its keys aren't known yet: send it again later."""


class NotADeputy(Exception):
    """You may not act for this official now: the register or your token has to allow it.

    Have a deputising entered first.
    """


class NotEntered(Exception):
    """You are not entered in the register, as an official or a client: ask its administrator."""


class Claims(Struct, frozen=True, kw_only=True):
    """What a token has to say. ``azp`` is the client program; ``may_act_for`` whom it deputises.

    A client that acts as itself is its own ``sub``, and its unit is the one it is entered with.
    """

    sub: OfficialId
    unit: UnitId | None
    roles: frozenset[Role]
    azp: Code
    exp: int
    may_act_for: frozenset[OfficialId] = frozenset()

    @property
    def of_a_client(self) -> bool:
        return self.sub == self.azp


class ClaimNames(Struct, frozen=True, kw_only=True):
    """How the issuer calls the claims; ``a.b`` is the field b of the claim a."""

    official: str = "sub"
    unit: str = "unit"
    roles: str = "roles"
    may_act_for: str = "may_act_for"
    role_prefix: str = ""

    def read(self, token: Mapping[str, Any]) -> Claims:
        """Raises ValidationError where something is missing or has another form.

        Roles come as a list, or as one text with spaces between. Those without the prefix are
        meant for others; what has it has to be a role.
        """
        roles = _at(token, self.roles) or []
        prefix = self.role_prefix
        listed = roles.split() if isinstance(roles, str) else roles
        client = token.get("azp") or token.get("client_id")
        claims = convert(
            {
                "sub": _at(token, self.official),
                "unit": _at(token, self.unit),
                "roles": [
                    str(role).removeprefix(prefix)
                    for role in convert(listed, list[str])
                    if role.startswith(prefix)
                ],
                "azp": client,
                "exp": token["exp"],
                "may_act_for": _at(token, self.may_act_for) or (),
            },
            Claims,
        )
        if claims.unit is None and not claims.of_a_client:
            raise ValidationError("an official has a unit")
        return claims


class Bearer(Struct, frozen=True):
    """Whoever a good token names, and for whom the register lets them act."""

    claims: Claims
    deputises: frozenset[str] = frozenset()

    def caller(self, on_behalf_of: str | None) -> Caller:
        """The caller, acting for *on_behalf_of* where token or register allow it."""
        claims = self.claims
        if on_behalf_of is not None and not (
            on_behalf_of in claims.may_act_for or on_behalf_of in self.deputises
        ):
            raise NotADeputy(NotADeputy.__doc__)
        if claims.unit is None:
            raise NotEntered(NotEntered.__doc__)
        actor = Actor(
            official=claims.sub, unit=claims.unit, client=claims.azp, on_behalf_of=on_behalf_of
        )
        return Caller(actor, claims.roles - {Role.SYSTEM})

    def of_unit(self, unit: str) -> "Bearer":
        """The same bearer in this unit."""
        return Bearer(replace(self.claims, unit=unit), self.deputises)


class Keys(Protocol):
    """The issuer's public keys by their ids; None while they have never been read.

    A key that stays is the same object.
    """

    current: Mapping[str, jwt.PyJWK] | None

    async def look_again(self) -> None: ...
    async def follow(self) -> None: ...


class _Good(Struct, frozen=True):
    bearer: Bearer
    key_id: str
    key: jwt.PyJWK


class TokenChecker:
    """Checks signature, issuer, audience and time.

    A good token is remembered until it ends or its key is gone.
    """

    def __init__(
        self, keys: Keys, issuer: str, audience: str, names: ClaimNames | None = None
    ) -> None:
        self.keys = keys
        self._issuer = issuer
        self._audience = audience
        self._names = names or ClaimNames()
        self._good: OrderedDict[str, _Good] = OrderedDict()

    async def check(self, authorization: str | None) -> Bearer:
        """The bearer of an Authorization header. Raises TokenRefused or IssuerAway."""
        if not authorization or not authorization.startswith("Bearer "):
            raise TokenRefused("Send an Authorization header with a bearer token")
        token = authorization[7:]
        keys = self.keys.current or {}
        good = self._good.get(token)
        if good and good.bearer.claims.exp > time.time() and keys.get(good.key_id) is good.key:
            return good.bearer
        good = await self._checked(token)
        self._good[token] = good
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)
        return good.bearer

    async def _checked(self, token: str) -> _Good:
        try:
            header = jwt.get_unverified_header(token)
            key_id = header["kid"]
            if str(header.get("typ", "")).lower().removeprefix("application/") not in _TYPES:
                raise TokenRefused(TokenRefused.__doc__)
            key = await self._key(key_id)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
            return _Good(Bearer(self._names.read(claims)), key_id, key)
        except (jwt.PyJWTError, KeyError, ValidationError) as error:
            raise TokenRefused(TokenRefused.__doc__) from error

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in (self.keys.current or {}):
            await self.keys.look_again()
        if self.keys.current is None:
            raise IssuerAway(IssuerAway.__doc__)
        return self.keys.current[key_id]


def keys_from(file: Path) -> jwt.PyJWKSet:
    """The issuer's public keys from a JWKS file."""
    return jwt.PyJWKSet.from_json(file.read_text())


def _at(token: Mapping[str, Any], name: str) -> Any:
    value: Any = token
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
