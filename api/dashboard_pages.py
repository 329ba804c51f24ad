"""What the pages of the dashboards tell, as JSON and to those that draw them."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from msgspec import Struct

from projections.figures import Figure, Period
from projections.figures_told import FigureCase


class DashboardPage(StrEnum):
    LEADERSHIP = "leadership"
    UNIT = "unit"
    CONTROL = "control"
    RECEPTION = "reception"
    MEDIA = "media"
    ANALYST = "analyst"


class Told(Struct, frozen=True, kw_only=True):
    """``value`` is None where it is small and kept from analysts. ``drill`` leads to its cases.

    ``drill`` is the query of ``/api/v1/dashboards/cases`` that lists just as many; None where
    the reader lists none.
    """

    figure: Figure
    value: int | None
    drill: str | None


class Rate(Struct, frozen=True, kw_only=True):
    """``part`` of ``whole``; ``share`` is None where the whole is 0 or not told."""

    part: Told
    whole: Told
    share: float | None


class Mean(Struct, frozen=True, kw_only=True):
    """``minutes`` is None where there is nothing to tell them of."""

    minutes: float | None
    of: int | None


class UnitRow(Struct, frozen=True, kw_only=True):
    unit: str
    open: Told
    overdue: Told
    due_this_week: Told
    received: Told
    closed: Told
    on_time: Rate


class KindRow(Struct, frozen=True, kw_only=True):
    """``kind`` is appeal, media-inquiry or assignment."""

    kind: str
    open: Told
    overdue: Told
    due_this_week: Told
    received: Told
    closed: Told


class Step(Struct, frozen=True, kw_only=True):
    """A day, or as much of a month as is in the period; ``year_ago``: the year before.

    29 February has no day a year ago.
    """

    starts_on: date
    received: int | None
    closed: int | None
    received_year_ago: int | None
    closed_year_ago: int | None


class Course(Struct, frozen=True, kw_only=True):
    """``grain`` is day for a period of up to 62 days, month for a longer one.

    ``year_ago`` are all of the year before, those of a 29 February there too.
    """

    grain: str
    steps: list[Step]
    received_year_ago: int | None
    closed_year_ago: int | None


class MonthStep(Struct, frozen=True, kw_only=True):
    """A month of a share or of a mean in minutes, told of ``of``; the running month so far.

    ``value`` is None where there was nothing to tell it of; ``year_ago`` is of the same month of
    the year before, as a whole.
    """

    starts_on: date
    value: float | None
    of: int
    year_ago: float | None


class ValueRow(Struct, frozen=True, kw_only=True):
    """How many of a topic, region and so on; ``of`` are all of it, where a share is told."""

    value: str
    count: int | None
    of: int | None
    drill: str | None


class Breakdown(Struct, frozen=True, kw_only=True):
    """The largest first, at most 50. It is of whole months, from ``since`` to ``until``.

    What is open has neither: it is all. ``whole`` is the figure for them, ``not_given`` how many
    of it have no value of the dimension; ``more`` values are left out.
    """

    figure: Figure
    dimension: str
    since: date | None
    until: date | None
    rows: list[ValueRow]
    whole: int | None
    not_given: int | None
    more: int


class HolderRow(Struct, frozen=True, kw_only=True):
    """``holder`` is unit, signatory, other-body or applicant; ``standing`` with it now.

    ``minutes`` it held those cases that it gave on in the period, ``share`` of all minutes.
    """

    holder: str
    standing: Told
    minutes: int | None
    share: float | None


class ReceptionFigures(Struct, frozen=True, kw_only=True):
    sessions_planned: Told
    sessions_held: Told
    sessions_cancelled: Told
    visits_registered: Told
    people_received: Told
    answered_orally: Told
    visits_referred: Told
    visits_declined: Told
    no_shows: Told
    written_taken_in: Told
    waiting: Mean
    hearing: Mean
    rating: float | None
    assignments_given: Told
    assignments_open: Told
    assignments_overdue: Told
    assignments_fulfilled: Told


class MediaFigures(Struct, frozen=True, kw_only=True):
    """``in_outlet_time`` is of those answered that came with a deadline of the outlet."""

    open: Told
    received: Told
    answered: Told
    in_outlet_time: Rate
    answering: Mean


class About(Struct, frozen=True, kw_only=True):
    """What a page is true for. ``known_at`` is when the event at ``position`` was recorded.

    ``on`` is the day for which it tells what is overdue, ``week_ends`` the last of seven days.
    ``units``: those counted, None for the whole register. ``left_out`` names what isn't counted:
    ``confidential``, ``small-counts``. ``behind`` counts the events that the log has behind
    ``position``: thousands after an upgrade, while the figures are still being counted.
    """

    page: DashboardPage
    position: int
    behind: int
    known_at: datetime | None
    on: date
    week_ends: date
    since: date
    until: date
    year_ago_since: date
    year_ago_until: date
    unit: str | None
    units: list[str] | None
    left_out: list[str]

    @classmethod
    def of(
        cls,
        page: DashboardPage,
        period: Period,
        position: int,
        *,
        behind: int = 0,
        known_at: datetime | None = None,
        unit: str | None = None,
        units: Iterable[str] | None = None,
        left_out: Iterable[str] = (),
    ) -> Self:
        """With the days of the *period*, and of the same a year before."""
        before = period.year_ago
        return cls(
            page=page,
            position=position,
            behind=behind,
            known_at=known_at,
            on=period.on,
            week_ends=period.week_ends,
            since=period.since,
            until=period.until,
            year_ago_since=before.since,
            year_ago_until=before.until,
            unit=unit,
            units=None if units is None else list(units),
            left_out=list(left_out),
        )


class Leadership(Struct, frozen=True, kw_only=True):
    about: About
    open: Told
    overdue: Told
    due_this_week: Told
    received: Told
    closed: Told
    received_year_ago: int | None
    closed_year_ago: int | None
    on_time: Rate
    on_time_year_ago: float | None
    repeats: Rate
    repeats_year_ago: float | None
    on_time_by_month: list[MonthStep]
    waiting_by_month: list[MonthStep]
    hearing_by_month: list[MonthStep]
    repeat_topics: Breakdown
    by_kind: list[KindRow]
    by_unit: list[UnitRow]
    course: Course
    reception: ReceptionFigures
    media: MediaFigures
    holders: list[HolderRow]


class UnitPage(Struct, frozen=True, kw_only=True):
    """``received`` are those that no other unit had before; ``came`` those of other units.

    ``left`` are those that went to others. Both count what went from one to another of the units.
    """

    about: About
    open: Told
    overdue: Told
    due_this_week: Told
    without_due_date: Told
    received: Told
    came: Told
    left: Told
    closed: Told
    on_time: Rate
    on_time_by_month: list[MonthStep]
    repeats: Rate
    by_kind: list[KindRow]
    by_unit: list[UnitRow]
    by_official: Breakdown
    course: Course
    holders: list[HolderRow]


class Control(Struct, frozen=True, kw_only=True):
    about: About
    open: Told
    overdue: Told
    due_this_week: Told
    extended: Told
    control_established: Told
    control_lifted: Told
    fulfilled: Rate
    results_returned: Told
    entries_corrected: Told
    hearing_assignments_given: Told
    hearing_assignments_open: Told
    hearing_assignments_overdue: Told
    hearing_assignments_fulfilled: Told
    by_unit: list[UnitRow]
    holders: list[HolderRow]


class ReceptionPage(Struct, frozen=True, kw_only=True):
    about: About
    reception: ReceptionFigures
    waiting_by_month: list[MonthStep]
    hearing_by_month: list[MonthStep]
    by_official: Breakdown
    topics: Breakdown
    regions: Breakdown


class MediaPage(Struct, frozen=True, kw_only=True):
    about: About
    media: MediaFigures
    media_kinds: Breakdown
    outcomes: Breakdown
    topics: Breakdown
    course: Course


class AnalystPage(Struct, frozen=True, kw_only=True):
    about: About
    received: Told
    closed: Told
    on_time: Rate
    repeats: Rate
    kinds: Breakdown
    channels: Breakdown
    regions: Breakdown
    topics: Breakdown
    applicants: Breakdown
    results: Breakdown
    course: Course


Dashboard = Leadership | UnitPage | Control | ReceptionPage | MediaPage | AnalystPage


class FigureCases(Struct, frozen=True, kw_only=True):
    figure: Figure
    rows: list[FigureCase]
    cursor: str | None
    position: int
