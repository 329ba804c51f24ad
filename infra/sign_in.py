"""Signing in with the token issuer: the authorization code flow of OpenID Connect, with PKCE."""

import asyncio
import ssl
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote, urlencode

import httpx
import structlog
from msgspec import DecodeError, Struct, ValidationError, json

from infra.issuer_keys import Configuration, IssuerNotUsable, configuration
from infra.page_settings import PageSettings

_SECONDS = 5.0
_REMEMBERED_SECONDS = 300.0
_AWAY_SECONDS = 5.0
"""How long an issuer that didn't answer isn't asked again."""
_LARGEST = 100_000
_POST = "client_secret_post"

log = structlog.get_logger()


class IssuerUnreachable(Exception):
    """The issuer can't be asked now."""


class CodeRefused(Exception):
    """The issuer gave no token for the code."""


class _Given(Struct, frozen=True):
    access_token: str


class CodeFlow:
    """The register as the issuer's client; what the issuer says of itself is kept for minutes.

    One caller at a time asks for it; the others have what was known before, if anything was.
    """

    def __init__(
        self,
        issuer: str,
        settings: PageSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._settings = settings
        self._known: Configuration | None = None
        self._clock = clock
        self._asking = asyncio.Lock()
        self._ask_at: float | None = None

    async def address(self, back: str, state: str, verifier: str) -> str:
        """Where the reader signs in, to come *back* with *state*. Raises IssuerUnreachable."""
        known = await self._configuration()
        settings = self._settings
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": settings.client_id or "",
            "redirect_uri": back,
            "scope": settings.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self._resource,
        }
        at = known.authorization_endpoint or ""
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    async def token(self, code: str, verifier: str, back: str) -> str:
        """The access token for a code. Raises CodeRefused or IssuerUnreachable."""
        known = await self._configuration()
        return await asyncio.to_thread(self._exchanged, known, code, verifier, back)

    async def way_out(self) -> str | None:
        """Where the reader may sign out at the issuer too, if it has such a place."""
        known = await self._configuration()
        if known.end_session_endpoint is None:
            return None
        return f"{known.end_session_endpoint}?client_id={quote(self._settings.client_id or '')}"

    @property
    def _resource(self) -> dict[str, str]:
        return {"resource": self._settings.resource} if self._settings.resource else {}

    async def _configuration(self) -> Configuration:
        if self._known is None or not self._asking.locked():
            async with self._asking:
                if self._ask_at is None or self._clock() >= self._ask_at:
                    await self._ask()
        if self._known is None:
            raise IssuerUnreachable(IssuerUnreachable.__doc__)
        return self._known

    async def _ask(self) -> None:
        try:
            found = await asyncio.to_thread(configuration, self.issuer)
            self._known = _usable(found, self.issuer)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, IssuerNotUsable) as error:
            log.warning("issuer-not-read", error=type(error).__name__, issuer=self.issuer)
        finally:
            kept = _AWAY_SECONDS if self._known is None else _REMEMBERED_SECONDS
            self._ask_at = self._clock() + kept

    def _exchanged(self, known: Configuration, code: str, verifier: str, back: str) -> str:
        settings = self._settings
        client, secret = settings.client_id or "", settings.client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
            **self._resource,
        }
        headers = {"Accept": "application/json"}
        if secret is None:
            form["client_id"] = client
        elif known.token_endpoint_auth_methods_supported == (_POST,):
            form |= {"client_id": client, "client_secret": secret}
        else:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        try:
            with httpx.Client(
                timeout=_SECONDS, verify=ssl.create_default_context(), trust_env=False
            ) as http:
                answer = http.post(known.token_endpoint or "", data=form, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            log.warning("token-not-asked", error=type(error).__name__, issuer=self.issuer)
            raise IssuerUnreachable(IssuerUnreachable.__doc__) from None
        try:
            if answer.status_code == httpx.codes.OK and len(answer.content) <= _LARGEST:
                return json.decode(answer.content, type=_Given).access_token
        except (DecodeError, ValidationError):
            pass
        log.warning("code-refused", status=answer.status_code, issuer=self.issuer)
        raise CodeRefused(CodeRefused.__doc__)


def _usable(found: Configuration, issuer: str) -> Configuration:
    for address in (found.authorization_endpoint, found.token_endpoint):
        if address is None:
            raise IssuerNotUsable("the configuration has no place to sign in")
        if issuer.startswith("https:") and not address.startswith("https:"):
            raise IssuerNotUsable("a place to sign in has no TLS")
    return found
