"""The session of a reader of the pages: a token, kept sealed in the reader's own browser.

The server keeps nothing of it. Only the pages take it: the API knows bearer tokens alone, so that
no other site can make a browser give it a command.
"""

import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware.authentication import AuthenticationResult
from litestar.types import ASGIApp
from msgspec import DecodeError, Struct, ValidationError, json

from api.authentication import Admission
from api.limits import PerMinute
from api.pages.refused import TokenTooLong
from api.tokens import TokenChecker

SESSION = "karguzar-session"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_PIECE = 3_800
"""A browser keeps 4,096 characters of a cookie, its name and attributes among them."""
_PIECES = 4
Sealed = TypeVar("Sealed", bound=Struct)


class Session(Struct, frozen=True):
    """``until`` is the end of the token, in seconds; ``csrf`` is what its forms have to bring."""

    token: str
    until: int
    csrf: str


class CookieSeal:
    """Seals what browsers keep for the server, under a key that comes of the master key.

    Every worker has the same; with a new master key all sign in again.
    """

    def __init__(self, master_key: bytes) -> None:
        derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"karguzar pages")
        self._aead = AESGCM(derivation.derive(master_key))

    def sealed(self, thing: Struct) -> str:
        """Text for a cookie; it opens as the same type only."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, json.encode(thing), type(thing).__name__.encode())
        return urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def opened(self, text: str, form: type[Sealed]) -> Sealed | None:
        """None for what this server didn't seal, or seals no more."""
        try:
            content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            nonce, sealed = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
            plain = self._aead.decrypt(nonce, sealed, form.__name__.encode())
            return json.decode(plain, type=form)
        except (NotBase64, ValueError, InvalidTag, DecodeError, ValidationError):
            return None


def begun(token: str, until: int) -> Session:
    return Session(token, until, token_urlsafe(24))


def session_in(seal: CookieSeal, cookies: Mapping[str, str]) -> Session | None:
    """The session that the cookies hold, if it has not ended."""
    text = "".join(cookies.get(name, "") for name in _names())
    session = seal.opened(text, Session) if text else None
    return session if session and session.until > time.time() else None


def cookies_of(seal: CookieSeal, session: Session, *, secure: bool) -> list[Cookie]:
    """The session as cookies, which end with its token. Raises TokenTooLong."""
    text = seal.sealed(session)
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    if len(pieces) > _PIECES:
        raise TokenTooLong(TokenTooLong.__doc__)
    left = max(0, session.until - int(time.time()))
    return [
        browser_cookie(name, piece, left if piece else 0, secure=secure)
        for name, piece in zip(_names(), pieces + [""] * (_PIECES - len(pieces)), strict=True)
        if piece or name != SESSION
    ]


def no_cookies(*, secure: bool) -> list[Cookie]:
    """What makes the browser forget the session."""
    return [browser_cookie(name, "", 0, secure=secure) for name in _names()]


def browser_cookie(name: str, value: str, seconds: int, *, secure: bool, path: str = "/") -> Cookie:
    """A cookie that no script reads and no other site's form sends."""
    return Cookie(
        key=name,
        value=value,
        max_age=seconds,
        path=path,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _names() -> list[str]:
    return [SESSION, *(f"{SESSION}-{number}" for number in range(2, _PIECES + 1))]


class PageAdmission(Admission):
    """As to the API, with the token of the session; ``auth`` is what the forms have to bring."""

    looked_at_elsewhere = ("^/(?!$|pages(/|$))",)

    def __init__(
        self,
        app: ASGIApp,
        tokens: TokenChecker,
        requests: PerMinute,
        refused: PerMinute,
        seal: CookieSeal,
    ) -> None:
        super().__init__(app, tokens, requests, refused)
        self._seal = seal

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]
    ) -> AuthenticationResult:
        found = await super().authenticate_request(connection)
        session = session_in(self._seal, connection.cookies)
        return AuthenticationResult(user=found.user, auth=session.csrf if session else "")

    def _sent(self, connection: ASGIConnection) -> str:  # type: ignore[type-arg]
        session = session_in(self._seal, connection.cookies)
        return f"Bearer {session.token}" if session else ""
