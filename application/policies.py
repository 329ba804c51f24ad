"""Policies: an event comes in, orders go out. Pure functions, and one list of them all."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from domain import appeal, assignment, reception
from domain.applicant import Individual
from domain.case import CaseKind, Command, Event
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
)
