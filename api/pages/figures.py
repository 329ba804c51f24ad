"""What the sections of a dashboard draw: courses with their charts, bars, and ways to the cases."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup, escape
from msgspec import Struct, json

from api.dashboard_pages import (
    About,
    Breakdown,
    Course,
    HolderRow,
    MonthStep,
    Told,
    UnitRow,
    ValueRow,
)
from api.pages.months import MonthsDrawn, minutes_drawn, shares_drawn
from api.pages.words import Words
from infra.charts.specification import Bar, Part, Point, Spec, over_time, split
from infra.charts.theme import PAGE
from projections.telling import Names

LIST = "/pages/list"
_LEAP_DAY = (2, 29)


class Line(Struct, frozen=True, kw_only=True):
    """A day or month of a course, in words, each number with its way to the cases.

    What the year before doesn't have, 29 February, is not ``compared``.
    """

    on: str
    now: int | None
    href: str | None
    year_ago: int | None
    compared: bool


class Drawn(Struct, frozen=True, kw_only=True):
    """A course of received or closed: its total, its chart as JSON, and the same as lines.

    ``told`` is the chart in a sentence, for whoever doesn't see it.
    """

    name: str
    total: Told
    year_ago: int | None
    spec: str
    told: str
    lines: list[Line]


class Share(Struct, frozen=True, kw_only=True):
    """A piece of a bar that is 100 wide: ``state`` is the style sheet's name for it."""

    state: str
    at: float
    width: float


class UnitLine(Struct, frozen=True, kw_only=True):
    row: UnitRow
    name: str
    shares: list[Share]


class ValueLine(Struct, frozen=True, kw_only=True):
    """``width`` of 100 is that of the largest; ``share`` is of the row's whole or the figure's."""

    row: ValueRow
    name: str
    href: str | None
    width: float
    share: float | None


def list_of(drill: str | None) -> str | None:
    """The page of the cases behind a figure, for a reader who may list them."""
    return f"{LIST}?{drill}" if drill is not None else None


class Drawing(Struct, frozen=True):
    """What templates ask for, in the reader's words and with the department's names."""

    words: Words
    names: Names

    def course(self, about: About, course: Course, *totals: Told) -> list[Drawn]:
        """A chart for each of *totals*: of what came in, and of what was closed."""
        return [_drawn(about, course, total, self.words) for total in totals]

    def holders(self, rows: Sequence[HolderRow]) -> str:
        """How open cases and the time that passed are split, as the specification of a chart."""
        return as_json(_holders_drawn(rows, self.words))

    def shares_by_month(self, what: str, steps: Sequence[MonthStep]) -> MonthsDrawn | None:
        return shares_drawn(what, steps, self.words)

    def minutes_by_month(self, what: str, steps: Sequence[MonthStep]) -> MonthsDrawn | None:
        return minutes_drawn(what, steps, self.words)

    def json(self, spec: Spec) -> str:
        return as_json(spec)

    def sentence(self, key: str, **parts: str) -> Markup:
        """Words with markup in place of their values, such as counts that lead to their cases."""
        marks = {name: f"\0{place}\0" for place, name in enumerate(parts)}
        told = str(escape(self.words(key, **marks)))
        for name, mark in marks.items():
            told = told.replace(mark, parts[name])
        return Markup(told)  # noqa: S704 -- words are ours and escaped, the parts are macros'

    def units(self, rows: Sequence[UnitRow]) -> list[UnitLine]:
        return unit_lines(rows, self.names, self.words)

    def values(self, breakdown: Breakdown) -> list[ValueLine]:
        return value_lines(breakdown, self.words, self.names)

    def change(self, now: int | None, before: int | None) -> str | None:
        return change_told(now, before, self.words)


def unit_lines(rows: Iterable[UnitRow], names: Names, words: Words) -> list[UnitLine]:
    """Those with most overdue first; bars are on the scale of the unit with most open."""
    ordered = sorted(
        rows,
        key=lambda row: (
            -(row.overdue.value or 0),
            -(row.open.value or 0),
            words.place(names.unit(row.unit)),
        ),
    )
    most = max((row.open.value or 0 for row in ordered), default=0) or 1
    return [
        UnitLine(row=row, name=names.unit(row.unit), shares=_unit_shares(row, most))
        for row in ordered
    ]


def value_lines(breakdown: Breakdown, words: Words, names: Names) -> list[ValueLine]:
    """A share is of the row's own whole where it has one, and else of the figure's."""
    most = max((row.count or 0 for row in breakdown.rows), default=0) or 1
    return [
        ValueLine(
            row=row,
            name=value_name(breakdown.dimension, row.value, words, names),
            href=list_of(row.drill),
            width=_percent(row.count or 0, most),
            share=_share(row.count, row.of if row.of is not None else breakdown.whole),
        )
        for row in breakdown.rows
    ]


def value_name(dimension: str, value: str, words: Words, names: Names) -> str:
    """What readers call a code: one without a name or words stays as it is."""
    if dimension == "official":
        return names.official(value) if value else words("figures.without_value")
    if dimension == "kind":
        return words.kind(value)
    if not value:
        return words("figures.without_value")
    if dimension in ("topic", "region"):
        return names.code(dimension, value, words.language)
    key = f"codes.{dimension}.{value}"
    return words(key) if words.has(key) else value


def change_told(now: int | None, before: int | None, words: Words) -> str | None:
    """How a count compares with the one a year earlier; None where there is nothing to compare."""
    if now is None or not before:
        return None
    change = now / before - 1
    if not change:
        return words("figures.same")
    key = "figures.more" if change > 0 else "figures.less"
    return words(key, share=words.percent(abs(change)))


def periods(on: date) -> list[tuple[str, date, date]]:
    """The periods that one press chooses: their words, first and last day."""
    month = on.replace(day=1)
    last = month - timedelta(days=1)
    quarter = on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1)
    return [
        ("this_month", month, on),
        ("last_month", last.replace(day=1), last),
        ("this_quarter", quarter, on),
        ("this_year", on.replace(month=1, day=1), on),
    ]


def _drawn(about: About, course: Course, total: Told, words: Words) -> Drawn:
    name = words(f"figures.names.{total.figure}")
    column = total.figure.rpartition("-")[2]
    steps = [
        (step.starts_on, getattr(step, column), getattr(step, f"{column}_year_ago"))
        for step in course.steps
    ]
    before: int | None = getattr(course, f"{column}_year_ago")
    monthly = course.grain == "month"
    spans = [_span(on, about, monthly=monthly) for on, _, _ in steps]
    hrefs = [list_of(_within(total.drill, *span)) for span in spans]
    spec = over_time(
        [
            Point(on=on, count=now, url=href)
            for (on, now, _), href in zip(steps, hrefs, strict=True)
            if now is not None
        ],
        [Point(on=on, count=before) for on, _, before in steps if before is not None],
        (words("figures.columns.now"), words("figures.columns.year_ago")),
        words.language,
        PAGE,
    )
    return Drawn(
        name=name,
        total=total,
        year_ago=before,
        spec=as_json(spec),
        told=words(
            "figures.notes.course_chart",
            name=name,
            since=about.since,
            until=about.until,
            now=_told_count(total.value, words),
            year_ago=_told_count(before, words),
        ),
        lines=[
            Line(
                on=words.month(on) if monthly else words.short_day(on),
                now=now,
                href=href,
                year_ago=year_ago,
                compared=monthly or (on.month, on.day) != _LEAP_DAY,
            )
            for (on, now, year_ago), href in zip(steps, hrefs, strict=True)
        ],
    )


def _holders_drawn(rows: Sequence[HolderRow], words: Words) -> Spec:
    standing, held = words("figures.columns.standing"), words("figures.columns.held")
    return split(
        [
            bar
            for row in rows
            for bar in (
                Bar(
                    name=standing,
                    part=row.holder,
                    count=row.standing.value or 0,
                    url=list_of(row.standing.drill),
                ),
                Bar(name=held, part=row.holder, count=row.minutes or 0),
            )
        ],
        [Part(part=row.holder, name=words(f"figures.holders.{row.holder}")) for row in rows],
        words.language,
        PAGE,
    )


def _span(on: date, about: About, *, monthly: bool) -> tuple[date, date]:
    if not monthly:
        return on, on
    end = on.replace(day=monthrange(on.year, on.month)[1])
    return max(on, about.since), min(end, about.until)


def _within(drill: str | None, since: date, until: date) -> str | None:
    if drill is None:
        return None
    asked = dict(parse_qsl(drill, keep_blank_values=True))
    asked |= {"from": since.isoformat(), "to": until.isoformat()}
    return urlencode(asked)


def _unit_shares(row: UnitRow, most: int) -> list[Share]:
    overdue, soon = row.overdue.value or 0, row.due_this_week.value or 0
    later = max((row.open.value or 0) - overdue - soon, 0)
    shares, at = [], 0.0
    for state, count in (("bad", overdue), ("soon", soon), ("later", later)):
        width = _percent(count, most)
        if width:
            shares.append(Share(state=state, at=at, width=width))
        at += width
    return shares


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 2)


def _share(count: int | None, of: int | None) -> float | None:
    return count / of if count is not None and of else None


def _told_count(count: int | None, words: Words) -> str:
    return words("figures.small") if count is None else words.number(count)


def as_json(spec: Spec) -> str:
    """For a script element: nothing in it may end the element."""
    return json.encode(spec).decode().replace("<", "\\u003c")
