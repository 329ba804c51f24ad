"""Policies: an event comes in, orders go out. Pure functions, and one list of them all."""

from collections.abc import Callable, Iterable
from itertools import groupby
from uuid import UUID, uuid5

from msgspec import Struct

from domain import appeal, assignment, finding, reception, unit_report
from domain.applicant import Individual
from domain.case import CaseKind, Command, Event
from domain.claimed_figures import Compared
from domain.envelope import Recorded


class Next(Struct, frozen=True, kw_only=True):
    """What a policy orders: a command for a case.

    It is the act of ``on_behalf_of``, or else of whoever caused the event.
    """

    kind: CaseKind
    case_id: UUID
    command: Command
    on_behalf_of: str | None = None


class Policy(Struct, frozen=True):
    """``name`` is stable: the ids of the commands derive from it and from the event's id."""

    name: str
    takes: type[Event]
    react: Callable[[Recorded], list[Next]]


def give_what_was_assigned_at_the_hearing(recorded: Recorded) -> list[Next]:
    """An instruction given during a reception becomes an assignment (statute 001 2.1.3)."""
    event = recorded.event
    assert isinstance(event, reception.AssignmentGivenAtHearing)  # noqa: S101 - the list's promise
    return [
        Next(
            kind=CaseKind.ASSIGNMENT,
            case_id=event.assignment_id,
            command=assignment.GiveAssignment(
                source=assignment.Source.RECEPTION,
                source_case=recorded.originator_id,
                text=event.text,
                unit=event.unit,
                main_executor=event.main_executor,
                co_executors=event.co_executors,
                due_on=event.due.on,
                under_control=event.under_control,
                person_id=event.person_id,
                registered_on=event.given_on,
            ),
            on_behalf_of=event.author,
        )
    ]


def register_what_was_taken_in_at_the_reception(recorded: Recorded) -> list[Next]:
    """A written appeal handed over at a reception is registered as one (statute 001 6.1.5)."""
    event = recorded.event
    assert isinstance(event, reception.WrittenAppealTakenIn)  # noqa: S101 - the list's promise
    return [
        Next(
            kind=CaseKind.APPEAL,
            case_id=event.appeal_id,
            command=appeal.RegisterAppeal(
                kind=appeal.AppealKind(event.kind),
                channel=appeal.Channel.RECEPTION,
                applicant=Individual(person=event.applicant),
                topic=event.topic,
                region=event.region,
                social_category=event.social_category,
                subject=event.subject,
                text=event.text,
                confidential=event.confidential,
                received_at=event.taken_in_at,
                registered_on=event.taken_in_at.date(),
            ),
        )
    ]


def hand_over_to_records(recorded: Recorded) -> list[Next]:
    """The paper goes to Records the same day, or the next working day after hours (statute 004)."""
    event = recorded.event
    assert isinstance(event, reception.WrittenAppealTakenIn)  # noqa: S101 - the list's promise
    return [
        Next(
            kind=CaseKind.RECEPTION,
            case_id=recorded.originator_id,
            command=reception.RecordHandOver(
                visit_id=event.visit_id,
                appeal_id=event.appeal_id,
                handed_over_on=event.hand_over_due.on,
            ),
        )
    ]


def note_the_merged_appeal(recorded: Recorded) -> list[Next]:
    """The earlier appeal knows which later ones its one answer has to cover."""
    event = recorded.event
    assert isinstance(event, appeal.AppealMerged)  # noqa: S101 - the list's promise
    return [
        Next(
            kind=CaseKind.APPEAL,
            case_id=event.into,
            command=appeal.NoteMergedAppeal(appeal_id=recorded.originator_id),
        )
    ]


def open_a_finding_on_each_figure_that_differs(recorded: Recorded) -> list[Next]:
    """What a unit reported otherwise than the register has it is a finding (statute 001 6.3.5)."""
    event = recorded.event
    assert isinstance(event, unit_report.UnitReportDisputed)  # noqa: S101 - the list's promise
    evidence = finding.Evidence(case_id=recorded.originator_id, version=recorded.originator_version)
    by_figure = groupby(sorted(event.figures, key=_figure), key=_figure)
    return [
        Next(
            kind=CaseKind.FINDING,
            case_id=finding_on(recorded.event_id, figure),
            command=finding.OpenFinding(
                kind=finding.FindingKind.REPORT_DIFFERS,
                unit=event.unit,
                source_case=recorded.originator_id,
                text=_differences(event.period, figures),
                answer_due_on=event.answer_due_on,
                evidence=(evidence,),
            ),
        )
        for figure, figures in by_figure
    ]


def finding_on(dispute: UUID, figure: str) -> UUID:
    """The id of the finding that follows from the disputing event for one of its figures."""
    return uuid5(dispute, figure)


def _figure(difference: Compared) -> str:
    return difference.figure


def _differences(period: str, figures: Iterable[Compared]) -> str:
    """In no language: the figures' names, what was claimed and what was counted."""
    told = [
        f"{' '.join(filter(None, (each.figure, each.breakdown)))}: {each.claimed} / {each.counted}"
        for each in figures
    ]
    return f"{period}. {'; '.join(told)}"


POLICIES = (
    Policy(
        "give-what-was-assigned-at-the-hearing",
        reception.AssignmentGivenAtHearing,
        give_what_was_assigned_at_the_hearing,
    ),
    Policy(
        "register-what-was-taken-in-at-the-reception",
        reception.WrittenAppealTakenIn,
        register_what_was_taken_in_at_the_reception,
    ),
    Policy("hand-over-to-records", reception.WrittenAppealTakenIn, hand_over_to_records),
    Policy("note-the-merged-appeal", appeal.AppealMerged, note_the_merged_appeal),
    Policy(
        "open-a-finding-on-each-figure-that-differs",
        unit_report.UnitReportDisputed,
        open_a_finding_on_each_figure_that_differs,
    ),
)
