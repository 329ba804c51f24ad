"""How figures are told: with what leads to their cases, and without what is small for analysts."""

from collections.abc import Iterable, Mapping
from datetime import date
from urllib.parse import urlencode

from msgspec import Struct

from api.dashboard_pages import (
    Breakdown,
    Course,
    HolderRow,
    KindRow,
    Mean,
    MediaFigures,
    Rate,
    ReceptionFigures,
    Step,
    Told,
    UnitRow,
    ValueRow,
)
from domain.case import CaseKind
from domain.small_counts import SMALLEST_TOLD, Group, hidden, total_told
from projections.duties import Holder
from projections.figures import FIGURES, WORK, Counted, Days, Figure, Period, months_of, year_ago
from projections.figures_told import NOTHING, Dimension, Sum, Wanted
from projections.occurrence import Occurrence

MOST_VALUES = 50
_NOT_GIVEN: Group = (None,)
_RECEPTIONS = (CaseKind.RECEPTION,)
WAITED, HEARD, RATED = "waited", "heard", "rated"
BESIDE = (
    Wanted(WAITED, Counted(occurrence=Occurrence.WAITED, kinds=_RECEPTIONS)),
    Wanted(HEARD, Counted(occurrence=Occurrence.HEARD, kinds=_RECEPTIONS)),
    Wanted(RATED, Counted(occurrence=Occurrence.VISIT_RATED, kinds=_RECEPTIONS)),
)
HELD = tuple(
    Wanted(
        holder.value,
        Counted(
            occurrence=Occurrence.HELD_BALL, kinds=WORK, column="outcome", values=(holder.value,)
        ),
    )
    for holder in Holder
)
"""What is told of receptions and of who held the ball, beside the figures."""

OF_RECEPTIONS = (
    Figure.SESSIONS_PLANNED,
    Figure.SESSIONS_HELD,
    Figure.SESSIONS_CANCELLED,
    Figure.VISITS_REGISTERED,
    Figure.PEOPLE_RECEIVED,
    Figure.VISITS_ANSWERED_ORALLY,
    Figure.VISITS_REFERRED,
    Figure.VISITS_DECLINED,
    Figure.NO_SHOWS,
    Figure.WRITTEN_TAKEN_IN,
    Figure.HEARING_ASSIGNMENTS_GIVEN,
    Figure.HEARING_ASSIGNMENTS_OPEN,
    Figure.HEARING_ASSIGNMENTS_OVERDUE,
    Figure.HEARING_ASSIGNMENTS_FULFILLED,
)
OF_MEDIA = (
    Figure.MEDIA_OPEN,
    Figure.MEDIA_RECEIVED,
    Figure.MEDIA_ANSWERED,
    Figure.MEDIA_WITH_OUTLET_DEADLINE,
    Figure.MEDIA_IN_OUTLET_TIME,
)
HELD_BY = {
    Holder.UNIT: Figure.HELD_BY_UNIT,
    Holder.SIGNATORY: Figure.HELD_BY_SIGNATORY,
    Holder.OTHER_BODY: Figure.HELD_BY_OTHER_BODY,
    Holder.APPLICANT: Figure.HELD_BY_APPLICANT,
}
OF_ROWS = (
    Figure.OPEN,
    Figure.OVERDUE,
    Figure.DUE_THIS_WEEK,
    Figure.RECEIVED,
    Figure.CLOSED,
)
ON_TIME = (Figure.ANSWERED_ON_TIME, Figure.ANSWERED_WITH_DUE_DATE)
Found = Mapping[tuple[str, str], Sum]


class Telling(Struct, frozen=True, kw_only=True):
    """To whom it is told, of which unit. Analysts are not told what is small, nor of cases."""

    unit: str | None
    alone: bool
    small_told: bool


class Teller(Struct, frozen=True, kw_only=True):
    """Tells what was ``found`` of a period."""

    found: Found
    period: Period
    telling: Telling

    @property
    def small_told(self) -> bool:
        return self.telling.small_told

    def sum(self, name: str, group: str = "") -> Sum:
        return self.found.get((name, group), NOTHING)

    def told(self, figure: Figure, group: str = "", **narrowed: str) -> Told:
        value = self.sum(figure, group).n
        return Told(
            figure=figure,
            value=value if self.small_told or not 0 < value < SMALLEST_TOLD else None,
            drill=self.drill(figure, **narrowed),
        )

    def rate(self, part: Figure, whole: Figure, group: str = "", **narrowed: str) -> Rate:
        """The part's complement is small too where telling both would give it away."""
        some, of = self.told(part, group, **narrowed), self.told(whole, group, **narrowed)
        n, all_of = self.sum(part, group).n, self.sum(whole, group).n
        if not self.small_told and hidden({("part",): n, ("rest",): all_of - n}):
            some = Told(figure=part, value=None, drill=None)
        told = some.value is not None and of.value
        return Rate(part=some, whole=of, share=n / all_of if told else None)

    def share(self, part: Figure, whole: Figure) -> float | None:
        return self.rate(part, whole).share

    def mean(self, name: str) -> Mean:
        counted = self.sum(name)
        minutes = counted.amount / counted.n if counted.n else None
        return Mean(minutes=minutes, of=counted.n)

    def drill(self, figure: Figure, **narrowed: str) -> str | None:
        """The query that lists the cases of a figure."""
        if not self.small_told:
            return None
        query: dict[str, str] = {"figure": figure.value}
        if self.telling.unit and "unit" not in narrowed:
            query["unit"] = self.telling.unit
            if self.telling.alone:
                query["alone"] = "true"
        days = FIGURES[figure].days
        if days is Days.PERIOD and "from" not in narrowed:
            query |= {"from": str(self.period.since), "to": str(self.period.until)}
        elif days in (Days.BEFORE_TODAY, Days.THIS_WEEK):
            query["on"] = str(self.period.on)
        return urlencode(query | narrowed)

    def units(self, by_unit: Found) -> list[UnitRow]:
        """The units that have or had anything, those with most overdue first."""
        tell = self._of(by_unit)
        rows = [
            UnitRow(
                unit=unit,
                open=tell.told(Figure.OPEN, unit, unit=unit, alone="true"),
                overdue=tell.told(Figure.OVERDUE, unit, unit=unit, alone="true"),
                due_this_week=tell.told(Figure.DUE_THIS_WEEK, unit, unit=unit, alone="true"),
                received=tell.told(Figure.RECEIVED, unit, unit=unit, alone="true"),
                closed=tell.told(Figure.CLOSED, unit, unit=unit, alone="true"),
                on_time=tell.rate(*ON_TIME, unit, unit=unit, alone="true"),
            )
            for unit in dict.fromkeys(group for _, group in by_unit)
        ]
        return sorted(
            rows, key=lambda row: (-(row.overdue.value or 0), -(row.open.value or 0), row.unit)
        )

    def kinds(self, by_kind: Found) -> list[KindRow]:
        tell = self._of(by_kind)
        return [
            KindRow(
                kind=kind.value,
                open=tell.told(Figure.OPEN, kind, kind=kind.value),
                overdue=tell.told(Figure.OVERDUE, kind, kind=kind.value),
                due_this_week=tell.told(Figure.DUE_THIS_WEEK, kind, kind=kind.value),
                received=tell.told(Figure.RECEIVED, kind, kind=kind.value),
                closed=tell.told(Figure.CLOSED, kind, kind=kind.value),
            )
            for kind in WORK
        ]

    def breakdown(
        self, figure: Figure, dimension: Dimension, counts: Mapping[str, int], whole: int
    ) -> Breakdown:
        of_period = FIGURES[figure].days is Days.PERIOD
        since, until = months_of(self.period) if of_period else (None, None)
        groups: dict[Group, int] = {(value,): n for value, n in counts.items()}
        if not_given := whole - sum(counts.values()):
            groups[_NOT_GIVEN] = not_given
        unseen = frozenset() if self.small_told else hidden(groups)
        days = {"from": str(since), "to": str(until)} if of_period else {}
        rows = [
            ValueRow(
                value=value,
                count=None if (value,) in unseen else n,
                of=None,
                drill=self.drill(figure, dimension=dimension.value, value=value, **days),
            )
            for value, n in counts.items()
        ]
        if unseen:
            # The order must not tell what the counts don't.
            rows.sort(key=lambda row: (-(row.count or 0), row.value))
        return Breakdown(
            figure=figure,
            dimension=dimension.value,
            since=since,
            until=until,
            rows=rows[:MOST_VALUES],
            whole=whole if self.small_told or total_told(groups) else None,
            not_given=None if _NOT_GIVEN in unseen else not_given,
            more=max(len(rows) - MOST_VALUES, 0),
        )

    def course(
        self,
        grain: str,
        now: Mapping[tuple[date, str], int],
        before: Mapping[tuple[date, str], int],
    ) -> Course:
        return Course(
            grain=grain,
            steps=[
                Step(
                    starts_on=on,
                    received=self._count(now, on, Occurrence.RECEIVED),
                    closed=self._count(now, on, Occurrence.CLOSED),
                    received_year_ago=self._year_ago(before, on, Occurrence.RECEIVED),
                    closed_year_ago=self._year_ago(before, on, Occurrence.CLOSED),
                )
                for on in self.period.steps(grain)
            ],
            received_year_ago=self._all(before, Occurrence.RECEIVED),
            closed_year_ago=self._all(before, Occurrence.CLOSED),
        )

    def _year_ago(
        self, counts: Mapping[tuple[date, str], int], on: date, occurrence: Occurrence
    ) -> int | None:
        before = year_ago(on)
        return self._count(counts, before, occurrence) if before.day == on.day else None

    def _all(self, counts: Mapping[tuple[date, str], int], occurrence: Occurrence) -> int | None:
        along = _along(counts, occurrence)
        return sum(along.values()) if self.small_told or not hidden(along) else None

    def _count(
        self, counts: Mapping[tuple[date, str], int], on: date, occurrence: Occurrence
    ) -> int | None:
        n = counts.get((on, occurrence.value), 0)
        if self.small_told:
            return n
        return None if (str(on),) in hidden(_along(counts, occurrence)) else n

    def holders(self) -> list[HolderRow]:
        minutes = {holder: self.sum(holder.value).amount for holder in Holder}
        total = sum(minutes.values())
        return [
            HolderRow(
                holder=holder.value,
                standing=self.told(HELD_BY[holder]),
                minutes=minutes[holder],
                share=minutes[holder] / total if total else None,
            )
            for holder in Holder
        ]

    def reception(self) -> ReceptionFigures:
        rated = self.sum(RATED)
        return ReceptionFigures(
            sessions_planned=self.told(Figure.SESSIONS_PLANNED),
            sessions_held=self.told(Figure.SESSIONS_HELD),
            sessions_cancelled=self.told(Figure.SESSIONS_CANCELLED),
            visits_registered=self.told(Figure.VISITS_REGISTERED),
            people_received=self.told(Figure.PEOPLE_RECEIVED),
            answered_orally=self.told(Figure.VISITS_ANSWERED_ORALLY),
            visits_referred=self.told(Figure.VISITS_REFERRED),
            visits_declined=self.told(Figure.VISITS_DECLINED),
            no_shows=self.told(Figure.NO_SHOWS),
            written_taken_in=self.told(Figure.WRITTEN_TAKEN_IN),
            waiting=self.mean(WAITED),
            hearing=self.mean(HEARD),
            rating=rated.amount / rated.n if rated.n else None,
            assignments_given=self.told(Figure.HEARING_ASSIGNMENTS_GIVEN),
            assignments_open=self.told(Figure.HEARING_ASSIGNMENTS_OPEN),
            assignments_overdue=self.told(Figure.HEARING_ASSIGNMENTS_OVERDUE),
            assignments_fulfilled=self.told(Figure.HEARING_ASSIGNMENTS_FULFILLED),
        )

    def media(self) -> MediaFigures:
        return MediaFigures(
            open=self.told(Figure.MEDIA_OPEN),
            received=self.told(Figure.MEDIA_RECEIVED),
            answered=self.told(Figure.MEDIA_ANSWERED),
            in_outlet_time=self.rate(
                Figure.MEDIA_IN_OUTLET_TIME, Figure.MEDIA_WITH_OUTLET_DEADLINE
            ),
            answering=self.mean(Figure.MEDIA_ANSWERED),
        )

    def _of(self, found: Found) -> "Teller":
        return Teller(found=found, period=self.period, telling=self.telling)


def _along(counts: Mapping[tuple[date, str], int], occurrence: Occurrence) -> dict[Group, int]:
    return {(str(day),): n for (day, what), n in counts.items() if what == occurrence}


def wanted(figures: Iterable[Figure]) -> list[Wanted]:
    return [Wanted(figure.value, FIGURES[figure]) for figure in dict.fromkeys(figures)]
