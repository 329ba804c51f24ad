"""Reports of units: submitted, compared with the log, corrected, accepted or disputed."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain import unit_report
from domain.case import Actor, Command, Event, NotYetBegun, Refusal
from domain.claimed_figures import (
    CLAIMABLE,
    FORM,
    BreakdownUnknown,
    Compared,
    Figure,
    FigureGivenTwice,
    FigureNotCounted,
    FigureUnknown,
    compared,
)
from domain.information import DueInThePast
from domain.report_definition import METRICS, Measure
from domain.unit_report import (
    AcceptUnitReport,
    CorrectUnitReport,
    DisputedBefore,
    DisputeUnitReport,
    NothingCorrected,
    NothingDiffers,
    NotTheReportingUnit,
    NotVerifiedYet,
    OwnReport,
    PeriodNotOver,
    ReportDiffers,
    ReportIsAccepted,
    ReportThere,
    Stage,
    SubmitUnitReport,
    UnitReport,
    UnitReportDisputed,
    UnitReportSubmitted,
    UnitReportVerified,
    VerifiedBefore,
    VerifyAgain,
    VerifyUnitReport,
    report_id,
)
from tests.domain.spec import NOON, context, official

TODAY = NOON.date()
HEAD, AUDITOR = official("head", "pensions"), official("auditor", "agency")
RECEIVED = Figure(figure="appeal.received", value=42)
BY_POST = Figure(figure="appeal.received", value=17, breakdown="channel=post")
CLAIMS = (RECEIVED, BY_POST)
SUBMIT = SubmitUnitReport(unit="pensions", period="2026-03", figures=CLAIMS)
DISPUTE = DisputeUnitReport(answer_due_on=TODAY + timedelta(days=10))


def counted(*figures: Figure) -> VerifyUnitReport:
    return VerifyUnitReport(position=17_351, definition=1, counted=figures)


AS_CLAIMED = counted(*CLAIMS)
ONE_MORE = counted(RECEIVED, replace(BY_POST, value=18))


class Told:
    """A report and what followed; commands are given one after the other."""

    def __init__(self, *commands: Command) -> None:
        self.state: UnitReport | None = None
        for command in commands:
            self.do(command)

    def do(self, command: Command, by: Actor | None = None, days_later: int = 0) -> Any:
        unit_does = isinstance(command, SubmitUnitReport | CorrectUnitReport)
        ctx = context(by or (HEAD if unit_does else AUDITOR), NOON + timedelta(days=days_later))
        events: list[Event] = unit_report.decide(command, self.state, ctx)  # type: ignore[arg-type]
        (event,) = events
        self.state = unit_report.evolve(self.state, event)  # type: ignore[arg-type]
        return event

    def refused(self, refusal: type[Refusal], command: Command, by: Actor | None = None) -> None:
        before = self.state
        with pytest.raises(refusal):
            self.do(command, by)
        assert self.state is before

    def stands_at(self, stage: Stage) -> bool:
        return self.state is not None and self.state.stage is stage


def test_a_report_is_submitted_with_its_number_and_the_day_it_was_due() -> None:
    event = Told().do(SUBMIT)
    assert isinstance(event, UnitReportSubmitted)
    assert (str(event.number), event.submitted_by) == ("H-7/2026", "head")
    assert event.due is not None
    assert (event.due.on, event.due.rule) == (date(2026, 4, 7), "az-unit-report")
    assert not event.late
    assert Told().do(SUBMIT, days_later=2).late


def test_there_is_one_report_of_a_unit_and_period() -> None:
    Told(SUBMIT).refused(ReportThere, SUBMIT)
    assert unit_report.case_id_of(SUBMIT) == report_id("pensions", "2026-03")
    assert report_id("pensions", "2026-Q1") != report_id("pensions", "2026-03")


@pytest.mark.parametrize("period", ["2026-04", "2026-Q2", "2026-H1", "2026"])
def test_a_period_is_reported_after_its_last_day(period: str) -> None:
    Told().refused(PeriodNotOver, replace(SUBMIT, period=period))


def test_a_unit_reports_of_its_own_work() -> None:
    Told().refused(NotTheReportingUnit, SUBMIT, AUDITOR)
    Told(SUBMIT).refused(
        NotTheReportingUnit, CorrectUnitReport(figures=(RECEIVED,), reason="-"), AUDITOR
    )
    Told().refused(NotYetBegun, AcceptUnitReport())


@pytest.mark.parametrize(
    ("figures", "refusal"),
    [
        ((Figure(figure="appeal.liked", value=1),), FigureUnknown),
        ((Figure(figure="appeal.answer-days-mean", value=1),), FigureUnknown),
        ((Figure(figure="appeal.held-minutes", value=1),), FigureUnknown),
        ((replace(RECEIVED, breakdown="official=aliyev"),), BreakdownUnknown),
        ((Figure(figure="appeal.opening", value=1, breakdown="channel=post"),), BreakdownUnknown),
        ((RECEIVED, replace(RECEIVED, value=1)), FigureGivenTwice),
    ],
    ids=["unknown", "mean", "minutes", "by-official", "not-broken-down", "twice"],
)
def test_figures_are_counts_of_the_definition_each_once(
    figures: tuple[Figure, ...], refusal: type[Refusal]
) -> None:
    Told().refused(refusal, replace(SUBMIT, figures=figures))
    Told(SUBMIT).refused(refusal, CorrectUnitReport(figures=figures, reason="səhv"))


def test_a_report_that_agrees_is_accepted_and_then_stays() -> None:
    told = Told(SUBMIT)
    told.refused(NotVerifiedYet, AcceptUnitReport())
    told.refused(NotVerifiedYet, VerifyAgain(reason="-"))
    verified = told.do(AS_CLAIMED)
    assert isinstance(verified, UnitReportVerified)
    assert (verified.position, verified.definition, verified.differing) == (17_351, 1, 0)
    assert told.stands_at(Stage.AGREES)
    told.refused(VerifiedBefore, AS_CLAIMED)
    told.refused(NothingDiffers, DISPUTE)
    told.refused(OwnReport, AcceptUnitReport(), HEAD)
    told.do(AcceptUnitReport())
    assert told.stands_at(Stage.ACCEPTED)
    told.refused(ReportIsAccepted, CorrectUnitReport(figures=(RECEIVED,), reason="-"))
    told.refused(ReportIsAccepted, VerifyAgain(reason="-"))


def test_what_differs_is_disputed_with_what_was_claimed_and_counted() -> None:
    told = Told(SUBMIT, ONE_MORE)
    assert told.stands_at(Stage.DIFFERS)
    told.refused(ReportDiffers, AcceptUnitReport())
    told.refused(DueInThePast, DisputeUnitReport(answer_due_on=TODAY - timedelta(days=1)))
    told.refused(OwnReport, DISPUTE, official("stand-in", "agency", on_behalf_of="head"))
    assert told.do(DISPUTE) == UnitReportDisputed(
        unit="pensions",
        period="2026-03",
        position=17_351,
        figures=(
            Compared(figure="appeal.received", claimed=17, counted=18, breakdown="channel=post"),
        ),
        answer_due_on=DISPUTE.answer_due_on,
        disputed_by="auditor",
        deputy=None,
    )
    assert told.stands_at(Stage.DISPUTED)
    told.refused(DisputedBefore, DISPUTE)
    told.refused(DisputedBefore, AcceptUnitReport())


def test_a_corrected_report_is_compared_anew_also_after_it_was_disputed() -> None:
    told = Told(SUBMIT, ONE_MORE, DISPUTE)
    told.refused(NothingCorrected, CorrectUnitReport(figures=(BY_POST, RECEIVED), reason="-"))
    right = (RECEIVED, replace(BY_POST, value=18))
    told.do(CorrectUnitReport(figures=right, reason="Poçt jurnalı yoxlanıb"))
    assert told.stands_at(Stage.AWAITING_VERIFICATION)
    told.refused(NotVerifiedYet, AcceptUnitReport())
    told.do(ONE_MORE)
    told.do(AcceptUnitReport())
    assert told.stands_at(Stage.ACCEPTED)


def test_whoever_corrected_for_somebody_judges_as_little_as_they_do() -> None:
    deputy = official("deputy", "pensions", on_behalf_of="head")
    told = Told()
    event = told.do(SUBMIT, deputy)
    assert (event.submitted_by, event.deputy) == ("head", "deputy")
    told.do(AS_CLAIMED)
    told.refused(OwnReport, AcceptUnitReport(), official("deputy", "agency"))
    assert told.state is not None
    assert told.state.workers == {"head"}
    assert told.state.units == {"pensions"}


def test_the_log_is_asked_again_where_it_was_put_right() -> None:
    told = Told(SUBMIT, ONE_MORE)
    told.do(VerifyAgain(reason="Qeydiyyat düzəldilib"))
    assert told.stands_at(Stage.AWAITING_VERIFICATION)
    told.do(AS_CLAIMED)
    assert told.stands_at(Stage.AGREES)


def test_whatever_is_claimed_has_to_be_counted() -> None:
    Told(SUBMIT).refused(FigureNotCounted, counted(RECEIVED))


def test_the_form_asks_for_every_count_and_for_no_mean_or_minute() -> None:
    means = {name for name, each in METRICS.items() if each.measure is Measure.MEAN}
    assert means
    assert not means & CLAIMABLE.keys()
    assert "appeal.held-minutes" in METRICS.keys() - CLAIMABLE.keys()
    assert len(set(FORM)) == len(FORM)
    assert {figure for figure, _ in FORM} == set(CLAIMABLE)
    Told().do(
        replace(
            SUBMIT,
            figures=tuple(Figure(figure=name, breakdown=by, value=0) for name, by in FORM),
        )
    )


_values = st.integers(0, 1_000_000_000)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(_values, _values), min_size=1, max_size=20))
def test_a_report_differs_exactly_where_a_claim_is_not_what_was_counted(
    pairs: list[tuple[int, int]],
) -> None:
    keys = FORM[: len(pairs)]
    claims, found = (
        tuple(
            Figure(figure=name, breakdown=by, value=pair[side])
            for (name, by), pair in zip(keys, pairs, strict=True)
        )
        for side in (0, 1)
    )
    told = compared(claims, reversed(found))
    assert [(each.claimed, each.counted) for each in told] == pairs
    verified = Told(replace(SUBMIT, figures=claims)).do(counted(*found))
    assert verified.differing == sum(claimed != right for claimed, right in pairs)
