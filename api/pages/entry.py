"""What every page asks of a request first, and how a page tells that it can't be shown."""

from secrets import compare_digest
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from api.admission import unknown_names
from api.even_times import note_time
from api.language import CHOSEN
from api.pages.places import PLACE, require_place
from api.pages.refused import FormNotOurs
from api.pages.shell import page, preference, reader_language
from api.problems import HANDLERS, UnknownParameter
from api.register_state import AppRequest, caller_of
from api.tokens import TokenRefused

FORM_FIELD, HEADER = "csrf", "x-csrf-token"
EVENTS = "/pages/events"
_READING = frozenset({"GET", "HEAD"})
_SERVER_ERROR = 500


async def enter(request: AppRequest) -> Redirect | None:
    """Before the handler: keep a preference, refuse what isn't to be shown or isn't our form."""
    note_time(request.scope)
    request.scope["state"][CHOSEN] = reader_language(request)
    if kept := preference(request):
        return kept
    if unknown := unknown_names(request):
        raise UnknownParameter(unknown)
    if name := request.route_handler.opt.get(PLACE):
        require_place(caller_of(request), name)
    if request.method not in _READING:
        await require_our_form(request, request.auth)
    return None


async def require_our_form(request: AppRequest, csrf: str) -> None:
    """Raise FormNotOurs unless the form, or a header of its script, brings the session's word."""
    brought = request.headers.get(HEADER) or (await request.form()).get(FORM_FIELD)
    if not csrf or not isinstance(brought, str) or not compare_digest(brought, csrf):
        raise FormNotOurs(FormNotOurs.__doc__)


def shown(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The refusal as a page; without a session the way to sign in."""
    request.scope["state"][CHOSEN] = reader_language(request)
    if isinstance(error, TokenRefused):
        return _to_sign_in(request)
    problem = _problem(request, error)
    status = problem.status_code or _SERVER_ERROR
    missing = isinstance(error, NotFoundException)
    rendered = page(
        request,
        "error.html",
        status_code=status,
        status=status,
        title=problem.content["title"],
        detail=_detail(problem) if status != _SERVER_ERROR else None,
        missing=missing,
    )
    kept = {"Retry-After"} & problem.headers.keys()
    rendered.headers.update({name: problem.headers[name] for name in kept})
    return rendered


def shown_where_pages_are(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An address that no route has: as a page among the pages, elsewhere as a problem."""
    if request.scope["path"].startswith("/pages"):
        return shown(request, error)
    return _problem(request, error)


PAGE_HANDLERS: dict[Any, Any] = dict.fromkeys(HANDLERS, shown)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    handler = next(HANDLERS[each] for each in type(error).__mro__ if each in HANDLERS)
    answer: Response[Any] = handler(request, error)
    return answer


def _detail(problem: Response[Any]) -> str | None:
    detail = problem.content["detail"]
    return None if detail == problem.content["title"] else str(detail)


def _to_sign_in(request: AppRequest) -> Response[Any]:
    """Back to this page afterwards, if it was to be read. A stream of events just ends."""
    if request.scope["path"] == EVENTS:
        return Response(None, status_code=204)
    asked = request.url.path
    if query := request.scope["query_string"].decode("latin-1"):
        asked += f"?{query}"
    to = "/sign-in"
    if request.method in _READING and asked != "/":
        to += f"?next={quote(asked)}"
    if request.headers.get("hx-request"):
        return Response(None, status_code=401, headers={"HX-Redirect": to})
    return Redirect(to, status_code=303)
