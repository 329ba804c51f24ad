"""The demo's reports of units: two for the month that ended last, one with a miscount."""

from collections.abc import Sequence
from datetime import date, timedelta

from application.caller import Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Story
from domain.case import Command
from domain.claimed_figures import Figure
from domain.media_inquiry import ReceiveMediaInquiry
from domain.reception import AnswerOrally, StartHearing
from domain.report_period import PeriodKind, ReportPeriod
from domain.unit_report import KIND, SubmitUnitReport, case_id_of

_Counts = dict[str, tuple[type[Command], int]]
"""By figure what gives it, and by how much the unit has miscounted."""
_REPORTS: dict[str, _Counts] = {
    "press": {"media-inquiry.received": (ReceiveMediaInquiry, 0)},
    "citizens": {
        "reception.person-received": (StartHearing, 2),
        "reception.answered-orally": (AnswerOrally, 0),
    },
}
_REPORTED_AFTER = 2
"""So many working days of the next month pass before a report."""
UNIT_REPORTS = len(_REPORTS)


def tell_unit_reports(diary: Diary, days: Sequence[date]) -> None:
    """Told after all else, for the units count what was. Draws nothing."""
    day = max(day for day in days if _working_days_before(day, days) == _REPORTED_AFTER)
    at = diary.moment(day, HOURS[-1])
    period = ReportPeriod.with_day(PeriodKind.MONTHLY, day.replace(day=1) - timedelta(days=1))
    for unit, counts in _REPORTS.items():
        command = SubmitUnitReport(
            unit=unit,
            period=str(period),
            figures=tuple(
                Figure(figure=figure, value=_counted(diary, counted, period) + miscounted)
                for figure, (counted, miscounted) in counts.items()
            ),
        )
        diary.begun[KIND] += 1
        Story(diary, KIND, at, case_id_of(command)).order(
            command, caller(f"{unit}-head", Role.UNIT_HEAD)
        )


def _working_days_before(day: date, days: Sequence[date]) -> int:
    """In the same month."""
    return sum(day.replace(day=1) <= each < day for each in days)


def _counted(diary: Diary, command: type[Command], period: ReportPeriod) -> int:
    return sum(
        isinstance(each.order.command, command) and period.first <= each.at.date() <= period.last
        for each in diary.planned
    )
