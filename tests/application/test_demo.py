"""The demo's agency: every kind of case, most states, and the same ones again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import NamedTuple

import psycopg
import pytest

from api.documents import Documents
from application.caller import Role
from application.demo import DEMO_CALLERS, DemoSummary, plan_demo, seed_demo
from application.demo_archive import KeptDocument
from application.desk import Desk
from domain import appeal, assignment, identity, media_inquiry, reception
from domain.applicant import Individual
from domain.case import CaseKind
from domain.envelope import Recorded
from domain.identity import IdentityDecisionWithdrawn, PersonsJoined
from domain.kinds import EVENTS
from domain.record import DocumentAttached
from infra.jurisdiction import terms_of
from infra.mapper import stored_name
from infra.retention import retention_rules
from tests.desks import migrated_database, new_desk, recorded_by
from tests.domain.spec import BAKU

TODAY = date(2026, 4, 6)
HARDLY_EVER = {
    "appeal-term-corrected",
    "appeal-term-resumed",
    "appeal-term-suspended",
    "deadline-notice-given",
    "appeal-taken-up-again",
    "appeal-withdrawn",
    "calendar-decision-withdrawn",
    "due-dates-moved",
    "assignment-extended",
    "assignment-extension-refused",
    "media-inquiry-declined",
    "reception-cancelled",
    "reception-postponed",
    "appeal-reopened",
    "appeal-reclassified",
    "media-inquiry-reopened",
    # One case is old enough to go, and one erasure is proposed and waits.
    "content-destroyed",
    "destruction-approved",
    "destruction-carried-out",
    "destruction-completed",
    "destruction-refused",
    "destruction-withdrawn",
    "held-from-destruction",
    "hold-released",
    "finding-answer-rejected",
    "finding-closed",
    "finding-withdrawn",
    "remedy-carried-out",
    "remedy-proposed",
    # One cause is named, and one proposal to remove it carried out.
    "cause-closed",
    "cause-evidence-added",
    "cause-evidence-withdrawn",
    "cause-withdrawn",
    "removal-refused",
    # Two reports wait for the server to compare them.
    "unit-report-accepted",
    "unit-report-corrected",
    "unit-report-disputed",
    "unit-report-verification-asked",
    "unit-report-verified",
}


class HalfYear(NamedTuple):
    database: str
    desk: Desk
    summary: DemoSummary
    log: list[Recorded]


@pytest.fixture
def agency(database: str) -> Iterator[Desk]:
    with agency_in(database) as desk:
        yield desk


@pytest.fixture(scope="module")
def half_year(postgres: str) -> Iterator[HalfYear]:
    """The whole demo, for tests that only look at it."""
    with migrated_database(postgres) as database, agency_in(database) as desk:
        summary = seeded(desk, database, 450)
        yield HalfYear(database, desk, summary, recorded_by(desk))


@contextmanager
def agency_in(database: str) -> Iterator[Desk]:
    desk = new_desk(database, terms_of("az"))
    yield desk
    desk.close()


def seeded(desk: Desk, database: str, cases: int, seed: int = 1) -> DemoSummary:
    with psycopg.connect(database, autocommit=True) as conn:
        return seed_demo(desk, conn, today=TODAY, seed=seed, cases=cases)


def test_the_demo_shows_every_kind_of_case_and_most_of_what_can_happen(
    half_year: HalfYear,
) -> None:
    log, summary = half_year.log, half_year.summary
    assert len({recorded.originator_id for recorded in log}) == summary.cases == 450
    assert len(log) == summary.events
    assert {recorded.kind for recorded in log} == set(CaseKind)
    happened = {stored_name(recorded.event) for recorded in log}
    assert {stored_name(event) for event in EVENTS} - happened <= HARDLY_EVER


def test_cases_stand_at_many_stages(half_year: HalfYear) -> None:
    stages = {
        kind: {
            standing.state.stage
            for recorded in half_year.log
            if recorded.kind is kind
            and (standing := half_year.desk.remembered(recorded.originator_id))
        }
        for kind in CaseKind
    }
    assert stages[CaseKind.APPEAL] >= {
        appeal.Stage.IN_WORK,
        appeal.Stage.ANSWERED,
        appeal.Stage.CLOSED,
    }
    assert stages[CaseKind.ASSIGNMENT] >= {
        assignment.Stage.ACCEPTED,
        assignment.Stage.FULFILLED,
        assignment.Stage.CANCELLED,
    }
    assert media_inquiry.Stage.CLOSED in stages[CaseKind.MEDIA_INQUIRY]
    assert len(stages[CaseKind.MEDIA_INQUIRY]) > 1
    assert stages[CaseKind.RECEPTION] >= {
        reception.ReceptionStage.PLANNED,
        reception.ReceptionStage.CLOSED,
    }
    decided = identity.Stage.JOINED, identity.Stage.TOLD_APART, identity.Stage.WITHDRAWN
    assert stages[CaseKind.IDENTITY] == {*decided}


def test_who_is_joined_was_entered_twice_by_one_name_and_phone(half_year: HalfYear) -> None:
    events = [recorded.event for recorded in half_year.log]
    withdrawn = {e.persons for e in events if isinstance(e, IdentityDecisionWithdrawn)}
    [joined] = [
        e.persons for e in events if isinstance(e, PersonsJoined) and e.persons not in withdrawn
    ]
    entered = [
        e.applicant.person
        for e in events
        if isinstance(e, appeal.AppealRegistered) and isinstance(e.applicant, Individual)
    ]
    one, *others = [person for person in entered if person.id in joined]
    assert {person.id for person in (one, *others)} == set(joined)
    assert all(
        (one.surname, one.name, one.phone) == (other.surname, other.name, other.phone)
        for other in others
    )


def test_nothing_was_refused_to_the_policies(half_year: HalfYear) -> None:
    with psycopg.connect(half_year.database) as conn:
        assert conn.execute("SELECT * FROM karguzar.refused_orders").fetchall() == []
        position = conn.execute(
            "SELECT notification_id FROM karguzar.register_tracking "
            "WHERE application_name = 'policies'"
        ).fetchone()
    assert position == (half_year.log[-1].position,)
    assert {recorded.client for recorded in half_year.log} == {"karguzar-policies", "demo"}


def test_it_happened_on_working_days_in_office_hours_before_today(half_year: HalfYear) -> None:
    moments = [recorded.recorded_at.astimezone(BAKU) for recorded in half_year.log]
    assert moments == sorted(moments)
    assert all(half_year.desk.terms.calendar.is_working_day(moment.date()) for moment in moments)
    assert all(time(9) <= moment.time() < time(18) for moment in moments)
    assert moments[-1] < datetime.combine(TODAY, time(0), BAKU)


def test_some_open_appeals_are_overdue_and_some_are_not(half_year: HalfYear) -> None:
    ids = {r.originator_id for r in half_year.log if r.kind is CaseKind.APPEAL}
    standings = [standing.state for i in ids if (standing := half_year.desk.remembered(i))]
    waiting = [state for state in standings if state.stage in appeal.OPEN]
    assert {state.due.on < TODAY for state in waiting} == {True, False}
    assert any(state.confidential for state in standings)
    assert any(state.control for state in waiting)


def test_run_again_it_adds_nothing(agency: Desk, database: str) -> None:
    seeded(agency, database, 40)
    before = recorded_by(agency)
    clock, organisation = agency.clock, agency.organisation
    assert seeded(agency, database, 40).events == 0
    assert recorded_by(agency) == before
    assert (agency.clock, agency.organisation) == (clock, organisation)


def test_the_same_seed_and_day_give_the_same_history(agency: Desk) -> None:
    one, same, other = (plan_demo(agency, today=TODAY, seed=seed, cases=80) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_most_appeals_are_applications_and_about_a_third_are_complaints(agency: Desk) -> None:
    plan = plan_demo(agency, today=TODAY, seed=1, cases=450)
    kinds = Counter(
        entry.order.command.kind
        for entry in plan
        if isinstance(entry.order.command, appeal.RegisterAppeal)
    )
    assert 0.58 < kinds[appeal.AppealKind.APPLICATION] / kinds.total() < 0.76
    assert 0.22 < kinds[appeal.AppealKind.COMPLAINT] / kinds.total() < 0.40
    assert kinds[appeal.AppealKind.PROPOSAL]


def test_every_role_a_token_may_carry_has_an_official() -> None:
    assert DEMO_CALLERS.keys() == set(Role) - {Role.SYSTEM}
    assert DEMO_CALLERS[Role.EXECUTOR] == ("pensions-1", "pensions")


def test_one_case_of_the_archive_is_due_to_be_destroyed_and_has_its_documents(
    agency: Desk, database: str
) -> None:
    documents = Documents(agency)
    kept: list[KeptDocument] = []

    def keep(document: KeptDocument) -> None:
        kept.append(document)
        documents.store(
            document.case_id,
            document.owner,
            document.document.sha256,
            document.document.media_type,
            document.content,
        )

    with psycopg.connect(database, autocommit=True) as conn:
        seed_demo(agency, conn, today=TODAY, cases=12, keep=keep)
    standing = agency.remembered(kept[0].case_id)
    assert standing
    rule = retention_rules("az").of(CaseKind.APPEAL, standing.state.kind)
    assert rule
    assert standing.ended_on
    assert rule.may_go_on(standing.ended_on) < TODAY
    happened = [recorded.event for recorded in recorded_by(agency)]
    attached = [event.document for event in happened if isinstance(event, DocumentAttached)]
    assert attached == [each.document for each in kept]
    for each in kept:
        assert documents.read(each.case_id, each.document.sha256) == ("text/plain", each.content)
