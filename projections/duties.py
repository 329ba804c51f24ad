"""What is to be done in a case, and by whom: follows from how the case stands."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.case import CaseKind


class Part(Struct, array_like=True, omit_defaults=True):
    """Something asked of one unit or official beside the main course of the case."""

    name: str
    unit: str | None
    official: str | None
    due_on: date | None


class Standing(Struct, array_like=True, omit_defaults=True):
    """A case, as far as duties follow from it. ``home`` is the unit that registered it.

    ``chain`` are those who initial the reply and then its signatory; ``given`` how many of them
    did. ``author`` wrote the reply, gave the assignment, opened the finding or named
    the cause.
    """

    kind: CaseKind
    stage: str
    home: str
    due_on: date | None
    internal_due_on: date | None = None
    unit: str | None = None
    official: str | None = None
    others: tuple[str, ...] = ()
    author: str | None = None
    chain: tuple[str, ...] = ()
    given: int = 0
    returned: bool = False
    acknowledged: bool = False
    extension_asked: bool = False
    controller: str | None = None
    check_on: date | None = None
    parts: tuple[Part, ...] = ()


class Holder(StrEnum):
    """Who holds the ball: whose next step an open case waits for.

    ``signatory`` are those who initial, sign or judge; ``applicant`` has to mend or bring something
    while the term stands still.
    """

    UNIT = "unit"
    SIGNATORY = "signatory"
    OTHER_BODY = "other-body"
    APPLICANT = "applicant"


def holder(it: Standing) -> Holder:
    """Of an open appeal, media inquiry or assignment."""
    if it.kind is CaseKind.APPEAL and it.due_on is None:
        return Holder.APPLICANT
    if it.kind is CaseKind.ASSIGNMENT and it.stage in ("submitted", "rejected"):
        return Holder.SIGNATORY
    if not it.returned and it.given < len(it.chain):
        return Holder.SIGNATORY
    if any(part.name.startswith(INFORMATION) and part.official for part in it.parts):
        return Holder.OTHER_BODY
    return Holder.UNIT


INFORMATION = "give-information:"
"""Begins the name of a part asked of a unit or, with the official who asked, of another body."""

Duty = tuple[str, str | None, str | None, date | None]
"""Its name, unit, official (None: whoever in the unit) and due date."""


def duties(standing: Standing) -> Iterator[Duty]:
    match standing.kind:
        case CaseKind.APPEAL:
            yield from _of_appeal(standing)
        case CaseKind.MEDIA_INQUIRY:
            yield from _of_inquiry(standing)
        case CaseKind.ASSIGNMENT:
            yield from _of_assignment(standing)
        case CaseKind.RECEPTION:
            yield from _of_reception(standing)
        case CaseKind.FINDING:
            yield from _of_finding(standing)
        case CaseKind.CAUSE:
            yield from _of_cause(standing)
        case CaseKind.UNIT_REPORT:
            yield from _of_unit_report(standing)


def _of_appeal(it: Standing) -> Iterator[Duty]:
    due_on = it.internal_due_on or it.due_on
    match it.stage:
        case "registered":
            yield "assign-appeal", it.home, None, it.due_on
        case "assigned":
            yield "accept-appeal", it.unit, None, due_on
        case "in-work":
            if it.chain:
                yield from _of_reply(it, due_on)
            else:
                yield "do-appeal", it.unit, it.official, due_on
            for other in it.others:
                yield f"contribute:{other}", it.unit, other, due_on
        case "closed":
            pass
        case _:
            yield "close-case", it.home, None, None
    working = it.stage in ("registered", "assigned", "in-work")
    if working:
        yield from _parts(it)
    yield from _of_control(it, over=not working)


def _of_reply(it: Standing, due_on: date | None) -> Iterator[Duty]:
    if it.returned:
        yield "revise-reply", it.unit, it.author, due_on
    elif it.given < len(it.chain) - 1:
        yield "initial-reply", None, it.chain[it.given], due_on
    elif it.given < len(it.chain):
        yield "sign-reply", None, it.chain[-1], due_on
    else:
        yield "dispatch-reply", it.unit or it.home, it.official, due_on


def _of_inquiry(it: Standing) -> Iterator[Duty]:
    working = it.stage in ("received", "acknowledged", "routed")
    if working:
        if not it.acknowledged:
            yield "acknowledge-inquiry", it.home, None, it.due_on
        if it.official is None:
            yield "route-inquiry", it.home, None, it.due_on
        if it.chain:
            yield from _of_reply(it, it.due_on)
        elif it.official is not None:
            yield "answer-inquiry", it.unit, it.official, it.due_on
        yield from _parts(it)
    elif it.stage != "closed":
        yield "close-case", it.home, None, None
    yield from _of_control(it, over=not working)


def _of_assignment(it: Standing) -> Iterator[Duty]:
    match it.stage:
        case "given":
            yield "accept-assignment", it.unit, it.official, it.due_on
        case "accepted":
            yield "do-assignment", it.unit, it.official, it.due_on
        case "rejected":
            yield "reassign-or-cancel", it.home, it.author, it.due_on
        case "submitted":
            yield "judge-result", it.home, it.controller or it.author, it.due_on
        case _:
            pass
    if it.stage in ("given", "accepted"):
        yield from _parts(it)
    if it.extension_asked:
        yield "decide-extension", it.home, it.controller or it.author, it.due_on
    yield from _of_control(it, over=it.stage in ("fulfilled", "cancelled"))


def _of_reception(it: Standing) -> Iterator[Duty]:
    if it.stage in ("planned", "open"):
        yield "hold-reception", it.home, it.official, it.due_on
    yield from _parts(it)


def _of_finding(it: Standing) -> Iterator[Duty]:
    match it.stage:
        case "awaiting-answer":
            yield "answer-finding", it.unit, it.official, it.due_on
        case "awaiting-judgement":
            yield "judge-answer", it.home, it.author, None
        case "answer-accepted" if not it.parts:
            yield "close-finding", it.home, it.author, None
        case _:
            pass
    if it.stage not in ("closed", "withdrawn"):
        yield from _parts(it)


def _of_cause(it: Standing) -> Iterator[Duty]:
    if it.stage in ("closed", "withdrawn"):
        return
    if it.stage == "cause-named" and not it.parts:
        yield "propose-removal", it.home, it.author, None
    elif it.stage == "removed" and not it.parts:
        yield "close-cause", it.home, it.author, None
    yield from _parts(it)


def _of_unit_report(it: Standing) -> Iterator[Duty]:
    """Who verifies finds them in the list of reports: no unit is named for that."""
    if it.stage == "differs":
        yield "correct-report", it.unit, None, None


def _of_control(it: Standing, *, over: bool) -> Iterator[Duty]:
    if it.controller:
        if over:
            yield "lift-control", None, it.controller, None
        elif it.check_on:
            yield "check", None, it.controller, it.check_on


def _parts(it: Standing) -> Iterator[Duty]:
    for part in it.parts:
        yield part.name, part.unit, part.official, part.due_on
