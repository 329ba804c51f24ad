"""The application: settings in, Litestar out; plugins and routes one per line."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from litestar import Litestar, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.middleware.authentication import (
    AbstractAuthenticationMiddleware,
    AuthenticationResult,
)
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from api import (
    calendar_decisions,
    calendar_feed,
    cases,
    commands,
    deadline_working,
    deadlines,
    lists,
    metrics,
    notices,
    problems,
    proofs,
    system,
)
from api.admission import known_query, known_query_and_json
from api.composition import (
    RECONNECT_SECONDS,
    calendars_used,
    follow_calendar,
    kept,
    make_desk,
    organisation_in,
    terms_asked_of,
)
from api.development_issuer import DevelopmentIssuer
from api.documents import Documents
from api.register_state import Pool, Register
from api.tokens import TokenChecker, keys_from
from application.orders import DatabaseGone
from infra.calendar_feeds import CalendarFeeds
from infra.eventstore import ROLE
from infra.group_commit import GroupCommit
from infra.proofs import Proofs
from infra.settings import Settings
from projections.history import names_in
from projections.pages import for_reading
from projections.telling import Names

_SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter while the other waits: the thread that commits
must not wait the default 5 ms for the event loop each time PostgreSQL has answered it."""


class Authentication(AbstractAuthenticationMiddleware):
    """Every request but the public ones has to carry a good token."""

    def __init__(self, app: ASGIApp, tokens: TokenChecker) -> None:
        super().__init__(app, exclude_from_auth_key="public", exclude=["^/schema", "^/assets"])
        self._tokens = tokens

    async def authenticate_request(
        self,
        connection: ASGIConnection,  # type: ignore[type-arg]
    ) -> AuthenticationResult:
        headers = connection.scope["headers"]
        sent = next((value for name, value in headers if name == b"authorization"), b"")
        return AuthenticationResult(user=self._tokens.check(sent.decode("latin-1")), auth=None)


def token_checker(settings: Settings) -> TokenChecker:
    """Tokens of the issuer that is set; in development, without one, of the built-in issuer."""
    keys = (
        keys_from(settings.jwks_file) if settings.jwks_file else DevelopmentIssuer(settings).keys()
    )
    return TokenChecker(keys, settings.token_issuer, settings.token_audience)


def build_app(settings: Settings, conninfo: str) -> Litestar:
    """The application over a migrated database."""
    tokens = token_checker(settings)
    return Litestar(
        route_handlers=[
            Router(
                path="/api/v1",
                route_handlers=[
                    Router(
                        "/",
                        route_handlers=[*commands.routes(), *calendar_decisions.BODY_ROUTES],
                        before_request=known_query_and_json,
                    ),
                    *calendar_decisions.ROUTES,
                    *lists.ROUTES,
                    *deadlines.ROUTES,
                    *deadline_working.ROUTES,
                    *notices.ROUTES,
                    *calendar_feed.ROUTES,
                    *cases.ROUTES,
                    *proofs.ROUTES,
                    system.read_positions,
                ],
                before_request=known_query,
                request_max_body_size=settings.max_body_bytes,
            ),
            Router(
                path="/api/v1",
                route_handlers=cases.DOCUMENT_ROUTES,
                before_request=known_query,
                request_max_body_size=settings.document_max_bytes,
            ),
            system.live,
            system.ready,
            system.metrics,
            system.problems,
            calendar_feed.calendar,
            _assets(),
        ],
        middleware=[DefineMiddleware(Authentication, tokens=tokens)],
        exception_handlers=problems.HANDLERS,
        lifespan=[partial(_running, settings, conninfo, tokens)],
        openapi_config=_openapi(),
        request_max_body_size=settings.max_body_bytes,
        state=State({"query_names": {}}),
        debug=False,
        logging_config=None,
    )


@asynccontextmanager
async def _running(
    settings: Settings, conninfo: str, tokens: TokenChecker, app: Litestar
) -> AsyncIterator[None]:
    sys.setswitchinterval(_SWITCH_SECONDS)
    desk = make_desk(settings, conninfo)
    group = GroupCommit(
        desk.execute_batch,
        DatabaseGone,
        largest=settings.batch_size,
        on_batch=metrics.batch_done,
    )
    group.start()
    pool = _pool(conninfo, settings.pool_size)
    await pool.open()
    following = asyncio.create_task(follow_calendar(desk))
    app.state.register = Register(
        settings=settings,
        desk=desk,
        group=group,
        pool=pool,
        keys=desk.keys,
        tokens=tokens,
        documents=Documents(desk),
        calendar_feeds=CalendarFeeds(desk.log.datastore),
        proofs=Proofs(settings.proof.log_origin),
        organisation=organisation_in(conninfo),
        names=kept(partial(_names, conninfo, ZoneInfo(settings.time_zone))),
        terms=terms_asked_of(settings, desk),
        calendar=calendars_used(desk),
        connect=partial(_connect, conninfo),
        previewing=asyncio.Lock(),
    )
    try:
        yield
    finally:
        following.cancel()
        await group.stop()
        await pool.close()
        desk.close()


def _names(conninfo: str, time_zone: ZoneInfo) -> Names:
    with psycopg.connect(conninfo) as conn:
        return names_in(conn, time_zone)


def _connect(conninfo: str) -> Connection[TupleRow]:
    conn = psycopg.connect(conninfo, autocommit=True)
    conn.execute(f"SET ROLE {ROLE}")
    return conn


def _pool(conninfo: str, size: int) -> Pool:
    async def take_role(conn: AsyncConnection[TupleRow]) -> None:
        await conn.execute(f"SET ROLE {ROLE}")
        await conn.execute("SET default_transaction_read_only = on")
        await for_reading(conn)

    return AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=size,
        open=False,
        kwargs={"autocommit": True, "prepare_threshold": 2},
        configure=take_role,
        timeout=5,
        reconnect_timeout=RECONNECT_SECONDS,
        check=AsyncConnectionPool.check_connection,
    )


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Karguzar",
        version=version("karguzar"),
        description=(
            "The register behind a department that answers to citizens. "
            "A command is a POST; its answer tells what was recorded and at which position."
        ),
        path="/schema",
        render_plugins=[
            SwaggerRenderPlugin(
                js_url="/assets/swagger-ui/swagger-ui-bundle.js",
                css_url="/assets/swagger-ui/swagger-ui.css",
                standalone_preset_js_url="/assets/swagger-ui/swagger-ui-standalone-preset.js",
                favicon='<link rel="icon" href="/assets/swagger-ui/favicon-32x32.png">',
                path="/",
            )
        ],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}
        ),
        security=[{"bearer": []}],
    )


def _assets() -> Router:
    return create_static_files_router(
        path="/assets",
        directories=[Path(__file__).parent / "assets"],
        include_in_schema=False,
        opt={"public": True},
    )
