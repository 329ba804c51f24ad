"""The public keys that tokens are checked with: from a file, or as the issuer publishes them."""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import httpx
import jwt
import structlog
from msgspec import DecodeError, Struct, ValidationError, json

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 5.0
_LARGEST = 1_000_000
_SOONEST_SECONDS = 10.0
"""How long an unknown key id is not asked about again, so that nobody drives us to the issuer."""
_AWAY_SECONDS = 2.0
_ASYMMETRIC = frozenset({"RSA", "EC", "OKP"})

Keys = Mapping[str, jwt.PyJWK]
Answer = TypeVar("Answer")

log = structlog.get_logger()


class IssuerNotUsable(Exception):
    """What stands at the issuer's address is not this issuer's configuration or keys."""


class Configuration(Struct, frozen=True):
    """What is asked of an issuer's discovery document (OpenID Connect Discovery 1.0)."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()


class _Jwks(Struct, frozen=True):
    keys: list[dict[str, Any]]


class GivenKeys:
    """Keys that stay as they are until the next start."""

    def __init__(self, keys: jwt.PyJWKSet) -> None:
        self.current: Keys | None = {key.key_id: key for key in keys.keys if key.key_id}

    async def look_again(self) -> None:
        """There is nowhere to look."""

    async def follow(self) -> None:
        """There is nothing to follow."""


class IssuerKeys:
    """The keys an issuer publishes. ``current`` is None until they have been read once.

    A key that is still there stays the same object; one the issuer removed is gone with the next
    look, which is *seconds* after the last, or at an unknown key id. While the issuer is away the
    keys stay.
    """

    def __init__(
        self,
        issuer: str,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.current: Keys | None = None
        self._issuer = issuer
        self._seconds = seconds
        self._clock = clock
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self._told: dict[str, dict[str, Any]] = {}

    async def follow(self) -> None:
        """Look at start and from time to time, for ever."""
        while True:
            async with self._looking:
                await self._look()
            await asyncio.sleep(_AWAY_SECONDS if self.current is None else self._seconds)

    async def look_again(self) -> None:
        """Look now, unless somebody did a moment ago; whoever comes meanwhile waits for it."""
        async with self._looking:
            if self._looked_at is None or self._clock() - self._looked_at > _SOONEST_SECONDS:
                await self._look()

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(published, self._issuer)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, IssuerNotUsable) as error:
            log.warning("issuer-keys-not-read", error=type(error).__name__, issuer=self._issuer)
        else:
            self._take(found)
        finally:
            self._looked_at = self._clock()

    def _take(self, found: Sequence[dict[str, Any]]) -> None:
        told = {str(each["kid"]): each for each in found if each.get("kid")}
        before = self.current or {}
        stay = {name for name in before if told.get(name) == self._told.get(name)}
        read = usable([each for name, each in told.items() if name not in stay])
        now = {name: before[name] for name in stay} | read
        if read or now.keys() != before.keys():
            log.info("issuer-keys-read", keys=sorted(now))
        self._told = told
        self.current = MappingProxyType(now)


def published(issuer: str) -> list[dict[str, Any]]:
    """The keys an issuer publishes now, as JSON Web Keys. Blocks; raises if it can't be read.

    Redirects are not followed and no proxy of the environment comes between.
    """
    with _client() as client:
        found = _configuration(client, issuer)
        return _read(client, found.jwks_uri, _Jwks).keys


def configuration(issuer: str) -> Configuration:
    """What the issuer says of itself now. Blocks; raises if it can't be read."""
    with _client() as client:
        return _configuration(client, issuer)


def usable(found: Sequence[dict[str, Any]]) -> dict[str, jwt.PyJWK]:
    """The public keys for signatures that have an id; an issuer may publish others as well."""
    keys: dict[str, jwt.PyJWK] = {}
    for each in found:
        if each.get("kty") in _ASYMMETRIC and each.get("use", "sig") == "sig" and each.get("kid"):
            try:
                keys[str(each["kid"])] = jwt.PyJWK(each)
            except (jwt.PyJWTError, ValueError):
                log.warning("issuer-key-not-usable", key_type=each["kty"])
    return keys


def _client() -> httpx.Client:
    return httpx.Client(timeout=_SECONDS, verify=ssl.create_default_context(), trust_env=False)


def _configuration(client: httpx.Client, issuer: str) -> Configuration:
    """It has to name the issuer exactly, so that another one's keys are never taken for its own."""
    found = _read(client, issuer.rstrip("/") + _DISCOVERY, Configuration)
    if found.issuer != issuer:
        raise IssuerNotUsable("the configuration names another issuer")
    if issuer.startswith("https:") and not found.jwks_uri.startswith("https:"):
        raise IssuerNotUsable("the keys' address has no TLS")
    return found


def _read(client: httpx.Client, url: str, form: type[Answer]) -> Answer:
    with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        answer.raise_for_status()
        if answer.is_redirect:
            raise IssuerNotUsable("the issuer redirects")
        content = b""
        for part in answer.iter_bytes():
            content += part
            if len(content) > _LARGEST:
                raise IssuerNotUsable("the answer is too large")
    try:
        return json.decode(content, type=form)
    except (DecodeError, ValidationError):
        raise IssuerNotUsable("the answer has another form") from None
