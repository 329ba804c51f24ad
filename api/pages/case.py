"""One case to read: fields, due dates, picture, history as a timeline, and proof."""

from asyncio import to_thread
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get
from litestar.response import Template
from msgspec import Struct

from api.access_records import Action, record
from api.case_file import told_term
from api.cases import opened_case
from api.deadline_working import explained
from api.pages.places import PLACES, may_open
from api.pages.shell import page, reader_language
from api.proofs import SEE_PROOFS
from api.register_state import AppRequest, Register, caller_of, register_of
from application.access import sight_sql
from application.caller import Caller
from domain.envelope import Recorded
from projections.case_document import CaseDocument, attached, case_document, told_history
from projections.clocks import clocks_of
from projections.history import Entry, case_rows
from projections.seen_cases import numbers_of

_AUDIT = next(place for place in PLACES if place.name == "audit")


class ProofState(Struct, frozen=True):
    """Of the case's events, by position: "proved", "differs", or "waiting" for a checkpoint.

    ``size`` is how many events of the whole log the newest checkpoint is over, None without one.
    """

    size: int | None
    of_events: dict[int, str]

    def count(self, state: str) -> int:
        return sum(each == state for each in self.of_events.values())


@get("/pages/cases/{case_id:uuid}", operation_id="pages.case", include_in_schema=False)
async def case(request: AppRequest, case_id: UUID) -> Template:
    register, caller = register_of(request), caller_of(request)
    position, events, _ = await opened_case(register, caller, case_id)
    sight = sight_sql(caller, register.organisation())
    async with register.pool.connection() as conn:
        numbers = await numbers_of(conn, events, sight)
    language, at = reader_language(request), datetime.now(UTC)
    told = told_history(events, language, register.names(), numbers)
    document = await to_thread(_document, register, events, language, at, told)
    proof = await _proof(register, caller, case_id, position, events)
    await record(request, Action.CASE_OPENED, cases=[case_id], position=position)
    return page(
        request,
        "case.html",
        case_id=case_id,
        document=document,
        headings=document.headings,
        told=list(zip(document.history, told, strict=True)),
        documents=[event.document for _, event in attached(events)],
        proof=proof,
        thread=events[0].correlation_id,
        audited=may_open(caller, _AUDIT),
        position=position,
        at=at,
    )


def _document(
    register: Register, events: list[Recorded], language: str, at: datetime, told: list[Entry]
) -> CaseDocument:
    terms = [
        told_term(explained(each, register.desk.terms, register.calendar, language))
        for each in clocks_of(events)
    ]
    return case_document(events, terms, [], language, register.names(), at, told)


async def _proof(
    register: Register, caller: Caller, case_id: UUID, position: int, events: list[Recorded]
) -> ProofState | None:
    """None for those who don't see proofs."""
    if not caller.roles & SEE_PROOFS:
        return None
    async with register.pool.connection() as conn:
        rows = await case_rows(conn, case_id, position)
        standing = await register.proofs.standing(conn, rows)
    if standing is None:
        return ProofState(None, {each.position: "waiting" for each in events})
    states = {each.position: "waiting" for each in events}
    states |= dict.fromkeys(standing.proved, "proved") | dict.fromkeys(
        standing.differing, "differs"
    )
    return ProofState(standing.size, states)


ROUTES: list[Any] = [case]
