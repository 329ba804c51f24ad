"""The periods that reports are of: a month, a quarter, a half-year or a year."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from msgspec import Struct

from domain.case import NotFitting

_WRITTEN = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])))?", re.ASCII)
_YEARS = range(1900, 2200)


class PeriodKind(StrEnum):
    """How often a report is made; the value is its name in addresses."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    ANNUAL = "annual"


_MONTHS = {
    PeriodKind.MONTHLY: 1,
    PeriodKind.QUARTERLY: 3,
    PeriodKind.HALF_YEARLY: 6,
    PeriodKind.ANNUAL: 12,
}


class Grain(StrEnum):
    """The steps in which the course of a period is told; the value is that of a figure's ``by``."""

    DAY = "day"
    MONTH = "month"


class Step(Struct, frozen=True):
    """A day or month of a period, by its number in the date that it begins with: "03"."""

    number: str
    first: date


def step_number(nth: int) -> str:
    """The number of a day or month as figures have it: in plain order when sorted."""
    return f"{nth:02}"


class PeriodNotReadable(NotFitting):
    """A period is written 2026-10 (month), 2026-Q3 (quarter), 2026-H2 (half-year) or 2026."""


class PeriodOfAnotherKind(NotFitting):
    """This report is of another kind of period: a monthly one is of 2026-10, an annual of 2026."""


class PeriodNotBegun(NotFitting):
    """The period has not begun on the day the report is made for: choose an earlier period."""


class ReportPeriod(Struct, frozen=True, kw_only=True):
    """``nth`` counts the periods of this kind in the year, from 1. All days are business days."""

    kind: PeriodKind
    year: int
    nth: int

    @classmethod
    def of(cls, kind: PeriodKind, written: str) -> Self:
        """The period *written* as 2026-10, 2026-Q3, 2026-H2 or 2026.

        Raises PeriodNotReadable, PeriodOfAnotherKind.
        """
        found = _WRITTEN.fullmatch(written)
        if found is None or int(found[1]) not in _YEARS:
            raise PeriodNotReadable
        month, quarter, half = (int(each) if each else None for each in found.groups()[1:])
        nth = {
            PeriodKind.MONTHLY: month,
            PeriodKind.QUARTERLY: quarter,
            PeriodKind.HALF_YEARLY: half,
            PeriodKind.ANNUAL: None if month or quarter or half else 1,
        }[kind]
        if nth is None:
            raise PeriodOfAnotherKind
        return cls(kind=kind, year=int(found[1]), nth=nth)

    @classmethod
    def with_day(cls, kind: PeriodKind, day: date) -> Self:
        """The period of this kind that *day* lies in."""
        return cls(kind=kind, year=day.year, nth=(day.month - 1) // _MONTHS[kind] + 1)

    @property
    def first(self) -> date:
        return date(self.year, (self.nth - 1) * _MONTHS[self.kind] + 1, 1)

    @property
    def last(self) -> date:
        month = self.nth * _MONTHS[self.kind]
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def grain(self) -> Grain:
        """Days of a month; months of what is longer, each with the figures of its own report."""
        return Grain.DAY if self.kind is PeriodKind.MONTHLY else Grain.MONTH

    def steps(self) -> Iterator[Step]:
        """In their order, from the first day of the period to the last."""
        day = self.first
        while day <= self.last:
            if self.grain is Grain.DAY:
                yield Step(step_number(day.day), day)
                day += timedelta(days=1)
            else:
                yield Step(step_number(day.month), day)
                day += timedelta(days=monthrange(day.year, day.month)[1])

    @property
    def year_before(self) -> "ReportPeriod":
        """The same period of the year before."""
        return ReportPeriod(kind=self.kind, year=self.year - 1, nth=self.nth)

    @property
    def previous(self) -> "ReportPeriod":
        """The period before this one."""
        if self.nth > 1:
            return ReportPeriod(kind=self.kind, year=self.year, nth=self.nth - 1)
        return ReportPeriod(kind=self.kind, year=self.year - 1, nth=12 // _MONTHS[self.kind])

    def __str__(self) -> str:
        match self.kind:
            case PeriodKind.MONTHLY:
                return f"{self.year:04}-{self.nth:02}"
            case PeriodKind.QUARTERLY:
                return f"{self.year:04}-Q{self.nth}"
            case PeriodKind.HALF_YEARLY:
                return f"{self.year:04}-H{self.nth}"
            case PeriodKind.ANNUAL:
                return f"{self.year:04}"
