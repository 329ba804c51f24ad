"""Parties: who has which part in which case, by their ids alone; names stay in the events."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from domain.appeal import AppealRegistered
from domain.applicant import Applicant, Collective, parts
from domain.assignment import AssignmentGiven
from domain.case import Event
from domain.envelope import Recorded
from domain.media_inquiry import MediaInquiryReceived, SpokespersonNamed
from domain.reception import VisitRegistered, WrittenAppealTakenIn
from projections import register
from projections.pages import columns, page
from projections.readmodel import Rows

VERSION = 1
KEY = ("case_id", "person_id", "part")

Part = tuple[UUID | None, str]


class Row(Struct):
    case_id: UUID
    person_id: UUID
    part: str
    since: datetime


class PersonsCase(Struct, frozen=True):
    """A case and the person's parts in it."""

    parts: list[str]
    since: datetime
    case: register.Row


def fold(rows: Rows, recorded: Recorded) -> None:
    parts_in = _PARTS.get(type(recorded.event))
    if parts_in is None:
        return
    case = recorded.originator_id
    if isinstance(recorded.event, SpokespersonNamed):
        for key in [key for key in rows if key[2] == "spokesperson"]:
            del rows[key]
    for person, part in parts_in(recorded.event):
        if person is not None and (case, person, part) not in rows:
            rows[case, person, part] = Row(case, person, part, recorded.recorded_at)


async def cases_of_person(
    conn: AsyncConnection[Any],
    person_id: UUID,
    sight: str,
    sight_values: dict[str, Any],
    *,
    limit: int = 200,
) -> tuple[list[PersonsCase], int]:
    """The newest cases of all kinds in which a person has a part.

    With the position they are true for.
    """
    query = SQL(
        "SELECT {columns}, own.parts, own.since "
        "FROM (SELECT case_id, array_agg(part ORDER BY part) AS parts, min(since) AS since "
        "FROM read_models.parties WHERE person_id = %(person_id)s GROUP BY case_id) AS own "
        "JOIN read_models.register USING (case_id) WHERE {sight} "
        "ORDER BY register.registered_on DESC, case_id DESC LIMIT %(limit)s"
    ).format(columns=columns(register.Row, "register"), sight=SQL(sight))
    found, position = await page(
        conn,
        query,
        SQL("registered_on DESC, case_id DESC"),
        {"person_id": person_id, "limit": limit, **sight_values},
        "parties",
        "register",
    )
    return [PersonsCase(row[-2], row[-1], register.Row(*row[:-2])) for row in found], position


def _of_appeal(event: AppealRegistered) -> Iterator[Part]:
    return _of_applicant(event.applicant)


def _of_applicant(applicant: Applicant) -> Iterator[Part]:
    if isinstance(applicant, Collective):
        yield applicant.signatories[0].id, "contact"
    for part, person in parts(applicant):
        yield person.id, part


def _of_assignment(event: AssignmentGiven) -> Iterator[Part]:
    yield event.person_id, "concerned"


def _of_inquiry(event: MediaInquiryReceived) -> Iterator[Part]:
    yield event.journalist.id, "journalist"


def _of_naming(event: SpokespersonNamed) -> Iterator[Part]:
    if event.person:
        yield event.person.id, "spokesperson"


def _of_visit(event: VisitRegistered) -> Iterator[Part]:
    yield event.person_id, "visitor"


def _of_written_appeal(event: WrittenAppealTakenIn) -> Iterator[Part]:
    yield event.person_id, "applicant"


_PARTS: Mapping[type[Event], Callable[[Any], Iterator[Part]]] = {
    AppealRegistered: _of_appeal,
    AssignmentGiven: _of_assignment,
    MediaInquiryReceived: _of_inquiry,
    SpokespersonNamed: _of_naming,
    VisitRegistered: _of_visit,
    WrittenAppealTakenIn: _of_written_appeal,
}

TAKES = frozenset(_PARTS)
IGNORED = frozenset(
    {
        "content-destroyed",
        "destruction-approved",
        "destruction-carried-out",
        "destruction-completed",
        "destruction-proposed",
        "destruction-refused",
        "destruction-withdrawn",
        "held-from-destruction",
        "hold-released",
        "appeal-accepted",
        "appeal-assigned",
        "appeal-closed",
        "appeal-copies-sent",
        "appeal-forwarded",
        "appeal-left-unconsidered",
        "appeal-merged",
        "appeal-reclassified",
        "appeal-reopened",
        "appeal-reply-dispatched",
        "appeal-returned",
        "appeal-taken-up-again",
        "appeal-term-corrected",
        "appeal-term-extended",
        "appeal-term-resumed",
        "appeal-term-suspended",
        "appeal-withdrawn",
        "assignment-accepted",
        "assignment-cancelled",
        "assignment-delegated",
        "assignment-extended",
        "assignment-extension-asked",
        "assignment-extension-refused",
        "assignment-given-at-hearing",
        "assignment-part-contributed",
        "assignment-progress-reported",
        "assignment-reassigned",
        "assignment-rejected",
        "assignment-result-accepted",
        "assignment-result-returned",
        "assignment-result-submitted",
        "calendar-decision-announced",
        "calendar-decision-withdrawn",
        "competence-established",
        "control-established",
        "control-lifted",
        "coverage-linked",
        "deadline-notice-given",
        "due-dates-moved",
        "deputy-named",
        "document-attached",
        "entry-corrected",
        "finding-answer-accepted",
        "finding-answer-rejected",
        "answerer-named",
        "finding-answered",
        "finding-closed",
        "finding-opened",
        "finding-withdrawn",
        "remedy-carried-out",
        "remedy-proposed",
        "cause-closed",
        "cause-evidence-added",
        "cause-evidence-withdrawn",
        "cause-named",
        "cause-withdrawn",
        "removal-adopted",
        "removal-carried-out",
        "removal-proposed",
        "removal-refused",
        "identity-considered",
        "identity-decision-withdrawn",
        "persons-joined",
        "persons-told-apart",
        "hearing-started",
        "information-asked",
        "information-received",
        "interview-given",
        "legacy-outcome-recorded",
        "media-inquiry-acknowledged",
        "media-inquiry-answered",
        "media-inquiry-closed",
        "media-inquiry-declined",
        "media-inquiry-handed-over",
        "media-inquiry-reopened",
        "media-inquiry-routed",
        "merged-appeal-noted",
        "no-show-recorded",
        "note-added",
        "oral-answer-given",
        "reception-cancelled",
        "reception-closed",
        "reception-opened",
        "reception-planned",
        "reception-postponed",
        "repeat-confirmed",
        "repeat-decision-withdrawn",
        "repeat-rejected",
        "reply-drafted",
        "reply-initialled",
        "reply-returned",
        "reply-revised",
        "reply-signed",
        "visit-completed",
        "visit-declined",
        "visit-rated",
        "visitor-arrived",
        "visitor-called",
        "visitor-referred",
        "written-appeal-handed-over",
        "unit-report-accepted",
        "unit-report-corrected",
        "unit-report-disputed",
        "unit-report-submitted",
        "unit-report-verification-asked",
        "unit-report-verified",
    }
)
"""These bring no person into the case."""
