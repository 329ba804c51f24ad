"""Shares and means by the month, beside the same months of the year before."""

from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct

from api.dashboard_pages import MonthStep
from projections.figures import Figure, Period, year_ago
from projections.figures_told import NOTHING, Sum

Found = Mapping[tuple[str, str], Sum]


class Months(Struct, frozen=True, kw_only=True):
    """What was ``found`` by the month, of the ``period`` and of the year before."""

    found: Found
    period: Period

    def share(self, part: Figure, whole: Figure) -> list[MonthStep]:
        """How much of *whole* was *part*."""

        def of(on: date) -> tuple[float, int]:
            return self._sum(part, on).n, self._sum(whole, on).n

        return self._steps(of)

    def mean(self, name: str) -> list[MonthStep]:
        """What each came to."""

        def of(on: date) -> tuple[float, int]:
            counted = self._sum(name, on)
            return counted.amount, counted.n

        return self._steps(of)

    def _steps(self, of: Callable[[date], tuple[float, int]]) -> list[MonthStep]:
        return [
            MonthStep(
                starts_on=on,
                value=_divided(*of(on)),
                of=of(on)[1],
                year_ago=_divided(*of(year_ago(on))),
            )
            for on in self.period.steps("month")
        ]

    def _sum(self, name: str, on: date) -> Sum:
        return self.found.get((name, on.isoformat()), NOTHING)


def _divided(some: float, of: int) -> float | None:
    return some / of if of else None
