"""Signing in to the pages and out of them: with the token issuer, in development by choosing who.

The session never lasts longer than its token, nor than half a day.
"""

import time
from collections.abc import Callable, Iterable
from secrets import token_urlsafe
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from msgspec import Struct

from api.authentication import PUBLIC, entered
from api.language import CHOSEN
from api.limits import PerMinute
from api.pages.entry import require_our_form
from api.pages.refused import SignInNotBegun, SignInNotSetUp, SignInRefused
from api.pages.session import (
    CookieSeal,
    begun,
    browser_cookie,
    cookies_of,
    no_cookies,
    session_in,
)
from api.pages.shell import is_secure, page, preference, reader_language, words_for
from api.register_state import AppRequest, register_of
from api.tokens import Bearer, IssuerAway, NotEntered
from application.caller import Role
from infra.sign_in import CodeFlow, CodeRefused, IssuerUnreachable

FLOW = "karguzar-sign-in"
_PATH = "/sign-in"
_FLOW_SECONDS = 600
_SESSION_SECONDS = 12 * 3600
_GIVEN = tuple(role for role in Role if role is not Role.SYSTEM)
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})

Issue = Callable[[str, str, Iterable[Role]], str]
Next = Annotated[str | None, QueryParameter(name="next", max_length=2000)]
Answered = Annotated[str | None, QueryParameter(max_length=4000, pattern=r"^[^\x00]*$")]


class Flow(Struct, frozen=True):
    """A sign-in under way, kept in its browser: where it leads, and what the issuer sends back."""

    state: str
    verifier: str
    next: str
    until: int


class SignIn(Struct, frozen=True):
    """``code_flow`` is the way through the issuer, ``issue`` gives a token in development.

    Where neither is set nobody signs in. ``refused`` counts what was refused, by address: many sign
    in behind one, and none of them shall wait for another's mistakes.
    """

    seal: CookieSeal
    code_flow: CodeFlow | None
    issue: Issue | None
    refused: PerMinute


class Offered(Struct, frozen=True):
    """Somebody whom one may sign in as."""

    official: str
    name: str
    unit: str
    roles: list[str]


@get(_PATH, operation_id="pages.sign-in", opt={PUBLIC: True}, include_in_schema=False)
async def sign_in(request: AppRequest, next_: Next = None) -> Redirect | Template:
    way = _way(request)
    flow = Flow(
        token_urlsafe(24), token_urlsafe(48), local(next_), int(time.time()) + _FLOW_SECONDS
    )
    kept = browser_cookie(
        FLOW, way.seal.sealed(flow), _FLOW_SECONDS, secure=is_secure(request), path=_PATH
    )
    if way.code_flow:
        try:
            address = await way.code_flow.address(_back(request), flow.state, flow.verifier)
        except IssuerUnreachable:
            raise IssuerAway(IssuerAway.__doc__) from None
        return Redirect(address, status_code=303, cookies=[kept])
    shown = page(
        request,
        "sign_in.html",
        offered=_offered(request),
        officials=_officials(request),
        roles=[str(role) for role in _GIVEN],
        csrf=flow.state,
    )
    shown.cookies = [kept]
    return shown


@get(
    f"{_PATH}/callback",
    operation_id="pages.sign-in-back",
    opt={PUBLIC: True},
    include_in_schema=False,
)
async def sign_in_back(
    request: AppRequest,
    code: Answered = None,
    answered: Annotated[str | None, QueryParameter(name="state", max_length=200)] = None,
    iss: Answered = None,
) -> Response[Any]:
    way, flow = _way(request), _flow(request)
    if way.code_flow is None:
        raise SignInNotSetUp(SignInNotSetUp.__doc__)
    if flow is None or not answered or answered != flow.state:
        raise SignInNotBegun(SignInNotBegun.__doc__)
    if code is None or (iss is not None and iss != way.code_flow.issuer):
        raise SignInRefused(SignInRefused.__doc__)
    try:
        token = await way.code_flow.token(code, flow.verifier, _back(request))
    except CodeRefused:
        _count(request, way)
        raise SignInRefused(SignInRefused.__doc__) from None
    except IssuerUnreachable:
        raise IssuerAway(IssuerAway.__doc__) from None
    return await _with_session(request, way, token, flow.next)


@post(_PATH, operation_id="pages.sign-in-as", opt={PUBLIC: True}, include_in_schema=False)
async def sign_in_as(request: AppRequest) -> Response[Any]:
    """In development only: as whom one likes, with the roles one likes."""
    way, flow = _way(request), _flow(request)
    if way.issue is None:
        raise SignInNotSetUp(SignInNotSetUp.__doc__)
    await require_our_form(request, flow.state if flow else "")
    form = await request.form()
    official = str(form.get("official", ""))
    entry = await register_of(request).entry_of(official)
    if flow is None or entry is None or entry.kind == "client":
        _count(request, way)
        raise NotEntered(NotEntered.__doc__)
    roles = [role for role in _GIVEN if str(role) in form.getall("roles", [])]
    return await _with_session(request, way, way.issue(official, entry.unit, roles), flow.next)


@post("/sign-out", operation_id="pages.sign-out", opt={PUBLIC: True}, include_in_schema=False)
async def sign_out(request: AppRequest) -> Redirect:
    way: SignIn = request.app.state.sign_in
    if session := session_in(way.seal, request.cookies):
        await require_our_form(request, session.csrf)
    cookies = no_cookies(secure=is_secure(request))
    return Redirect("/sign-out", status_code=303, cookies=cookies)


@get("/sign-out", operation_id="pages.signed-out", opt={PUBLIC: True}, include_in_schema=False)
async def signed_out(request: AppRequest) -> Template:
    way: SignIn = request.app.state.sign_in
    elsewhere = None
    if way.code_flow:
        try:
            elsewhere = await way.code_flow.way_out()
        except IssuerUnreachable:
            elsewhere = None
    return page(request, "signed_out.html", elsewhere=elsewhere)


async def enter(request: AppRequest) -> Redirect | None:
    """Before the handlers here, which have no session to look at."""
    request.scope["state"][CHOSEN] = reader_language(request)
    return preference(request)


ROUTES: list[Any] = [sign_in, sign_in_back, sign_in_as, sign_out, signed_out]


def local(address: str | None) -> str:
    """An address among our own pages; the start for any other."""
    own = address and address.startswith("/pages/") and not {"\\", "\r", "\n"} & set(address)
    return address if own and address else "/"


async def _with_session(
    request: AppRequest, way: SignIn, token: str, leads_to: str
) -> Response[Any]:
    register = register_of(request)
    bearer: Bearer = await entered(register, await register.tokens.check(f"Bearer {token}"))
    until = min(bearer.claims.exp, int(time.time()) + _SESSION_SECONDS)
    secure = is_secure(request)
    forgotten: Cookie = browser_cookie(FLOW, "", 0, secure=secure, path=_PATH)
    cookies = [*cookies_of(way.seal, begun(token, until), secure=secure), forgotten]
    return Redirect(leads_to, status_code=303, cookies=cookies)


def _way(request: AppRequest) -> SignIn:
    """How readers sign in here. Raises SignInNotSetUp.

    In development only this machine's own names will do: a site that made its name lead here
    would else sign in as anybody.
    """
    way: SignIn = request.app.state.sign_in
    if way.code_flow or (way.issue and request.url.hostname in _LOCAL):
        return way
    raise SignInNotSetUp(SignInNotSetUp.__doc__)


def _flow(request: AppRequest) -> Flow | None:
    way: SignIn = request.app.state.sign_in
    flow = way.seal.opened(request.cookies.get(FLOW, ""), Flow)
    return flow if flow and flow.until > time.time() else None


def _count(request: AppRequest, way: SignIn) -> None:
    """Raises TooManyRequests where the address has had its share of refusals."""
    way.refused.take(request.client.host if request.client else "")


def _back(request: AppRequest) -> str:
    public = register_of(request).settings.public_url
    base = public.rstrip("/") if public else f"{request.url.scheme}://{request.url.netloc}"
    return f"{base}{_PATH}/callback"


def _officials(request: AppRequest) -> list[Offered]:
    """All officials that are entered, by name."""
    register, words = register_of(request), words_for(request)
    names, organisation = register.names(), register.organisation()
    people = [
        Offered(official, names.official(official), names.unit(unit), [])
        for official, unit in organisation.officials.items()
        if official not in organisation.clients
    ]
    return words.sorted(people, key=lambda each: each.name)


def _offered(request: AppRequest) -> list[Offered]:
    """Those who show a role in the demo, if this register has them."""
    from application.demo_cast import DEMO_CALLERS  # noqa: PLC0415 - loads slowly

    register = register_of(request)
    names, entered_as = register.names(), register.organisation().officials
    return [
        Offered(official, names.official(official), names.unit(unit), [str(role)])
        for role, (official, unit) in DEMO_CALLERS.items()
        if entered_as.get(official) == unit
    ]
