"""The comparison of units' reports: each version once, and not before the read models are there."""

from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError
from msgspec.structs import replace

from application.caller import Role
from application.desk import Desk
from application.policies import POLICIES, finding_on, open_a_finding_on_each_figure_that_differs
from application.policy_desk import PolicyDesk
from application.retention import standings_of
from application.unit_report_desk import Counted, UnitReportDesk
from domain.case import CaseKind
from domain.claimed_figures import Compared, Figure
from domain.finding import FindingKind, FindingOpened, OpenFinding
from domain.unit_report import (
    CorrectUnitReport,
    DisputeUnitReport,
    Stage,
    SubmitUnitReport,
    UnitReport,
    UnitReportDisputed,
    UnitReportVerified,
    case_id_of,
)
from infra.eventstore import TrackingRecorder
from tests.desks import recorded_by
from tests.domain.spec import CASE, NOON
from tests.orders import AUDITOR, caller, order
from tests.stored_events.examples import around

HEAD = caller("mammadov", "pensions", Role.UNIT_HEAD)
RECEIVED = Figure(figure="appeal.received", value=4)
CLOSED = Figure(figure="appeal.closed", value=2)
SUBMIT = SubmitUnitReport(unit="pensions", period="2026-03", figures=(RECEIVED, CLOSED))
REPORT = case_id_of(SUBMIT)
ANSWER_DUE = NOON.date().replace(day=20)


def submitted(desk: Desk, command: SubmitUnitReport = SUBMIT) -> UUID:
    return desk.execute(order(CaseKind.UNIT_REPORT, case_id_of(command), command, HEAD)).id


def stage(desk: Desk, case: UUID = REPORT) -> Stage:
    state: UnitReport = standings_of(desk, [case])[case].state
    return state.stage


class Log:
    """A log whose figures are those of ``right``, once it has come to a position."""

    def __init__(self, *right: Figure, reached: int = 1_000) -> None:
        self.right = right
        self.reached = reached
        self.asked: list[str] = []

    def count(self, report: UnitReport, position: int) -> Counted | None:
        self.asked.append(report.period)
        if self.reached < position:
            return None
        return Counted(position=self.reached, definition=1, figures=self.right)


def test_a_report_is_compared_once_however_many_look(desk: Desk) -> None:
    submitted(desk)
    log = Log(RECEIVED, replace(CLOSED, value=3))
    first, second = UnitReportDesk(desk, log.count), UnitReportDesk(desk, log.count)
    assert first.round() == 1
    assert (first.round(), second.round()) == (0, 0)
    assert stage(desk) is Stage.DIFFERS
    verified = recorded_by(desk)[-1]
    assert isinstance(verified.event, UnitReportVerified)
    assert (verified.event.position, verified.event.differing) == (1_000, 1)
    assert (verified.actor, len(recorded_by(desk))) == ("unit-report-verification", 2)


def test_a_report_waits_for_the_read_models_and_those_behind_it_with_it(desk: Desk) -> None:
    submitted(desk)
    later = submitted(desk, replace(SUBMIT, period="2026-02"))
    log = Log(RECEIVED, CLOSED, reached=0)
    reports = UnitReportDesk(desk, log.count)
    assert reports.round() == 0
    assert log.asked == ["2026-03"]
    log.reached = 1
    assert reports.round() == 1
    assert (stage(desk), stage(desk, later)) == (Stage.AGREES, Stage.AWAITING_VERIFICATION)
    log.reached = 9
    assert reports.round() == 1
    assert stage(desk, later) is Stage.AGREES


def test_a_report_that_cannot_be_counted_is_told_and_keeps_nobody_behind_it_waiting(
    desk: Desk,
) -> None:
    submitted(desk)
    later = submitted(desk, replace(SUBMIT, period="2026-02"))
    log = Log(RECEIVED, CLOSED)
    broken = ["2026-03"]

    def count(report: UnitReport, position: int) -> Counted | None:
        if report.period in broken:
            raise ZeroDivisionError
        return log.count(report, position)

    reports = UnitReportDesk(desk, count)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            reports.round()
        assert (stage(desk), stage(desk, later)) == (Stage.AWAITING_VERIFICATION, Stage.AGREES)
    broken.clear()
    assert reports.round() == 1
    assert stage(desk) is Stage.AGREES


def test_what_the_unit_corrects_meanwhile_is_compared_as_it_is_then(desk: Desk) -> None:
    submitted(desk)
    log = Log(RECEIVED, CLOSED)
    corrected = (RECEIVED, replace(CLOSED, value=7))

    def meanwhile(report: UnitReport, position: int) -> Counted | None:
        if len(log.asked) == 0:
            correction = CorrectUnitReport(figures=corrected, reason="səhv")
            desk.execute(order(CaseKind.UNIT_REPORT, REPORT, correction, HEAD))
        return log.count(report, position)

    reports = UnitReportDesk(desk, meanwhile)
    reports.round()
    assert stage(desk) is Stage.AWAITING_VERIFICATION
    reports.round()
    assert stage(desk) is Stage.DIFFERS


def difference(figure: str, breakdown: str | None = None) -> Compared:
    return Compared(figure=figure, breakdown=breakdown, claimed=3, counted=5)


def test_each_figure_that_differs_becomes_one_finding_with_all_its_breakdowns() -> None:
    disputed = UnitReportDisputed(
        unit="pensions",
        period="2026-03",
        position=1_000,
        figures=(
            difference("appeal.received", "channel=post"),
            difference("appeal.closed"),
            difference("appeal.received"),
        ),
        answer_due_on=ANSWER_DUE,
        disputed_by="auditor",
        deputy=None,
    )
    recorded = around(disputed)
    orders = open_a_finding_on_each_figure_that_differs(recorded)
    assert [each.case_id for each in orders] == [
        finding_on(recorded.event_id, "appeal.closed"),
        finding_on(recorded.event_id, "appeal.received"),
    ]
    command = orders[1].command
    assert isinstance(command, OpenFinding)
    assert (command.kind, command.unit) == (FindingKind.REPORT_DIFFERS, "pensions")
    assert (command.source_case, command.answer_due_on) == (CASE, ANSWER_DUE)
    assert command.text == ("2026-03. appeal.received channel=post: 3 / 5; appeal.received: 3 / 5")


def test_the_findings_of_a_disputed_report_are_the_auditors_and_opened_once(desk: Desk) -> None:
    submitted(desk)
    UnitReportDesk(desk, Log(replace(RECEIVED, value=5), replace(CLOSED, value=1)).count).round()
    dispute = DisputeUnitReport(answer_due_on=ANSWER_DUE)
    desk.execute(order(CaseKind.UNIT_REPORT, REPORT, dispute, AUDITOR))
    log = recorded_by(desk)
    tracking = TrackingRecorder(desk.log.datastore, tracking_table_name="register_tracking")
    policies = PolicyDesk(desk, tracking, POLICIES)
    policies.take(log)
    with pytest.raises(IntegrityError):
        policies.take(log)
    opened = [each.event for each in recorded_by(desk)[len(log) :]]
    assert [type(event) for event in opened] == [FindingOpened, FindingOpened]
    for event in opened:
        assert isinstance(event, FindingOpened)
        assert (event.opened_by, event.opening_unit) == ("auditor", "agency")
        assert event.may_not_judge == ("mammadov",)
