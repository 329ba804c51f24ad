"""The pages of the dashboards: what each asks of the figures and how it is put together."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace
from psycopg import AsyncConnection

from api.dashboard_months import Months
from api.dashboard_pages import (
    About,
    AnalystPage,
    Breakdown,
    Control,
    Course,
    Dashboard,
    DashboardPage,
    KindRow,
    Leadership,
    MediaPage,
    ReceptionPage,
    UnitPage,
    UnitRow,
)
from api.dashboard_telling import (
    BESIDE,
    HEARD,
    HELD,
    HELD_BY,
    OF_MEDIA,
    OF_RECEPTIONS,
    OF_ROWS,
    ON_TIME,
    WAITED,
    Found,
    Teller,
    Telling,
    wanted,
)
from domain.case import CaseKind
from projections.figures import WORK, Figure, year_ago
from projections.figures_told import By, Dimension, Frame, Wanted, breakdown, course, sums
from projections.occurrence import Occurrence


class Asking:
    """Asks for what a page tells."""

    def __init__(self, conn: AsyncConnection[Any], frame: Frame, telling: Telling) -> None:
        self._conn, self._frame = conn, frame
        self._before = replace(frame, period=frame.period.year_ago)
        self._telling = telling
        self._tell = self._teller({}, frame)
        self._wholes: dict[Figure, int] = {}

    async def figures(self, *figures: Figure, beside: Iterable[Wanted] = ()) -> Teller:
        each = [*wanted(figures), *beside]
        return self._teller(await sums(self._conn, self._frame, each), self._frame)

    async def year_ago(self, *figures: Figure) -> Teller:
        return self._teller(await sums(self._conn, self._before, wanted(figures)), self._before)

    async def units(self) -> list[UnitRow]:
        each = wanted((*OF_ROWS, *ON_TIME))
        return self._tell.units(await sums(self._conn, self._frame, each, By.UNIT))

    async def kinds(self) -> list[KindRow]:
        return self._tell.kinds(await sums(self._conn, self._frame, wanted(OF_ROWS), By.KIND))

    async def breakdown(self, figure: Figure, dimension: Dimension) -> Breakdown:
        counts = await breakdown(self._conn, self._frame, figure, dimension)
        return self._tell.breakdown(figure, dimension, counts, await self._of_months(figure))

    async def _of_months(self, figure: Figure) -> int:
        """The figure for the whole months that its breakdowns are of."""
        if figure not in self._wholes:
            months = replace(self._frame, period=self._frame.period.months)
            found = await sums(self._conn, months, wanted([figure]))
            self._wholes[figure] = self._teller(found, months).sum(figure).n
        return self._wholes[figure]

    async def course(self, *kinds: CaseKind) -> Course:
        grain = self._frame.period.grain
        what = (Occurrence.RECEIVED, Occurrence.CLOSED)
        now = await course(self._conn, self._frame, what, kinds or WORK, grain)
        before = await course(self._conn, self._before, what, kinds or WORK, grain)
        return self._tell.course(grain, now, before)

    async def by_month(self, *figures: Figure, beside: Iterable[Wanted] = ()) -> Months:
        """By the month, in one reading with the year before."""
        period = self._frame.period.by_months
        both = replace(period, since=year_ago(period.since))
        each = [*wanted(figures), *beside]
        found = await sums(self._conn, replace(self._frame, period=both), each, By.MONTH)
        return Months(found=found, period=period)

    def _teller(self, found: Found, frame: Frame) -> Teller:
        return Teller(found=found, period=frame.period, telling=self._telling)


_REPEATS = (Figure.REPEATS, Figure.APPEALS_RECEIVED)


async def _leadership(ask: Asking, about: About) -> Leadership:
    compared = (Figure.RECEIVED, Figure.CLOSED, *ON_TIME, *_REPEATS)
    tell = await ask.figures(
        *OF_ROWS,
        *compared,
        *OF_RECEPTIONS,
        *OF_MEDIA,
        *HELD_BY.values(),
        beside=(*BESIDE, *HELD),
    )
    before = await ask.year_ago(*compared)
    months = await ask.by_month(*ON_TIME, beside=BESIDE)
    return Leadership(
        about=about,
        open=tell.told(Figure.OPEN),
        overdue=tell.told(Figure.OVERDUE),
        due_this_week=tell.told(Figure.DUE_THIS_WEEK),
        received=tell.told(Figure.RECEIVED),
        closed=tell.told(Figure.CLOSED),
        received_year_ago=before.sum(Figure.RECEIVED).n,
        closed_year_ago=before.sum(Figure.CLOSED).n,
        on_time=tell.rate(*ON_TIME),
        on_time_year_ago=before.share(*ON_TIME),
        repeats=tell.rate(*_REPEATS),
        repeats_year_ago=before.share(*_REPEATS),
        on_time_by_month=months.share(*ON_TIME),
        waiting_by_month=months.mean(WAITED),
        hearing_by_month=months.mean(HEARD),
        repeat_topics=await ask.breakdown(Figure.REPEATS, Dimension.TOPIC),
        by_kind=await ask.kinds(),
        by_unit=await ask.units(),
        course=await ask.course(),
        reception=tell.reception(),
        media=tell.media(),
        holders=tell.holders(),
    )


async def _unit(ask: Asking, about: About) -> UnitPage:
    tell = await ask.figures(
        *OF_ROWS,
        Figure.WITHOUT_DUE_DATE,
        Figure.CAME,
        Figure.LEFT,
        *ON_TIME,
        *_REPEATS,
        *HELD_BY.values(),
        beside=HELD,
    )
    months = await ask.by_month(*ON_TIME)
    return UnitPage(
        about=about,
        open=tell.told(Figure.OPEN),
        overdue=tell.told(Figure.OVERDUE),
        due_this_week=tell.told(Figure.DUE_THIS_WEEK),
        without_due_date=tell.told(Figure.WITHOUT_DUE_DATE),
        received=tell.told(Figure.RECEIVED),
        came=tell.told(Figure.CAME),
        left=tell.told(Figure.LEFT),
        closed=tell.told(Figure.CLOSED),
        on_time=tell.rate(*ON_TIME),
        on_time_by_month=months.share(*ON_TIME),
        repeats=tell.rate(*_REPEATS),
        by_kind=await ask.kinds(),
        by_unit=await ask.units(),
        by_official=await ask.breakdown(Figure.OPEN, Dimension.OFFICIAL),
        course=await ask.course(),
        holders=tell.holders(),
    )


async def _control(ask: Asking, about: About) -> Control:
    tell = await ask.figures(
        *OF_ROWS,
        Figure.EXTENDED,
        Figure.CONTROL_ESTABLISHED,
        Figure.CONTROL_LIFTED,
        Figure.FULFILLED,
        Figure.FULFILLED_ON_TIME,
        Figure.RESULTS_RETURNED,
        Figure.ENTRIES_CORRECTED,
        *OF_RECEPTIONS,
        *HELD_BY.values(),
        beside=HELD,
    )
    return Control(
        about=about,
        open=tell.told(Figure.OPEN),
        overdue=tell.told(Figure.OVERDUE),
        due_this_week=tell.told(Figure.DUE_THIS_WEEK),
        extended=tell.told(Figure.EXTENDED),
        control_established=tell.told(Figure.CONTROL_ESTABLISHED),
        control_lifted=tell.told(Figure.CONTROL_LIFTED),
        fulfilled=tell.rate(Figure.FULFILLED_ON_TIME, Figure.FULFILLED),
        results_returned=tell.told(Figure.RESULTS_RETURNED),
        entries_corrected=tell.told(Figure.ENTRIES_CORRECTED),
        hearing_assignments_given=tell.told(Figure.HEARING_ASSIGNMENTS_GIVEN),
        hearing_assignments_open=tell.told(Figure.HEARING_ASSIGNMENTS_OPEN),
        hearing_assignments_overdue=tell.told(Figure.HEARING_ASSIGNMENTS_OVERDUE),
        hearing_assignments_fulfilled=tell.told(Figure.HEARING_ASSIGNMENTS_FULFILLED),
        by_unit=await ask.units(),
        holders=tell.holders(),
    )


async def _reception(ask: Asking, about: About) -> ReceptionPage:
    tell = await ask.figures(*OF_RECEPTIONS, beside=BESIDE)
    months = await ask.by_month(beside=BESIDE)
    return ReceptionPage(
        about=about,
        reception=tell.reception(),
        waiting_by_month=months.mean(WAITED),
        hearing_by_month=months.mean(HEARD),
        by_official=await ask.breakdown(Figure.PEOPLE_RECEIVED, Dimension.OFFICIAL),
        topics=await ask.breakdown(Figure.VISITS_REGISTERED, Dimension.TOPIC),
        regions=await ask.breakdown(Figure.VISITS_REGISTERED, Dimension.REGION),
    )


async def _media(ask: Asking, about: About) -> MediaPage:
    tell = await ask.figures(*OF_MEDIA)
    return MediaPage(
        about=about,
        media=tell.media(),
        media_kinds=await ask.breakdown(Figure.MEDIA_RECEIVED, Dimension.SUBKIND),
        outcomes=await ask.breakdown(Figure.MEDIA_ANSWERED, Dimension.OUTCOME),
        topics=await ask.breakdown(Figure.MEDIA_RECEIVED, Dimension.TOPIC),
        course=await ask.course(CaseKind.MEDIA_INQUIRY),
    )


async def _analyst(ask: Asking, about: About) -> AnalystPage:
    tell = await ask.figures(Figure.APPEALS_RECEIVED, Figure.APPEALS_CLOSED, *ON_TIME, *_REPEATS)
    received = Figure.APPEALS_RECEIVED
    return AnalystPage(
        about=about,
        received=tell.told(received),
        closed=tell.told(Figure.APPEALS_CLOSED),
        on_time=tell.rate(*ON_TIME),
        repeats=tell.rate(*_REPEATS),
        kinds=await ask.breakdown(received, Dimension.SUBKIND),
        channels=await ask.breakdown(received, Dimension.CHANNEL),
        regions=await ask.breakdown(received, Dimension.REGION),
        topics=await ask.breakdown(received, Dimension.TOPIC),
        applicants=await ask.breakdown(received, Dimension.APPLICANT),
        results=await ask.breakdown(Figure.APPEALS_CLOSED, Dimension.OUTCOME),
        course=await ask.course(CaseKind.APPEAL),
    )


PAGES: Mapping[DashboardPage, Callable[[Asking, About], Awaitable[Dashboard]]] = {
    DashboardPage.LEADERSHIP: _leadership,
    DashboardPage.UNIT: _unit,
    DashboardPage.CONTROL: _control,
    DashboardPage.RECEPTION: _reception,
    DashboardPage.MEDIA: _media,
    DashboardPage.ANALYST: _analyst,
}
