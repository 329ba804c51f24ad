"""Every refusal and error as a problem (RFC 9457): a stable type and a sentence that helps."""

import re
from typing import Any

import msgspec
import psycopg
import psycopg_pool
import structlog
from eventsourcing.persistence import PersistenceError
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)
from litestar.plugins.problem_details import ProblemDetailsException
from msgspec import Struct

from api.as_of import CaseNotYetRegistered
from api.documents import DocumentNotFitting, DocumentNotStored
from api.language import language_of
from api.limits import TooManyRequests
from api.pages.refused import (
    FormNotOurs,
    SignInNotBegun,
    SignInNotSetUp,
    SignInRefused,
    TokenTooLong,
)
from api.refusals import LANGUAGES, Fields, Told, title_in, told
from api.tokens import IssuerAway, NotADeputy, NotEntered, TokenRefused
from api.working import PauseNotReadable, StartNotReadable
from application.access import CaseHidden, Forbidden
from application.orders import (
    DatabaseGone,
    KeyUsedBefore,
    NamedCaseMissing,
    NoSuchCase,
    StaleVersion,
)
from domain.calendar import CalendarMissing
from domain.case import NotFitting, NotYetBegun, Refusal
from domain.rule import RuleNotInForce, RuleWithoutTerm, UnknownRule
from infra.calendars import UnknownOrganisation
from infra.group_commit import Stopped
from infra.view_export import ExportsUnderWay
from projections.pages import CursorInvalid
from projections.positions import ReadModelBehind

log = structlog.get_logger()


class HeaderNotFitting(Exception):
    """A header can't be read: see the documentation of this request."""


class MediaTypeNotTaken(Exception):
    """The body has to be JSON: send it as application/json."""


class AccessReasonMissing(Exception):
    """This is shown for a reason only: give it in the header Access-Reason."""


class UnknownParameter(Exception):
    """The query has a name that this address doesn't know: correct or remove it."""


class RangeTooWide(Exception):
    """A count by day takes 62 days at most, from the first to the last: ask for fewer."""


class NotOneSubject(Exception):
    """A trail is of one: give just one of case, thread, person, official and unit."""


class NoCheckpoint(Exception):
    """No checkpoint of the log is signed yet: ask again in a minute."""


class OutsideTree(Exception):
    """The proof asked for is over events that the tree doesn't have yet: ask for fewer."""


class NoSuchDeputising(Exception):
    """There is no such deputising, or you may not see it."""


class SpanBackwards(Exception):
    """The end lies before the beginning, in recorded or in business time: exchange them."""


class DateOutOfRange(Exception):
    """A date lies before the year 1800 or after 2199: correct it."""


class MediaTypeNotOffered(Exception):
    """No media type that you accept is offered here: put one of those offered into Accept."""


class Problem(Struct, kw_only=True, omit_defaults=True):
    """A problem as it is answered: application/problem+json."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None


STATUS: dict[type[Exception], int] = {
    NotYetBegun: 404,
    NotFitting: 422,
    Refusal: 409,
    StaleVersion: 412,
    KeyUsedBefore: 422,
    NoSuchCase: 404,
    CaseNotYetRegistered: 404,
    NamedCaseMissing: 422,
    CaseHidden: 404,
    Forbidden: 403,
    NotADeputy: 403,
    NotEntered: 403,
    TokenRefused: 401,
    TooManyRequests: 429,
    IssuerAway: 503,
    NoSuchDeputising: 404,
    HeaderNotFitting: 400,
    AccessReasonMissing: 422,
    UnknownParameter: 400,
    DateOutOfRange: 422,
    RangeTooWide: 422,
    SpanBackwards: 422,
    NotOneSubject: 422,
    NoCheckpoint: 404,
    OutsideTree: 422,
    MediaTypeNotTaken: 415,
    MediaTypeNotOffered: 406,
    CursorInvalid: 400,
    CalendarMissing: 422,
    UnknownRule: 422,
    RuleNotInForce: 422,
    RuleWithoutTerm: 422,
    UnknownOrganisation: 422,
    StartNotReadable: 422,
    PauseNotReadable: 422,
    DocumentNotStored: 409,
    DocumentNotFitting: 422,
    ReadModelBehind: 503,
    DatabaseGone: 503,
    Stopped: 503,
    ExportsUnderWay: 503,
    SignInNotSetUp: 503,
    SignInNotBegun: 400,
    SignInRefused: 403,
    TokenTooLong: 502,
    FormNotOurs: 403,
}
"""The first class in an exception's line of descent that stands here gives the status."""

_SAME_TYPE: dict[type[Exception], type[Exception]] = {CaseHidden: NoSuchCase}
"""A case that is hidden is not to be told apart from one that isn't there."""

_RETRY_AFTER = {"Retry-After": "2"}
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ECHO = re.compile(r"(?<=^Invalid )((?:enum )?value) .*", re.DOTALL)
_UNKNOWN = re.compile(r"(?<= unknown field) `(?![a-z_]{1,40}`).*", re.DOTALL)
"""A name that can't be that of a field may be anything: it is not repeated."""
_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '([^']{1,60})'")
_MISSING_FIELD = re.compile(r"Object missing required field `(\w+)`")
_REQUIRED = "This is required"
_EXAMPLES = {
    "Invalid RFC3339 encoded datetime": "Write an instant such as 2026-03-01T09:00:00+04:00",
    "Invalid RFC3339 encoded date": "Write a day such as 2026-03-01",
    "Expected `datetime` with a timezone component": (
        "Write an instant with its offset, such as 2026-03-01T09:00:00+04:00"
    ),
}

OF_THE_FRAMEWORK: dict[str, tuple[int, str, str]] = {
    "not-valid": (
        422,
        "The request doesn't have the form asked for: correct the fields named",
        "Correct the request and send it again",
    ),
    "malformed-json": (400, "The body is not JSON", "Send one JSON object in UTF-8"),
    "bad-request": (400, "The request can't be read", "Correct the request"),
    "not-found": (404, "There is nothing at this address", "Look into /schema for addresses"),
    "method-not-allowed": (405, "This address doesn't take this method", "See /schema"),
    "too-large": (413, "The body is too large", "Send less, or documents one by one"),
    "internal-error": (
        500,
        "Something went wrong on our side",
        "It has been logged; send the same request again with the same Idempotency-Key",
    ),
}
"""Problems that have no exception of ours: status, title and detail."""

_BY_STATUS = {status: slug for slug, (status, _, _) in OF_THE_FRAMEWORK.items() if status != 400}  # noqa: PLR2004 - many are


def problem_type(exception: type[Exception]) -> str:
    """The stable type of a named refusal: its class's name, as a path of this server."""
    return "/problems/" + problem_name(_SAME_TYPE.get(exception, exception))


def problem_name(exception: type[Exception]) -> str:
    """The refusal's own name, which tells a hidden case from an unknown one: for records only."""
    return _WORDS.sub("-", exception.__name__).lower()


def status_of(exception: type[Exception]) -> int:
    return next((STATUS[c] for c in exception.__mro__ if c in STATUS), 500)


def problem_types(language: str = LANGUAGES[0]) -> dict[str, dict[str, Any]]:
    """Type -> status and sentence, of every refusal and error that has a name."""
    found: dict[str, dict[str, Any]] = {
        f"/problems/{slug}": {"status": status, "title": title}
        for slug, (status, title, _) in OF_THE_FRAMEWORK.items()
    }
    waiting = list(STATUS)
    while waiting:
        exception = waiting.pop()
        waiting.extend(exception.__subclasses__())
        if exception not in (Refusal, NotFitting):
            found[problem_type(exception)] = {
                "status": status_of(exception),
                "title": title_of(exception),
            }
    for type_, problem in found.items():
        problem["title"] = title_in(language, type_, problem["title"])
    return dict(sorted(found.items()))


def title_of(exception: type[Exception]) -> str:
    """The first sentence of the exception's docstring: the same for each of its kind."""
    return " ".join((exception.__doc__ or exception.__name__).strip().split("\n\n")[0].split())


def named(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A refusal or error that has a name of its own."""
    exception = type(error)
    status = status_of(exception)
    title = title_of(exception)
    headers: dict[str, str] = {}
    if status == 503:  # noqa: PLR2004
        headers = _RETRY_AFTER
    elif status == 401:  # noqa: PLR2004
        headers = {"WWW-Authenticate": 'Bearer realm="karguzar"'}
    elif isinstance(error, TooManyRequests):
        headers = {"Retry-After": str(error.seconds)}
    detail = title if str(error) in ("", exception.__doc__) else str(error)
    return _answer(
        request,
        status,
        problem_type(exception),
        title,
        detail,
        headers=headers,
        values=error,
    )


def invalid_body(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """A body or parameter that doesn't have the form asked for; values are not repeated."""
    extra = error.extra if isinstance(error.extra, list) else []
    names = request.app.state.query_names.get(id(request.route_handler), {})
    errors = [_field_error(e, names) for e in extra if isinstance(e, dict) and "message" in e]
    if missing := _MISSING_PARAMETER.match(error.detail):
        errors.append({"field": missing[1], "message": _REQUIRED})
    detail = "; ".join(f"{e['field']}: {e['message']}".lstrip(": ") for e in errors)
    return _of_the_framework(request, "not-valid", detail=detail or None, errors=errors)


def _field_error(error: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    """*names* are those that the query has for the handler's parameters."""
    field, message = str(error.get("key", "")), str(error["message"])
    if error.get("source") != "body":
        field = names.get(field, field)
    if message == "'data'":
        message = "A JSON object is needed"
    return {"field": "body" if field == "data" else field, "message": _unquoted(message)}


def _unquoted(message: str) -> str:
    """What is wrong, without the value that was sent."""
    message = _EXAMPLES.get(message, message)
    return _UNKNOWN.sub("", _ECHO.sub(r"\1", message))


def invalid_command(
    request: Request[Any, Any, Any], error: msgspec.ValidationError
) -> Response[Any]:
    """As `invalid_body`, from what msgspec says: a message and the place it is about."""
    message, _, place = str(error).partition(" - at `$")
    field = place.rstrip("`").lstrip(".")
    if missing := _MISSING_FIELD.fullmatch(message):
        field, message = f"{field}.{missing[1]}".lstrip("."), _REQUIRED
    one = {"field": field or "body", "message": _unquoted(message)}
    detail = f"{one['field']}: {one['message']}"
    return _of_the_framework(request, "not-valid", detail=detail, errors=[one])


def http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework itself refuses."""
    if isinstance(error.__cause__, SerializationException):
        return malformed(request, error)
    slug = _BY_STATUS.get(error.status_code, "bad-request")
    return _of_the_framework(request, slug, headers=dict(error.headers or {}))


def malformed(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    return _of_the_framework(request, "malformed-json")


def unreadable(request: Request[Any, Any, Any], error: psycopg.DataError) -> Response[Any]:
    """Of what a reader sends only a cursor reaches the database without its form being checked."""
    if "cursor" in request.query_params:
        return named(request, CursorInvalid(CursorInvalid.__doc__))
    return unexpected(request, error)


def too_big(request: Request[Any, Any, Any], error: OverflowError) -> Response[Any]:
    """A date or number of the request that can't be reckoned with."""
    log.warning("value-out-of-range", exc_info=error)
    return named(request, DateOutOfRange(DateOutOfRange.__doc__))


def database(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away: nothing was recorded, and the same request may be sent again."""
    log.warning("database-unreachable", error=type(error).__name__)
    return named(request, DatabaseGone(DatabaseGone.__doc__))


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: told to the log, not to the client."""
    log.error(
        "unexpected-error",
        method=request.method,
        path=str(request.scope.get("path_template", "")),
        error=type(error).__name__,
        exc_info=error,
    )
    return _of_the_framework(request, "internal-error")


def _of_the_framework(
    request: Request[Any, Any, Any],
    slug: str,
    *,
    detail: str | None = None,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response[Any]:
    values = Fields(tuple(dict.fromkeys(e["field"] for e in errors or () if e["field"])))
    status, title, usual = OF_THE_FRAMEWORK[slug]
    return _answer(
        request,
        status,
        f"/problems/{slug}",
        title,
        detail or usual,
        headers=headers,
        errors=errors,
        values=values,
    )


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    type_: str,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
    values: Any = None,
) -> Response[Any]:
    english = Told(title, detail, LANGUAGES[0])
    answer = told(type_, english, values, language_of(request, LANGUAGES))
    return ProblemDetailsException(
        status_code=status,
        type_=type_,
        title=answer.title,
        detail=answer.detail,
        headers={**(headers or {}), "Content-Language": answer.languages},
        extra={"errors": errors} if errors else {},
    ).to_response(request)


HANDLERS: dict[Any, Any] = {
    **dict.fromkeys(STATUS, named),
    ValidationException: invalid_body,
    SerializationException: malformed,
    UnicodeDecodeError: malformed,
    msgspec.ValidationError: invalid_command,
    msgspec.DecodeError: malformed,
    psycopg.DataError: unreadable,
    OverflowError: too_big,
    NotFoundException: http,
    MethodNotAllowedException: http,
    HTTPException: http,
    PersistenceError: database,
    psycopg.OperationalError: database,
    psycopg.InterfaceError: database,
    psycopg_pool.PoolTimeout: database,
    Exception: unexpected,
}
