"""What the log of a case shows to have been done otherwise than it has to be."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain import appeal, assignment, reception, reply
from domain.answer_term import AppealTermExtended
from domain.appeal import Result
from domain.applicant import Anonymous
from domain.case import CaseKind, Event, RegistrationNumber
from domain.conformance import FINDING_OF, Breach, Rule, breaches
from domain.deadline import Granted
from domain.envelope import Recorded
from domain.rule import Unit
from tests.domain.spec import CASE, COMMAND, NOON, PLAIN_TERMS
from tests.projections.histories import history, seeded

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
DUE = PLAIN_TERMS.choose(TODAY + timedelta(days=10))
TEXT, OTHER = reply.digest_of("mətn"), reply.digest_of("başqa")

REGISTERED = appeal.AppealRegistered(
    number=RegistrationNumber(book="a", year=2026, sequence=1),
    kind=appeal.AppealKind.APPLICATION,
    channel=appeal.Channel.POST,
    applicant=Anonymous(contact="050"),
    reachable=True,
    topic="pensions",
    region=None,
    social_category=None,
    subject="mövzu",
    text=None,
    sheets=1,
    enclosures=(),
    covering_letter=None,
    confidential=False,
    received_at=NOON,
    registered_on=TODAY,
    due=DUE,
    register_due=PLAIN_TERMS.choose(TODAY),
    forward_due=None,
    no_consideration_due=None,
    registrar="clerk",
    registering_unit="records",
    complained_of_units=(),
    complained_of=(),
    legacy_number=None,
)
ASSIGNED = appeal.AppealAssigned(
    unit="pensions",
    main_executor="executor",
    co_executors=(),
    assigned_by="clerk",
    resolution=None,
    internal_due=None,
)
ACCEPTED = appeal.AppealAccepted(unit="pensions", accepted_by="executor")
DRAFTED = reply.ReplyDrafted(
    text="mətn", digest=TEXT, author="executor", initials_by=("head",), signatory="director"
)
INITIALLED = reply.ReplyInitialled(digest=TEXT, initialled_by="head")
SIGNED = reply.ReplySigned(digest=TEXT, signed_by="director")
SENT = appeal.AppealReplyDispatched(
    digest=TEXT,
    letter_number="12/34",
    dispatched_on=TODAY,
    way=appeal.DispatchWay.POST,
    interim=False,
)
CLOSED = appeal.AppealClosed(result=Result.EXPLAINED, file_index=None)
IN_ORDER: tuple[Event, ...] = (
    REGISTERED,
    ASSIGNED,
    ACCEPTED,
    DRAFTED,
    INITIALLED,
    SIGNED,
    SENT,
    CLOSED,
)


def recorded(
    events: Sequence[Event], kind: CaseKind = CaseKind.APPEAL, **envelope: Any
) -> list[Recorded]:
    return [
        Recorded(
            originator_id=CASE,
            originator_version=version,
            kind=kind,
            event=event,
            event_id=UUID(int=version),
            owner=CASE,
            command_id=COMMAND,
            correlation_id=CASE,
            recorded_at=NOON,
            position=100 + version,
            **{"actor": "executor", "unit": "pensions", "client": "tests", **envelope},
        )
        for version, event in enumerate(events, 1)
    ]


def found(*events: Event, **envelope: Any) -> dict[str, list[int]]:
    """The rules broken, with the versions of the events that show it."""
    return shown(breaches(recorded(events, **envelope)))


def shown(list_of: Sequence[Breach]) -> dict[str, list[int]]:
    rules: dict[str, list[int]] = {}
    for breach in list_of:
        assert [place.position for place in breach.places] == [
            100 + place.version for place in breach.places
        ]
        rules.setdefault(breach.rule.value, []).extend(place.version for place in breach.places)
    return rules


def without(*left_out: Event) -> tuple[Event, ...]:
    return tuple(event for event in IN_ORDER if event not in left_out)


def changed(before: Event, **fields: Any) -> tuple[Event, ...]:
    return tuple(replace(e, **fields) if e is before else e for e in IN_ORDER)


def test_a_case_in_order_breaks_nothing() -> None:
    assert found(*IN_ORDER) == {}


@pytest.mark.parametrize(
    ("events", "broken"),
    [
        (without(ASSIGNED), {"step-skipped": [2]}),
        (without(ACCEPTED), {"step-skipped": [3]}),
        (without(INITIALLED), {"signed-uninitialled": [4, 5]}),
        (without(SIGNED), {"dispatched-unsigned": [4, 6]}),
        (without(SENT), {"closed-unanswered": [7]}),
        (
            changed(SIGNED, digest=OTHER),
            {"signed-uninitialled": [4, 6], "dispatched-unsigned": [4, 7]},
        ),
        (changed(INITIALLED, digest=OTHER), {"signed-uninitialled": [4, 6]}),
        (changed(SENT, dispatched_on=YESTERDAY), {"dated-before-signature": [4, 7]}),
        (changed(SENT, dispatched_on=DUE.on + timedelta(days=1)), {"answered-late": [7]}),
        (changed(SENT, interim=True), {"closed-unanswered": [8]}),
        (
            changed(REGISTERED, registered_on=TODAY + timedelta(days=1)),
            {"registered-late": [1]},
        ),
        (
            changed(REGISTERED, kind=appeal.AppealKind.COMPLAINT),
            {"complained-of-unnamed": [1]},
        ),
    ],
)
def test_one_thing_done_otherwise_breaks_one_rule(
    events: tuple[Event, ...], broken: dict[str, list[int]]
) -> None:
    assert found(*events) == broken


def test_a_step_that_comes_after_the_one_it_precedes_is_out_of_order_and_not_skipped() -> None:
    late = (REGISTERED, ACCEPTED, ASSIGNED)
    assert found(*late) == {"step-too-early": [2, 3]}
    signed_first = (*IN_ORDER[:4], SIGNED, INITIALLED)
    assert found(*signed_first) == {"signed-uninitialled": [4, 5], "step-too-early": [5, 6]}
    sent_first = (*IN_ORDER[:5], SENT, SIGNED)
    assert found(*sent_first) == {"dispatched-unsigned": [4, 6], "step-too-early": [6, 7]}


def test_late_initials_do_not_make_good_a_signature_without_a_draft() -> None:
    undrafted = (REGISTERED, ASSIGNED, ACCEPTED, SIGNED, INITIALLED)
    shown_by = found(*undrafted)
    assert shown_by["step-skipped"] == [4]
    assert shown_by["step-too-early"] == [4, 5]
    assert "step-skipped" not in found(*undrafted[:4], DRAFTED, INITIALLED)


def test_a_changed_text_needs_its_initials_anew() -> None:
    revised = reply.ReplyRevised(text="başqa", digest=OTHER, author="executor", revision=2)
    signed = replace(SIGNED, digest=OTHER)
    assert found(*IN_ORDER[:5], revised, signed) == {"signed-uninitialled": [6, 7]}
    anew = (revised, replace(INITIALLED, digest=OTHER), signed, replace(SENT, digest=OTHER))
    assert found(*IN_ORDER[:6], *anew) == {}


def test_a_reopened_case_is_gone_through_anew() -> None:
    reopened = appeal.AppealReopened(due=DUE)
    assert found(*IN_ORDER, reopened, CLOSED) == {"closed-unanswered": [10]}
    assert found(*IN_ORDER, reopened, *IN_ORDER[1:]) == {}


COMPLAINT = replace(
    REGISTERED,
    kind=appeal.AppealKind.COMPLAINT,
    complained_of=("minister",),
    complained_of_units=("press",),
)


def test_a_hand_of_the_one_complained_of_shows_as_a_deputys_too() -> None:
    assert found(COMPLAINT, *IN_ORDER[1:]) == {}
    to_unit = replace(ASSIGNED, unit="press")
    assert found(COMPLAINT, to_unit) == {"answered-by-complained-of": [2]}
    assert breaches(recorded([COMPLAINT, to_unit]))[0].unit == "press"
    to_official = replace(ASSIGNED, co_executors=("minister",))
    assert found(COMPLAINT, to_official) == {"answered-by-complained-of": [2]}
    deputies: tuple[dict[str, Any], ...] = (
        {"actor": "minister", "on_behalf_of": "head"},
        {"on_behalf_of": "minister"},
    )
    for deputy in deputies:
        log = recorded(IN_ORDER[:4]) + recorded(IN_ORDER, **deputy)[4:5]
        log[0] = replace(log[0], event=COMPLAINT)
        assert shown(breaches(log)) == {"answered-by-complained-of": [5]}
    assert found(COMPLAINT, ASSIGNED, ACCEPTED, unit="press") == {"answered-by-complained-of": [3]}


def test_whoever_can_be_told_has_to_be() -> None:
    forwarded = appeal.AppealForwarded(
        body="Fond", letter_number="1", letter_date=TODAY, applicant_notified_on=None
    )
    left = appeal.AppealLeftUnconsidered(
        ground=appeal.Ground.INSUFFICIENT_DATA, applicant_notified_on=None
    )
    assert found(REGISTERED, forwarded) == {"forwarded-untold": [2]}
    assert found(REGISTERED, left) == {"left-untold": [2]}
    unreachable = replace(REGISTERED, reachable=False)
    assert found(unreachable, forwarded) == found(unreachable, left) == {}
    assert found(REGISTERED, replace(left, applicant_notified_on=TODAY)) == {}


def extension(decided_on: date, told: date | None = TODAY) -> AppealTermExtended:
    longer = replace(
        DUE, on=DUE.on + timedelta(days=30), granted=(Granted(length=30, decided_on=decided_on),)
    )
    return AppealTermExtended(
        due=longer,
        length=30,
        unit=Unit.WORKING_DAYS,
        applicant_notified_on=told,  # type: ignore[arg-type]
    )


def test_a_term_is_extended_before_it_ends_and_the_applicant_told() -> None:
    assert found(REGISTERED, extension(DUE.on)) == {}
    assert found(REGISTERED, extension(DUE.on + timedelta(days=1))) == {"extended-late": [2]}
    assert found(REGISTERED, extension(TODAY, told=None)) == {"extended-untold": [2]}
    late = replace(SENT, dispatched_on=DUE.on + timedelta(days=5))
    assert "answered-late" not in found(*IN_ORDER[:6], extension(TODAY), late)


def test_a_written_appeal_goes_to_records_in_time() -> None:
    histories = (history(seeded(n), CaseKind.RECEPTION, events=40).recorded for n in range(50))
    planned, taken = next(
        (made[0].event, each.event)
        for made in histories
        for each in made
        if isinstance(each.event, reception.WrittenAppealTakenIn)
    )
    over = reception.WrittenAppealHandedOver(
        visit_id=taken.visit_id,
        appeal_id=taken.appeal_id,
        handed_over_on=taken.hand_over_due.on + timedelta(days=1),
    )
    log = recorded([planned, taken, over], CaseKind.RECEPTION)
    assert shown(breaches(log)) == {"handed-over-late": [3]}
    on_time = replace(over, handed_over_on=taken.hand_over_due.on)
    assert breaches(recorded([planned, taken, on_time], CaseKind.RECEPTION)) == []


def test_a_result_that_comes_late_or_without_acceptance_shows() -> None:
    given = history(seeded(1), CaseKind.ASSIGNMENT, events=1).recorded[0].event
    assert isinstance(given, assignment.AssignmentGiven)
    done = assignment.AssignmentResultSubmitted(
        text="nəticə", submitted_by="executor", submitted_on=given.due.on + timedelta(days=1)
    )
    log = recorded([given, done], CaseKind.ASSIGNMENT)
    assert shown(breaches(log)) == {"step-skipped": [2], "answered-late": [2]}


def assignment_given() -> assignment.AssignmentGiven:
    given = history(seeded(1), CaseKind.ASSIGNMENT, events=1).recorded[0].event
    assert isinstance(given, assignment.AssignmentGiven)
    return given


@pytest.mark.parametrize(
    ("returned", "handed_in", "broken"),
    [
        (1, 2, {}),
        (0, 1, {}),
        (-1, 1, {"answered-late": [5]}),
        (-1, 0, {}),
    ],
)
def test_a_result_returned_when_its_day_is_over_is_not_late_when_it_comes_again(
    returned: int, handed_in: int, broken: dict[str, list[int]]
) -> None:
    given = assignment_given()
    last = given.due.on
    accepted = assignment.AssignmentAccepted(accepted_by="executor")
    done = assignment.AssignmentResultSubmitted(
        text="nəticə", submitted_by="executor", submitted_on=last - timedelta(days=2)
    )
    back = assignment.AssignmentResultReturned(returned_by="author", returns=1)
    again = replace(done, submitted_on=last + timedelta(days=handed_in))
    log = recorded([given, accepted, done, back, again], CaseKind.ASSIGNMENT)
    log[3] = replace(log[3], recorded_at=NOON + (last + timedelta(days=returned) - TODAY))
    assert shown(breaches(log)) == broken


def test_a_result_has_to_come_in_the_time_that_was_given_after_its_return() -> None:
    given = assignment_given()
    longer = replace(given.due, on=given.due.on + timedelta(days=20))
    done = assignment.AssignmentResultSubmitted(
        text="nəticə", submitted_by="executor", submitted_on=given.due.on
    )
    events = (
        given,
        assignment.AssignmentAccepted(accepted_by="executor"),
        done,
        assignment.AssignmentResultReturned(returned_by="author", returns=1),
        assignment.AssignmentExtended(granted_by="author", due=longer),
        replace(done, submitted_on=longer.on + timedelta(days=1)),
    )
    log = recorded(events, CaseKind.ASSIGNMENT)
    log[3] = replace(log[3], recorded_at=NOON + (given.due.on - TODAY))
    assert shown(breaches(log)) == {"answered-late": [6]}


def test_an_extension_that_came_too_late_is_its_authors_and_not_the_executors() -> None:
    given = assignment_given()
    longer = replace(given.due, on=given.due.on + timedelta(days=9), granted=())
    granted = assignment.AssignmentExtended(granted_by="author", due=longer)
    log = recorded([given, granted], CaseKind.ASSIGNMENT, unit="agency")
    late = NOON + (given.due.on + timedelta(days=1) - TODAY)
    (breach,) = breaches([log[0], replace(log[1], recorded_at=late)])
    assert (breach.rule, breach.unit) == (Rule.EXTENDED_LATE, "agency")
    assert given.unit != "agency"


@pytest.mark.parametrize(
    "kind", [CaseKind.APPEAL, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT, CaseKind.RECEPTION]
)
def test_what_the_commands_allow_skips_no_step_and_takes_none_too_early(kind: CaseKind) -> None:
    of_the_desk = {
        Rule.STEP_SKIPPED,
        Rule.STEP_TOO_EARLY,
        Rule.DISPATCHED_UNSIGNED,
        Rule.SIGNED_UNINITIALLED,
        Rule.CLOSED_UNANSWERED,
        Rule.EXTENDED_UNTOLD,
        Rule.FORWARDED_UNTOLD,
    }
    for seed in range(12):
        made = history(seeded(seed), kind, events=60)
        assert [b for b in breaches(made.recorded) if b.rule in of_the_desk] == []


def test_every_rule_can_be_opened_as_a_finding() -> None:
    assert set(FINDING_OF) == set(Rule)
