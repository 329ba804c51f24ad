"""Every read and every refusal on record, before its answer leaves."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

from litestar.params import HeaderParameter
from litestar.types import Message, Scope

from api.bodies import cases_named
from api.problems import AccessReasonMissing, problem_name
from api.register_state import AppRequest, caller_of, register_of
from api.tokens import Bearer, NotADeputy
from application.access import CaseHidden, Forbidden
from application.caller import Caller
from application.orders import NamedCaseMissing, NoSuchCase
from domain.access_record import AccessRecord, Action
from domain.case import Refusal

__all__ = ["AccessReason", "Action", "Looks", "filters", "reason_in", "record", "record_look"]

SHOWS_NO_CASE: Mapping[str, str] = {
    "deputies.list": "who acts for whom",
    "deadlines.compute": "a term without a case",
    "unit-reports.form": "an empty form",
    "unit-reports.outstanding": "units without a report",
    "proofs.checkpoint": "hashes and counts",
    "proofs.inclusion": "hashes and counts",
    "proofs.consistency": "hashes and counts",
    "system.positions": "how far the read models have come",
    "analytics.list": "which views there are",
    "pages.events": "how far the figures have come",
    "pages.reports": "which reports there are",
    "pages.report-since": "a question",
    "pages.claim-form": "an empty form",
}
"""What may be read without a record, by its operation, and why."""

_RECORDED = "access_recorded"
_HOUR_SECONDS = 3600
_UNDER_RECORD = ("/api/", "/calendar/", "/pages/")
_CASES = ("case_id", "appeal_id")
_CASES_ASKED = ("case", "appeal")
_REFUSALS = (Refusal, Forbidden, CaseHidden, NoSuchCase, NamedCaseMissing, NotADeputy)
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
SHORTEST_REASON, LONGEST_REASON = 5, 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
AccessReason = Annotated[
    str | None,
    HeaderParameter(
        name="Access-Reason",
        max_length=3 * LONGEST_REASON,
        description="Why, in UTF-8 or percent-encoded; it names no citizen, and stays on record",
    ),
]


class AccessNotRecorded(Exception):
    """A route answered without saying what it showed: call `record` in it, or name it above."""


async def record(  # noqa: PLR0913 - what there is to say of a read
    request: AppRequest,
    action: Action,
    *,
    cases: Sequence[UUID] = (),
    person: UUID | None = None,
    thread: UUID | None = None,
    reason: str | None = None,
    query: Mapping[str, Any] | None = None,
    position: int | None = None,
    by: Caller | None = None,
) -> None:
    """Put on record what this request is about to be shown; returns when it is committed.

    *query* are filters as `filters` gives them; nothing in it may be personal. *by* is for
    requests without a bearer token. Raises psycopg.OperationalError, and nothing may be shown.
    """
    caller = by or caller_of(request)
    await register_of(request).accesses.write(
        AccessRecord(
            by=caller.actor,
            roles=caller.roles,
            action=action,
            operation=_operation(request.scope),
            cases=tuple(cases),
            person=person,
            thread=thread,
            reason=reason,
            query=query,
            position=position,
        )
    )
    request.scope["state"][_RECORDED] = True


class Looks:
    """Which looks of this hour are on record; those of the hours before are forgotten."""

    def __init__(self) -> None:
        self._hour = -1
        self._recorded: set[bytes] = set()

    def recorded(self, look: bytes, hour: int) -> bool:
        return hour == self._hour and look in self._recorded

    def keep(self, look: bytes, hour: int) -> None:
        if hour != self._hour:
            self._hour = hour
            self._recorded.clear()
        self._recorded.add(look)


async def record_look(
    request: AppRequest, action: Action, *, query: Mapping[str, Any], position: int
) -> None:
    """As `record`, but a page that reads itself anew is put on record once an hour.

    It is the same look where reader, roles and address are the same. One that the reader asked
    for is on record each time.
    """
    looks: Looks = request.app.state.looks
    caller, hour = caller_of(request), int(time.time() // _HOUR_SECONDS)
    who_and_what = (caller.actor, sorted(caller.roles), str(request.url))
    look = sha256(repr(who_and_what).encode()).digest()
    if "hx-request" in request.headers and looks.recorded(look, hour):
        request.scope["state"][_RECORDED] = True
        return
    await record(request, action, query=query, position=position)
    looks.keep(look, hour)


def reason_in(header: str | None) -> str:
    """The text of AccessReason. Raises AccessReasonMissing for none, or one that says nothing."""
    try:
        text = unquote_to_bytes((header or "").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise AccessReasonMissing(AccessReasonMissing.__doc__) from None
    if (reason := said(text)) is None:
        raise AccessReasonMissing(AccessReasonMissing.__doc__)
    return reason


def said(text: str) -> str | None:
    """A reason without the blanks around it; None for one that says nothing."""
    reason = text.strip()
    says = SHORTEST_REASON <= len(reason) <= LONGEST_REASON and not _CONTROL.search(reason)
    return reason if says else None


def filters(given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of a list that were given, in plain form, without what a person may have typed.

    Flags, numbers, dates and codes stand as they are; of any other text only that there was one.
    """
    return {name: _plain(value) for name, value in given.items() if value is not None}


async def record_refusal(error: Exception, scope: Scope) -> None:
    """Put a refusal on record before it is answered: who tried what on which cases, and why not.

    What can't be read, has come too late or was done before is no decision about anybody, and a
    request without a good token nobody's.
    """
    bearer = scope.get("user")
    if not isinstance(error, _REFUSALS) or not isinstance(bearer, Bearer):
        return
    request = AppRequest(scope)
    try:
        caller = caller_of(request)
    except NotADeputy:
        caller = bearer.caller(None)
    path: Mapping[str, Any] = scope["path_params"]
    await register_of(request).accesses.write(
        AccessRecord(
            by=caller.actor,
            roles=caller.roles,
            action=Action.READ_REFUSED if _reads(scope) else Action.COMMAND_REFUSED,
            operation=_operation(scope),
            cases=tuple(dict.fromkeys([*_in_address(request), *cases_named(scope)])),
            person=path.get("person_id"),
            thread=path.get("thread_id"),
            problem=problem_name(type(error)),
        )
    )


def _in_address(request: AppRequest) -> Iterator[UUID]:
    """The cases that the path and the query name."""
    yield from (request.path_params[name] for name in _CASES if name in request.path_params)
    for given in map(request.query_params.get, _CASES_ASKED):
        with suppress(ValueError):
            yield UUID(given or "")


async def require_record(message: Message, scope: Scope) -> None:
    """Hold back what a read was about to answer without a record of it."""
    if (
        message["type"] == "http.response.start"
        and _reads(scope)
        and message["status"] < 300  # noqa: PLR2004 - what leads elsewhere shows nothing
        and scope["path"].startswith(_UNDER_RECORD)
        and not scope["state"].get(_RECORDED)
        and _operation(scope) not in SHOWS_NO_CASE
    ):
        raise AccessNotRecorded(f"{_operation(scope)}: {AccessNotRecorded.__doc__}")


def _reads(scope: Scope) -> bool:
    return scope.get("method") == "GET"


def _operation(scope: Scope) -> str:
    handler = scope["route_handler"]
    return str(getattr(handler, "operation_id", None) or handler.handler_name)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _CODE.fullmatch(value):
        return str(value)
    return True
