"""The tables of a report: what of the definition's figures stands where."""

from enum import StrEnum

from msgspec import Struct

from domain.case import CaseKind
from domain.report_definition import FLOWS, KINDS, OVER_TIME, WORKED_ON


class Chart(StrEnum):
    """How a table is drawn beside it: BARS the values, PAIRS the values beside last year's."""

    BARS = "bars"
    PAIRS = "pairs"


class Table(Struct, frozen=True, kw_only=True):
    """``metrics`` stand in the rows where nothing is named in ``by``, else beside each other.

    Where ``by`` is "kind" they are names of figures that each kind has; where it is "step" the
    steps of the period stand in the rows, and the course is drawn.

    ``compared`` tells the same period last year beside it. ``per_population`` where the regions'
    people are known. ``shares_of`` are the figures by holder that are drawn as shares.
    """

    id: str
    metrics: tuple[str, ...]
    by: str | None = None
    compared: bool = True
    chart: Chart | None = None
    per_population: bool = False
    shares_of: tuple[str, ...] = ()


class Section(Struct, frozen=True, kw_only=True):
    id: str
    tables: tuple[Table, ...]


def _flows_by_unit(kind: CaseKind) -> Table:
    return Table(
        id=f"{kind}-by-unit",
        metrics=tuple(f"{kind}.{flow}" for flow in FLOWS),
        by="unit",
        compared=False,
    )


def _course(kind: CaseKind) -> Table:
    return Table(
        id=f"{kind}-over-time",
        metrics=tuple(f"{kind}.{flow}" for flow in OVER_TIME),
        by="step",
    )


def _by(metric: str, by: str, chart: Chart | None = None, *, per_population: bool = False) -> Table:
    return Table(
        id=f"{metric.replace('.', '-')}-by-{by}",
        metrics=(metric,),
        by=by,
        chart=chart,
        per_population=per_population,
    )


def _lines(name: str, *metrics: str) -> Table:
    return Table(id=name, metrics=metrics)


_TIMELINESS = (
    "appeal.answered",
    "appeal.answered-on-time",
    "appeal.answered-late",
    "appeal.overdue-open",
    "appeal.extended",
    "appeal.answer-days-mean",
    "appeal.answer-days-median",
)
SECTIONS = (
    Section(
        id="balance",
        tables=(
            Table(
                id="balance-by-kind",
                metrics=tuple(FLOWS),
                by="kind",
                compared=False,
                chart=Chart.BARS,
            ),
            *map(_flows_by_unit, KINDS),
        ),
    ),
    Section(id="course", tables=tuple(map(_course, KINDS))),
    Section(
        id="received",
        tables=(
            _lines("received-in-all", "appeal.received", "appeal.signatories"),
            _by("appeal.received", "subkind", Chart.PAIRS),
            _by("appeal.received", "repeat"),
            _by("appeal.received", "applicant"),
            _by("appeal.signatories", "applicant"),
            _by("appeal.received", "channel", Chart.PAIRS),
            _by("appeal.received", "topic", Chart.PAIRS),
            _by("appeal.received", "region", per_population=True),
            _by("appeal.received", "unit"),
        ),
    ),
    Section(
        id="results",
        tables=(
            _by("appeal.closed", "outcome", Chart.PAIRS),
            _by("appeal.left-unconsidered", "outcome"),
            _lines("results-in-all", "appeal.copies-sent"),
        ),
    ),
    Section(
        id="timeliness",
        tables=(
            _lines("timeliness-in-all", *_TIMELINESS),
            Table(
                id="timeliness-by-unit",
                metrics=_TIMELINESS,
                by="unit",
                compared=False,
            ),
            Table(
                id="timeliness-by-official",
                metrics=("appeal.answered", "appeal.answered-on-time", "appeal.answered-late"),
                by="official",
                compared=False,
            ),
        ),
    ),
    Section(
        id="control",
        tables=tuple(
            _lines(
                f"{kind}-control",
                f"{kind}.control-established",
                f"{kind}.control-lifted",
                f"{kind}.under-control",
            )
            for kind in WORKED_ON
        ),
    ),
    Section(
        id="receptions",
        tables=(
            _lines(
                "receptions-in-all",
                "reception.session-planned",
                "reception.session-held",
                "reception.session-cancelled",
                "reception.visit-registered",
                "reception.person-received",
                "reception.waiting-mean",
                "reception.hearing-mean",
                "reception.answered-orally",
                "reception.visit-referred",
                "reception.visit-declined",
                "reception.no-show",
                "reception.written-taken-in",
                "reception.assignment-given-at-hearing",
                "assignment.fulfilled-from-reception",
                "assignment.overdue-from-reception",
                "reception.rating-mean",
            ),
            Table(
                id="receptions-by-official",
                metrics=(
                    "reception.session-planned",
                    "reception.session-held",
                    "reception.session-cancelled",
                    "reception.visit-registered",
                    "reception.person-received",
                    "reception.waiting-mean",
                    "reception.hearing-mean",
                ),
                by="official",
                compared=False,
            ),
            _by("reception.person-received", "topic", Chart.PAIRS),
            _by("reception.person-received", "region", per_population=True),
        ),
    ),
    Section(
        id="media",
        tables=(
            _lines(
                "media-in-all",
                "media-inquiry.received",
                "media-inquiry.answered",
                "media-inquiry.answered-on-time",
                "media-inquiry.answered-late",
                "media-inquiry.answer-minutes-mean",
                "media-inquiry.overdue-open",
            ),
            _by("media-inquiry.received", "subkind", Chart.PAIRS),
            _by("media-inquiry.answered", "outcome"),
        ),
    ),
    Section(
        id="assignments",
        tables=(
            _lines(
                "assignments-in-all",
                "assignment.received",
                "assignment.fulfilled",
                "assignment.fulfilled-on-time",
                "assignment.fulfilled-late",
                "assignment.overdue-open",
                "assignment.extended",
                "assignment.result-returned",
                "assignment.cancelled",
            ),
            _by("assignment.received", "subkind", Chart.PAIRS),
            Table(
                id="assignments-by-unit",
                metrics=(
                    "assignment.fulfilled",
                    "assignment.fulfilled-on-time",
                    "assignment.fulfilled-late",
                    "assignment.overdue-open",
                ),
                by="unit",
                compared=False,
            ),
        ),
    ),
    Section(
        id="repeats",
        tables=(
            _lines("repeats-in-all", "appeal.received", "appeal.repeats", "cause.named"),
            *(
                Table(
                    id=f"repeats-by-{by}",
                    metrics=("appeal.received", "appeal.repeats"),
                    by=by,
                    compared=False,
                )
                for by in ("topic", "unit", "region")
            ),
            _by("cause.named", "subkind"),
        ),
    ),
    Section(
        id="ball",
        tables=tuple(
            table
            for kind in WORKED_ON
            for table in (
                _by(f"{kind}.held-minutes", "outcome", Chart.BARS),
                Table(
                    id=f"{kind}-held-now-by-outcome",
                    metrics=(f"{kind}.held-now",),
                    by="outcome",
                    shares_of=(f"{kind}.held-now", f"{kind}.held-minutes"),
                ),
            )
        ),
    ),
)
