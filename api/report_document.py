"""A report's figures as tables in the reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from babel.dates import format_date, format_datetime
from msgspec import Struct

from domain.report_definition import FLOWS, KINDS, METRICS, Measure
from domain.report_period import Grain, ReportPeriod
from domain.report_tables import SECTIONS, Chart
from domain.report_tables import Table as Defined
from infra.charts.specification import Bar, Part
from infra.code_names import CodeNames
from infra.reports.document import (
    Cell,
    Column,
    Course,
    Form,
    ReportDocument,
    Section,
    Shares,
    Table,
)
from infra.reports.words import Words, words
from projections.duties import Holder
from projections.known_organisation import KnownOrganisation
from projections.report_figures import FigureKey, Number, ReportFigures

_DECIMAL = frozenset({Measure.MEAN, Measure.MEDIAN})
_MINUTES = "held-minutes"
_AN_HOUR = 60
_PEOPLE = 1000
_COURSE = "course"
_ROMAN = ("I", "II", "III", "IV")


class MadeReport(Struct, frozen=True, kw_only=True):
    """The figures of a period and of the same one last year, as known at the same position.

    ``unit`` and those below it are counted, or the whole register. ``kept_back`` are the figures
    that the reader isn't told. ``people`` are those of the regions, by ``people_source``; ``codes``
    names regions and topics.
    """

    now: ReportFigures
    before: ReportFigures
    unit: str | None
    organisation: KnownOrganisation
    zone: tzinfo
    kept_back: frozenset[FigureKey] = frozenset()
    kept_back_before: frozenset[FigureKey] = frozenset()
    small_told: bool = True
    people: Mapping[str, int] = {}
    people_source: str = ""
    codes: CodeNames = CodeNames()


def title_of(period: ReportPeriod, said: Words) -> str:
    return said.titles[period.kind].format(
        month=said.months[period.first.month - 1],
        year=period.year,
        nth=period.nth,
        roman=_ROMAN[period.nth - 1] if period.nth <= len(_ROMAN) else "",
    )


def day_of(day: date, language: str) -> str:
    return str(format_date(day, "d MMMM y", locale=language))


def instant_of(at: datetime, zone: tzinfo, language: str) -> str:
    return str(format_datetime(at, "d MMMM y, HH:mm:ss", tzinfo=zone, locale=language))


def in_hours(metric: str, n: Number | None) -> Number | None:
    """The number of the figure as it is read: how long cases were held in whole hours."""
    return round(n / _AN_HOUR) if n is not None and metric.endswith(_MINUTES) else n


def report_document(made: MadeReport, language: str) -> ReportDocument:
    """All tables that have something to tell, in one of infra.reports' LANGUAGES."""
    return _Telling(made, language).document()


class _Telling:
    def __init__(self, made: MadeReport, language: str) -> None:
        self.made, self.language = made, language
        self.words = words(language)

    def document(self) -> ReportDocument:
        now, said = self.made.now, self.words
        return ReportDocument(
            language=self.language,
            title=title_of(now.period, said),
            body=self._body(),
            facts=tuple(self._facts()),
            closes="" if now.mismatches else said.notes["reconciles"],
            differs=tuple(self._differs()),
            notes=tuple(self._notes()),
            sections=tuple(self._sections()),
            recorded_at=now.known_at,
            words=said,
        )

    def _body(self) -> str:
        unit = self.made.unit
        return self.made.organisation.units.get(unit, unit) if unit else self.words.whole

    def _facts(self) -> Iterator[tuple[str, str]]:
        now, facts = self.made.now, self.words.facts
        first, last = (day_of(day, self.language) for day in (now.period.first, now.period.last))
        yield facts["period"], f"{first} \N{EN DASH} {last}"
        yield facts["unit"], self._body()
        yield facts["position"], str(now.position)
        yield facts["known_at"], instant_of(now.known_at, self.made.zone, self.language)
        yield facts["stood_at"], str(now.ended_at)
        yield facts["definition"], str(now.definition)
        yield facts["confidential"], facts["counted" if now.confidential else "left_out"]

    def _differs(self) -> Iterator[str]:
        for each in self.made.now.mismatches:
            yield self.words.notes["differs"].format(
                kind=self.words.kinds[each.kind],
                unit=self._value("unit", each.unit) if each.unit else self._body(),
                reckoned=each.reckoned,
                counted=each.counted,
            )

    def _notes(self) -> Iterator[str]:
        notes, now = self.words.notes, self.made.now
        if now.overdue_on <= now.period.last:
            yield notes["part"]
        yield notes["membership"]
        yield notes["stood"]
        if not self.made.small_told:
            yield notes["small"].format(mark=self.words.kept_back)
        if self.made.people:
            yield notes["people"].format(source=self.made.people_source)
        yield notes["again"]

    def _sections(self) -> Iterator[Section]:
        for section in SECTIONS:
            tables = tuple(table for each in section.tables if (table := self._table(each)))
            if tables or section.id != _COURSE:
                yield Section(title=self.words.sections[section.id], tables=tables)

    def _table(self, defined: Defined) -> Table | None:
        if defined.by == "kind":
            return self._balance(defined)
        if defined.by is None:
            return self._lines(defined)
        if defined.by == "step":
            return self._course(defined)
        if len(defined.metrics) == 1:
            return self._breakdown(defined, defined.metrics[0], defined.by)
        return self._beside(defined, defined.by)

    def _balance(self, defined: Defined) -> Table:
        """A row for each kind: what came and what went, and whether it closes."""
        said = self.words
        columns = [Column(said.by["kind"], Form.TEXT)]
        columns += [Column(said.metrics[flow], Form.COUNT) for flow in FLOWS]
        columns.append(Column(said.columns["reconciles"], Form.TEXT))
        broken = {each.kind for each in self.made.now.mismatches}
        rows = [
            (
                said.kinds[kind],
                *(self._now(f"{kind}.{flow}") for flow in FLOWS),
                said.no if kind in broken else said.yes,
            )
            for kind in KINDS
        ]
        bars = (list(FLOWS).index("received") + 1, list(FLOWS).index("closed") + 1)
        return Table(id=defined.id, title="", columns=tuple(columns), rows=tuple(rows), bars=bars)

    def _lines(self, defined: Defined) -> Table:
        """A row for each figure, beside the same period last year."""
        rows = [
            (self._metric(metric), *self._compared(metric, "", "")) for metric in defined.metrics
        ]
        kind = METRICS[defined.metrics[0]].kind
        decimal = any(METRICS[metric].measure in _DECIMAL for metric in defined.metrics)
        return Table(
            id=defined.id,
            title=self.words.kinds[kind] if defined.id.endswith("-control") else "",
            columns=(
                Column(self.words.restated["figure"], Form.TEXT),
                *self._comparing(decimal=decimal),
            ),
            rows=tuple(rows),
        )

    def _course(self, defined: Defined) -> Table | None:
        """A row for each day or month of either year; None where analysts are told of neither."""
        now, before = self.made.now, self.made.before
        grain = now.period.grain.value
        if not any(each.values(m, grain) for each in (now, before) for m in defined.metrics):
            return None
        firsts = {step.number: step.first for step in now.period.steps()}
        earlier = {step.number: step.first for step in before.period.steps()}
        today = now.known_at.astimezone(self.made.zone).date()
        rows = []
        for number, first in sorted((earlier | firsts).items()):
            row: list[Cell] = [self._step(grain, first)]
            for metric in defined.metrics:
                there = number in firsts and firsts[number] <= today
                row.append(self._now(metric, grain, number) if there else None)
                row.append(self._before(metric, grain, number) if number in earlier else None)
            rows.append(tuple(row))
        columns = [Column(self.words.by[grain], Form.TEXT)]
        for metric in defined.metrics:
            name = self._metric(metric)
            columns.append(Column(name, Form.COUNT))
            columns.append(Column(f"{name}: {self.words.columns['before']}", Form.COUNT))
        return Table(
            id=defined.id,
            title=self.words.kinds[METRICS[defined.metrics[0]].kind],
            columns=tuple(columns),
            rows=tuple(rows),
            course=Course(
                on=tuple(firsts.get(number) for number in sorted(earlier | firsts)),
                columns=tuple((at, at + 1) for at in range(1, len(columns), 2)),
            ),
        )

    def _step(self, grain: str, first: date) -> str:
        if grain == Grain.MONTH:
            return self.words.months[first.month - 1]
        return str(format_date(first, "d MMM", locale=self.language))

    def _breakdown(self, defined: Defined, metric: str, by: str) -> Table | None:
        """A row for each value, the most first, beside the same period last year."""
        values = self._values(metric, by)
        if not values:
            return None
        of = self._now(metric)
        columns = [Column(self._by(metric, by), Form.TEXT), *self._comparing(decimal=False)]
        columns.append(Column(self.words.columns["share"], Form.SHARE))
        per_people = defined.per_population and bool(self.made.people)
        if per_people:
            columns.append(Column(self.words.columns["thousand"], Form.DECIMAL))
        rows = []
        for value in values:
            n = self._now(metric, by, value)
            row = (self._value(by, value), *self._compared(metric, by, value))
            row += (_share(n, of),)
            if per_people:
                row += (self._per_people(n, value),)
            rows.append(row)
        return Table(
            id=defined.id,
            title=self._title(metric, by),
            columns=tuple(columns),
            rows=tuple(rows),
            bars={None: (), Chart.BARS: (1,), Chart.PAIRS: (1, 2)}[defined.chart],
            shares=self._shares(defined.shares_of),
        )

    def _shares(self, metrics: Sequence[str]) -> Shares | None:
        """None where the reader isn't told all: what is kept back could be seen in the rest."""
        keys = [FigureKey(metric, "outcome", holder) for metric in metrics for holder in Holder]
        if not self.made.kept_back.isdisjoint(keys):
            return None
        counts = {key: self.made.now.number(key.metric, key.by, key.value) or 0 for key in keys}
        if not any(counts.values()):
            return None
        return Shares(
            rows=tuple(
                Bar(name=self._metric(key.metric), part=key.value, count=n)
                for key, n in counts.items()
            ),
            parts=tuple(Part(part=each, name=self._value("outcome", each)) for each in Holder),
        )

    def _beside(self, defined: Defined, by: str) -> Table | None:
        """A row for each value, a column for each figure."""
        found = {value for metric in defined.metrics for value in self._values(metric, by)}
        if not found:
            return None
        rows = [
            (self._value(by, value), *(self._now(metric, by, value) for metric in defined.metrics))
            for value in found
        ]
        rows.sort(key=_most_first(1))
        columns = [Column(self._by(defined.metrics[0], by), Form.TEXT)]
        columns += [
            Column(
                self._metric(metric),
                Form.DECIMAL if METRICS[metric].measure in _DECIMAL else Form.COUNT,
            )
            for metric in defined.metrics
        ]
        kind = self.words.kinds[METRICS[defined.metrics[0]].kind]
        return Table(
            id=defined.id,
            title=f"{kind}: {self.words.by[by]}",
            columns=tuple(columns),
            rows=tuple(rows),
        )

    def _comparing(self, *, decimal: bool) -> tuple[Column, ...]:
        said, form = self.words.columns, Form.DECIMAL if decimal else Form.COUNT
        return (
            Column(said["now"], form),
            Column(said["before"], form),
            Column(said["change"], Form.CHANGE),
            Column(said["percent"], Form.CHANGE),
        )

    def _compared(self, metric: str, by: str, value: str) -> tuple[Cell, ...]:
        now = self._now(metric, by, value)
        before = self._before(metric, by, value)
        if not isinstance(now, int | float) or not isinstance(before, int | float):
            return now, before, None, None
        change = round(now - before, 1)
        return now, before, change, round(100 * change / before, 1) if before else None

    def _now(self, metric: str, by: str = "", value: str = "") -> Cell:
        return self._told(self.made.now, self.made.kept_back, FigureKey(metric, by, value))

    def _before(self, metric: str, by: str = "", value: str = "") -> Cell:
        key = FigureKey(metric, by, value)
        return self._told(self.made.before, self.made.kept_back_before, key)

    def _told(
        self, figures: ReportFigures, kept_back: frozenset[FigureKey], key: FigureKey
    ) -> Cell:
        if key in kept_back:
            return self.words.kept_back
        return in_hours(key.metric, figures.number(key.metric, key.by, key.value))

    def _values(self, metric: str, by: str) -> list[str]:
        """The values of either year, the most first."""
        found = {*self.made.now.values(metric, by), *self.made.before.values(metric, by)}
        told = [(value, self._now(metric, by, value)) for value in found]
        told.sort(key=lambda each: (*_rank(each[1]), self._value(by, each[0]), each[0]))
        return [value for value, _ in told]

    def _per_people(self, n: Cell, region: str) -> Cell:
        people = self.made.people.get(region)
        if not people or not isinstance(n, int | float):
            return None
        return round(_PEOPLE * n / people, 1)

    def _metric(self, metric: str) -> str:
        return self.words.metrics[metric.partition(".")[2]]

    def _title(self, metric: str, by: str) -> str:
        kind, name = self.words.kinds[METRICS[metric].kind], self._metric(metric)
        return f"{kind}: {name} \N{EN DASH} {self._by(metric, by)}"

    def _by(self, metric: str, by: str) -> str:
        if by == "outcome" and ".held-" in metric:
            by = "holder"
        if by == "outcome" and metric.endswith("left-unconsidered"):
            by = "ground"
        return self.words.by[by]

    def _value(self, by: str, value: str) -> str:
        if not value:
            return self.words.not_given
        if by == "unit":
            return self.made.organisation.units.get(value, value)
        if by == "official":
            return self.made.organisation.officials.get(value, value)
        if by in ("topic", "region"):
            return self.made.codes.name(by, value, self.language)
        return self.words.values.get(value, value)


def _share(n: Cell, of: Cell) -> float | None:
    if not isinstance(n, int | float) or not isinstance(of, int | float) or not of:
        return None
    return n / of


def _rank(cell: Cell) -> tuple[bool, Number]:
    return (False, -cell) if isinstance(cell, int | float) else (True, 0)


def _most_first(column: int) -> Any:
    def key(row: Sequence[Any]) -> tuple[Any, ...]:
        return (*_rank(row[column]), row[0])

    return key
