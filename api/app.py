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
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from api import (
    access_records,
    analytics,
    audit,
    calendar_decisions,
    calendar_feed,
    case_file,
    cases,
    causes,
    changes,
    commands,
    conformance,
    contact_details,
    counts,
    dashboards,
    deadline_working,
    deadlines,
    deputising,
    lists,
    metrics,
    notices,
    problems,
    proofs,
    repeat_candidates,
    repeat_matters,
    repeats,
    reports,
    retention,
    returns,
    system,
    unit_report_forms,
    unit_reports,
)
from api.admission import known_query, known_query_and_json
from api.analytics_composition import make_exports
from api.authentication import Admission, Authentication
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
from api.even_times import hold_until_even
from api.limits import PerMinute
from api.pages.entry import shown_where_pages_are
from api.pages.events import Moves
from api.pages.routes import page_routers
from api.pages.session import CookieSeal, PageAdmission
from api.pages.shell import template_config
from api.pages.sign_in import Issue, SignIn
from api.register_state import Pool, Register
from api.repeats_composition import make_repeats
from api.security_headers import add_security_headers
from api.tokens import ClaimNames, Keys, TokenChecker, keys_from
from application.orders import DatabaseGone
from infra.access_records import AccessLog
from infra.arrays import write_in_binary
from infra.calendar_feeds import CalendarFeeds
from infra.code_names import read_code_names
from infra.deputising import Deputies
from infra.eventstore import ROLE
from infra.group_commit import GroupCommit
from infra.issuer_keys import GivenKeys, IssuerKeys
from infra.proofs import Proofs
from infra.settings import Settings
from infra.sign_in import CodeFlow
from infra.token_settings import DEVELOPMENT_ISSUER, is_discoverable
from projections.history import names_in
from projections.pages import for_reading
from projections.telling import Names

__all__ = ["Authentication", "build_app", "token_checker"]

_SWITCH_SECONDS = 0.0005
"""How long one thread may keep the interpreter while the other waits: the thread that commits
must not wait the default 5 ms for the event loop each time PostgreSQL has answered it."""


def token_checker(settings: Settings) -> TokenChecker:
    """Tokens of the issuer that is set; in development, without one, of the built-in issuer."""
    tokens = settings.tokens
    names = ClaimNames(
        official=tokens.official_claim,
        unit=tokens.unit_claim,
        roles=tokens.roles_claim,
        may_act_for=tokens.deputy_claim,
        role_prefix=tokens.role_prefix,
    )
    return TokenChecker(_keys(settings), settings.token_issuer, settings.token_audience, names)


def _keys(settings: Settings) -> Keys:
    """From the file, where one is set; else from the issuer; else the built-in issuer's."""
    if settings.jwks_file:
        return GivenKeys(keys_from(settings.jwks_file))
    if is_discoverable(settings.token_issuer):
        return IssuerKeys(settings.token_issuer, settings.tokens.keys_seconds)
    return GivenKeys(DevelopmentIssuer(settings).keys())


def _ways_in(settings: Settings) -> tuple[CodeFlow | None, Issue | None]:
    """How readers of the pages sign in: with the issuer that is set, or the built-in one."""
    if settings.pages.client_id:
        return CodeFlow(settings.token_issuer, settings.pages), None
    if settings.environment == "development" and settings.token_issuer == DEVELOPMENT_ISSUER:
        return None, DevelopmentIssuer(settings).issue
    return None, None


def build_app(settings: Settings, conninfo: str) -> Litestar:
    """The application over a migrated database."""
    tokens = token_checker(settings)
    requests = PerMinute(settings.tokens.requests_per_minute)
    refused = PerMinute(settings.tokens.refused_tokens_per_minute)
    refused_codes = PerMinute(settings.tokens.refused_tokens_per_minute)
    seal = CookieSeal(settings.master_key)
    return Litestar(
        route_handlers=[
            Router(
                path="/api/v1",
                route_handlers=[
                    Router(
                        "/",
                        route_handlers=[
                            *commands.routes(),
                            *calendar_decisions.BODY_ROUTES,
                            *deputising.BODY_ROUTES,
                            *repeat_candidates.BODY_ROUTES,
                        ],
                        before_request=known_query_and_json,
                    ),
                    *calendar_decisions.ROUTES,
                    *lists.ROUTES,
                    *counts.ROUTES,
                    *dashboards.ROUTES,
                    *analytics.ROUTES,
                    *changes.ROUTES,
                    *deadlines.ROUTES,
                    *deadline_working.ROUTES,
                    *notices.ROUTES,
                    *deputising.ROUTES,
                    *calendar_feed.ROUTES,
                    *cases.ROUTES,
                    *case_file.ROUTES,
                    *proofs.ROUTES,
                    *repeats.ROUTES,
                    *repeat_candidates.ROUTES,
                    *reports.ROUTES,
                    *returns.ROUTES,
                    *repeat_matters.ROUTES,
                    *causes.ROUTES,
                    *unit_reports.ROUTES,
                    *unit_report_forms.ROUTES,
                    *retention.ROUTES,
                    *audit.ROUTES,
                    *conformance.ROUTES,
                    *contact_details.ROUTES,
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
            *page_routers(),
        ],
        middleware=[
            DefineMiddleware(
                Admission,
                tokens=tokens,
                requests=requests,
                refused=refused,
            ),
            DefineMiddleware(
                PageAdmission, tokens=tokens, requests=requests, refused=refused, seal=seal
            ),
        ],
        exception_handlers={**problems.HANDLERS, NotFoundException: shown_where_pages_are},
        template_config=template_config(),
        after_exception=[access_records.record_refusal],
        before_send=[hold_until_even, add_security_headers, access_records.require_record],
        lifespan=[partial(_running, settings, conninfo, tokens)],
        openapi_config=_openapi(),
        request_max_body_size=settings.max_body_bytes,
        state=State(
            {
                "query_names": {},
                "sign_in": SignIn(seal, *_ways_in(settings), refused_codes),
                "moves": Moves(),
                "looks": access_records.Looks(),
                "ending": lambda: False,
            }
        ),
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
    accesses = AccessLog(conninfo)
    following = asyncio.create_task(follow_calendar(desk))
    following_keys = asyncio.create_task(tokens.keys.follow())
    app.state.register = Register(
        settings=settings,
        desk=desk,
        group=group,
        pool=pool,
        accesses=accesses,
        keys=desk.keys,
        tokens=tokens,
        documents=Documents(desk),
        calendar_feeds=CalendarFeeds(desk.log.datastore),
        deputies=Deputies(desk.log.datastore),
        proofs=Proofs(settings.proof.log_origin),
        organisation=organisation_in(conninfo),
        names=kept(partial(_names, conninfo, settings)),
        terms=terms_asked_of(settings, desk),
        calendar=calendars_used(desk),
        connect=partial(_connect, conninfo),
        previewing=asyncio.Lock(),
        repeats=make_repeats(conninfo, desk),
        exports=make_exports(conninfo, desk.keys),
    )
    try:
        yield
    finally:
        following.cancel()
        following_keys.cancel()
        await group.stop()
        await accesses.close()
        await pool.close()
        desk.close()


def _names(conninfo: str, settings: Settings) -> Names:
    codes = read_code_names(settings.names_file)
    with psycopg.connect(conninfo) as conn:
        return names_in(conn, ZoneInfo(settings.time_zone), codes)


def _connect(conninfo: str) -> Connection[TupleRow]:
    conn = psycopg.connect(conninfo, autocommit=True)
    conn.execute(f"SET ROLE {ROLE}")
    return conn


def _pool(conninfo: str, size: int) -> Pool:
    async def take_role(conn: AsyncConnection[TupleRow]) -> None:
        await conn.execute(f"SET ROLE {ROLE}")
        await conn.execute("SET default_transaction_read_only = on")
        await for_reading(conn)
        write_in_binary(conn.adapters)

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
