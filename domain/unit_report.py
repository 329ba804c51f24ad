"""The report (hesabat) that a unit gives of its own work, and what the register says of the same.

Units give reports, and the department compares them with the register (statute 001 3.1.8, 6.3.5).
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, assert_never
from uuid import UUID, uuid5

from msgspec import Meta
from msgspec.structs import replace

from domain.case import (
    CaseKind,
    Command,
    Context,
    Event,
    NotFitting,
    NotYetBegun,
    OfficialId,
    Refusal,
    RegistrationNumber,
    ShortText,
    UnitId,
    Value,
)
from domain.claimed_figures import Compared, Figure, Figures, compared, require_claimable
from domain.due import Due
from domain.hand import Hand
from domain.information import DueInThePast
from domain.report_definition import DEFINITION_VERSION
from domain.report_period import PeriodKind, ReportPeriod
from domain.rule import ClockName

KIND = CaseKind.UNIT_REPORT
BOOK = "h"

_REPORTS = UUID("0d0a3c5e-6d0c-5f0e-9c1b-5b1d7a2f4e68")
"""The ids of the cases derive from it and from unit and period."""

PeriodName = Annotated[str, Meta(pattern=r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$(?!\n)")]
Position = Annotated[int, Meta(ge=0)]


class Stage(StrEnum):
    """How far the comparison has come; the unit may correct the report until it is accepted."""

    AWAITING_VERIFICATION = "awaiting-verification"
    AGREES = "agrees"
    DIFFERS = "differs"
    ACCEPTED = "report-accepted"
    DISPUTED = "disputed"


OPEN = frozenset({Stage.AWAITING_VERIFICATION, Stage.AGREES, Stage.DIFFERS})


class UnitReportSubmitted(Event, tag="unit-report-submitted"):
    """``due`` is by when it had to be there, None where no rule says.

    ``definition`` is the version of the definition that names the figures.
    """

    number: RegistrationNumber
    unit: UnitId
    period: PeriodName
    definition: int
    figures: Figures
    due: Due | None
    late: bool
    registered_on: date
    submitted_by: OfficialId
    deputy: OfficialId | None


class UnitReportCorrected(Event, tag="unit-report-corrected"):
    """``figures`` are all of the report as they are now."""

    definition: int
    figures: Figures
    corrected_on: date
    corrected_by: OfficialId
    deputy: OfficialId | None


class UnitReportVerified(Event, tag="unit-report-verified"):
    """The log as of ``position``, counted by version ``definition``, said ``figures``."""

    position: Position
    definition: int
    figures: tuple[Compared, ...]
    differing: int


class UnitReportVerificationAsked(Event, tag="unit-report-verification-asked"):
    asked_by: OfficialId
    deputy: OfficialId | None


class UnitReportAccepted(Event, tag="unit-report-accepted"):
    accepted_by: OfficialId
    deputy: OfficialId | None


class UnitReportDisputed(Event, tag="unit-report-disputed"):
    """``figures`` are those that differ; the unit answers for them by ``answer_due_on``."""

    unit: UnitId
    period: PeriodName
    position: Position
    figures: tuple[Compared, ...]
    answer_due_on: date
    disputed_by: OfficialId
    deputy: OfficialId | None


class SubmitUnitReport(Command):
    """The figures of the whole unit, with all units below it, for a period that is over.

    A month is ``2026-10``, a quarter ``2026-Q3``, a half year ``2026-H1``, a year ``2026``. The
    figures are named as in `GET /api/v1/unit-reports/form`; a figure that isn't given isn't
    compared.
    """

    unit: UnitId
    period: PeriodName
    figures: Figures


class CorrectUnitReport(Command):
    """All figures of the report anew, before or after they were compared."""

    figures: Figures
    reason: ShortText


class VerifyUnitReport(Command):
    """Given by the register itself with what its log says; ``counted`` has every figure claimed."""

    position: Position
    definition: int
    counted: Figures


class VerifyAgain(Command):
    """Compare once more, with the log as it is by now."""

    reason: ShortText


class AcceptUnitReport(Command):
    """The figures agree with the register's."""


class DisputeUnitReport(Command):
    """Each figure that differs becomes a finding, which the unit answers by ``answer_due_on``."""

    answer_due_on: date


class ReportThere(Refusal):
    """The unit's report of this period is there already: correct it."""


class PeriodNotOver(NotFitting):
    """The period isn't over yet: submit the report after its last day."""


class NotTheReportingUnit(NotFitting):
    """A unit reports of its own work only: have it submitted by the unit itself."""


class NothingCorrected(Refusal):
    """These are the figures that the report has: correct what is wrong."""


class ReportIsAccepted(Refusal):
    """The report was accepted: it stays as it is."""


class NotVerifiedYet(Refusal):
    """The report has not been compared with the register yet: try again in a moment."""


class ReportDiffers(Refusal):
    """Figures differ from the register's: dispute them, or have the unit correct them."""


class NothingDiffers(Refusal):
    """Every figure agrees with the register's: accept the report."""


class DisputedBefore(Refusal):
    """Its differences are findings already: go on with those, or have the unit correct it."""


class OwnReport(Refusal):
    """Nobody judges a report that they submitted or corrected: somebody else has to."""


class VerifiedBefore(Refusal):
    """The report was compared with the register already: ask for it to be verified again."""


BEGINS = SubmitUnitReport
UnitReportCommand = (
    SubmitUnitReport
    | CorrectUnitReport
    | VerifyUnitReport
    | VerifyAgain
    | AcceptUnitReport
    | DisputeUnitReport
)
UnitReportEvent = (
    UnitReportSubmitted
    | UnitReportCorrected
    | UnitReportVerified
    | UnitReportVerificationAsked
    | UnitReportAccepted
    | UnitReportDisputed
)


class Verification(Value):
    """What the last comparison said."""

    position: int
    definition: int
    figures: tuple[Compared, ...]

    @property
    def differing(self) -> tuple[Compared, ...]:
        return tuple(each for each in self.figures if each.differs)


class UnitReport(Value):
    """``hands`` are all who submitted or corrected it, and for whom."""

    number: RegistrationNumber
    unit: str
    period: str
    definition: int
    figures: tuple[Figure, ...]
    due: Due | None
    late: bool
    units: frozenset[str]
    workers: frozenset[str]
    hands: frozenset[str]
    stage: Stage = Stage.AWAITING_VERIFICATION
    verification: Verification | None = None
    confidential: bool = False
    owner: UUID | None = None


def case_id_of(command: SubmitUnitReport) -> UUID:
    """The one case of a unit's report of a period."""
    return report_id(command.unit, command.period)


def report_id(unit: str, period: str) -> UUID:
    return uuid5(_REPORTS, f"{unit} {period}")


def period_of(written: str) -> ReportPeriod:
    """The period that a report names. Raises PeriodNotReadable."""
    marks = {"Q": PeriodKind.QUARTERLY, "H": PeriodKind.HALF_YEARLY}
    part = written.partition("-")[2]
    kind = marks.get(part[:1], PeriodKind.MONTHLY) if part else PeriodKind.ANNUAL
    return ReportPeriod.of(kind, written)


def decide(command: UnitReportCommand, report: UnitReport | None, ctx: Context) -> list[Event]:
    hand = Hand.of(ctx.by)
    if isinstance(command, SubmitUnitReport):
        if report:
            raise ReportThere
        return [_submit(command, hand, ctx)]
    if not report:
        raise NotYetBegun
    if report.stage is Stage.ACCEPTED:
        raise ReportIsAccepted
    match command:
        case CorrectUnitReport(figures=figures):
            return [_correct(figures, report, hand, ctx)]
        case VerifyUnitReport():
            return [_verify(command, report)]
        case VerifyAgain():
            _require_verified(report)
            return [UnitReportVerificationAsked(asked_by=hand.principal, deputy=hand.deputy)]
        case AcceptUnitReport():
            if _require_judged(report, hand).differing:
                raise ReportDiffers
            return [UnitReportAccepted(accepted_by=hand.principal, deputy=hand.deputy)]
        case DisputeUnitReport(answer_due_on=day):
            return [_dispute(day, report, hand, ctx)]
        case _:
            assert_never(command)


def _submit(command: SubmitUnitReport, hand: Hand, ctx: Context) -> UnitReportSubmitted:
    if ctx.by.unit != command.unit:
        raise NotTheReportingUnit
    last_day = period_of(command.period).last
    if ctx.today <= last_day:
        raise PeriodNotOver
    require_claimable(command.figures)
    rule = ctx.terms.usual_rule(KIND, "", ClockName.UNIT_REPORT, last_day)
    due = ctx.terms.begin_on(rule, last_day) if rule else None
    return UnitReportSubmitted(
        unit=command.unit,
        period=command.period,
        definition=DEFINITION_VERSION,
        figures=command.figures,
        due=due,
        late=due is not None and ctx.today > due.on,
        registered_on=ctx.today,
        submitted_by=hand.principal,
        deputy=hand.deputy,
        number=ctx.next_number(BOOK, ctx.today.year),
    )


def _correct(
    figures: tuple[Figure, ...], report: UnitReport, hand: Hand, ctx: Context
) -> UnitReportCorrected:
    if ctx.by.unit != report.unit:
        raise NotTheReportingUnit
    require_claimable(figures)
    if set(figures) == set(report.figures):
        raise NothingCorrected
    return UnitReportCorrected(
        definition=DEFINITION_VERSION,
        figures=figures,
        corrected_on=ctx.today,
        corrected_by=hand.principal,
        deputy=hand.deputy,
    )


def _verify(command: VerifyUnitReport, report: UnitReport) -> UnitReportVerified:
    if report.stage is not Stage.AWAITING_VERIFICATION:
        raise VerifiedBefore
    figures = compared(report.figures, command.counted)
    return UnitReportVerified(
        position=command.position,
        definition=command.definition,
        figures=figures,
        differing=sum(each.differs for each in figures),
    )


def _require_verified(report: UnitReport) -> Verification:
    if report.verification is None or report.stage is Stage.AWAITING_VERIFICATION:
        raise NotVerifiedYet
    return report.verification


def _require_judged(report: UnitReport, hand: Hand) -> Verification:
    """The comparison, for whoever may judge by it."""
    if not report.hands.isdisjoint(hand.people):
        raise OwnReport
    verification = _require_verified(report)
    if report.stage is Stage.DISPUTED:
        raise DisputedBefore
    return verification


def _dispute(day: date, report: UnitReport, hand: Hand, ctx: Context) -> UnitReportDisputed:
    verification = _require_judged(report, hand)
    if not verification.differing:
        raise NothingDiffers
    if day < ctx.today:
        raise DueInThePast
    return UnitReportDisputed(
        unit=report.unit,
        period=report.period,
        position=verification.position,
        figures=verification.differing,
        answer_due_on=day,
        disputed_by=hand.principal,
        deputy=hand.deputy,
    )


def evolve(report: UnitReport | None, event: UnitReportEvent) -> UnitReport:
    if isinstance(event, UnitReportSubmitted):
        return _submitted(event)
    if not report:
        raise NotYetBegun
    match event:
        case UnitReportCorrected(corrected_by=who, deputy=deputy):
            return replace(
                report,
                stage=Stage.AWAITING_VERIFICATION,
                definition=event.definition,
                figures=event.figures,
                workers=report.workers | {who},
                hands=report.hands | Hand.told(who, deputy).people,
            )
        case UnitReportVerified(position=position, definition=definition, figures=figures):
            found = Verification(position=position, definition=definition, figures=figures)
            stage = Stage.DIFFERS if found.differing else Stage.AGREES
            return replace(report, stage=stage, verification=found)
        case UnitReportVerificationAsked():
            return replace(report, stage=Stage.AWAITING_VERIFICATION)
        case UnitReportAccepted():
            return replace(report, stage=Stage.ACCEPTED)
        case UnitReportDisputed():
            return replace(report, stage=Stage.DISPUTED)
        case _:
            assert_never(event)


def _submitted(event: UnitReportSubmitted) -> UnitReport:
    return UnitReport(
        number=event.number,
        unit=event.unit,
        period=event.period,
        definition=event.definition,
        figures=event.figures,
        due=event.due,
        late=event.late,
        units=frozenset({event.unit}),
        workers=frozenset({event.submitted_by}),
        hands=Hand.told(event.submitted_by, event.deputy).people,
    )
