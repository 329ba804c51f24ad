"""Who asks: the bearer of the token, whether they are entered, and for whom they may act now."""

from datetime import UTC, datetime

from litestar.connection import ASGIConnection
from litestar.middleware.authentication import (
    AbstractAuthenticationMiddleware,
    AuthenticationResult,
)
from litestar.types import ASGIApp
from msgspec.structs import replace

from api.limits import PerMinute
from api.register_state import Register
from api.tokens import Bearer, NotEntered, TokenChecker, TokenRefused

PUBLIC = "public"
"""The option of a route that answers without a token."""


class Authentication(AbstractAuthenticationMiddleware):
    """Every request but the public ones has to carry a good token.

    Those of the pages carry it in a session, which is looked at there and nowhere else.
    """

    looked_at_elsewhere: tuple[str, ...] = ("^/schema", "^/assets", "^/pages(/|$)", "^/$")

    def __init__(self, app: ASGIApp, tokens: TokenChecker) -> None:
        super().__init__(
            app, exclude_from_auth_key=PUBLIC, exclude=list(self.looked_at_elsewhere) or None
        )
        self._tokens = tokens

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]
    ) -> AuthenticationResult:
        bearer = await self._tokens.check(_header(connection, b"authorization"))
        return AuthenticationResult(user=bearer, auth=None)


class Admission(Authentication):
    """The bearer has to be entered in the register too, and nobody may ask too often.

    A good token is admitted however many bad ones came from the same address, for that may be a
    proxy's. *refused* counts bad tokens by address, *requests* the good ones' by client.
    """

    def __init__(
        self, app: ASGIApp, tokens: TokenChecker, requests: PerMinute, refused: PerMinute
    ) -> None:
        super().__init__(app, tokens)
        self._requests = requests
        self._refused = refused

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]
    ) -> AuthenticationResult:
        sent = self._sent(connection)
        try:
            bearer = await self._tokens.check(sent)
        except TokenRefused:
            if sent:
                self._refused.take(connection.client.host if connection.client else "")
            raise
        self._requests.take(f"{bearer.claims.azp} {bearer.claims.sub}")
        register: Register = connection.app.state.register
        bearer = await entered(register, bearer)
        principal = _header(connection, b"on-behalf-of")
        if principal and principal not in bearer.claims.may_act_for:
            bearer = await deputising(register, bearer, principal)
        return AuthenticationResult(user=bearer, auth=None)

    def _sent(self, connection: ASGIConnection) -> str:  # type: ignore[type-arg]
        """The authorization that came with the request."""
        return _header(connection, b"authorization")


async def entered(register: Register, bearer: Bearer) -> Bearer:
    """The bearer, a client with the unit that it is entered with. Raises NotEntered.

    Where no official is entered at all there is nothing to compare with.
    """
    claims, organisation = bearer.claims, register.organisation()
    if not organisation.officials and claims.unit is not None:
        return bearer
    unit = organisation.officials.get(claims.sub)
    client = claims.sub in organisation.clients
    if unit is None:
        # Perhaps entered a moment ago: the organisation is read again every few seconds.
        found = await register.entry_of(claims.sub)
        unit, client = (found.unit, found.kind == "client") if found else (None, False)
    if unit is None or client != claims.of_a_client:
        raise NotEntered(NotEntered.__doc__)
    return bearer.of_unit(unit) if client else bearer


async def deputising(register: Register, bearer: Bearer, principal: str) -> Bearer:
    """The bearer, who may act for *principal* if the register says so at this instant."""
    async with register.pool.connection() as conn:
        holds = await register.deputies.holds(conn, bearer.claims.sub, principal, datetime.now(UTC))
    return replace(bearer, deputises=frozenset((principal,))) if holds else bearer


def _header(connection: ASGIConnection, wanted: bytes) -> str:  # type: ignore[type-arg]
    for name, value in connection.scope["headers"]:
        if name == wanted:
            return value.decode("latin-1")
    return ""
