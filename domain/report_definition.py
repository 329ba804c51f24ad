"""What a report has: its figures, and how each is counted. Its tables: `report_tables`.

A figure counts occurrences (`projections/occurrences.py`) by one rule of membership: what happened
counts in the period of its business day. So an appeal received on 30 December and closed in January
counts in both years' reports, as received in one and as closed in the other.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from domain.case import CaseKind

DEFINITION_VERSION = 1
"""Goes up with any change of what is counted or shown: the same version gives the same bytes."""

KINDS = (CaseKind.APPEAL, CaseKind.RECEPTION, CaseKind.MEDIA_INQUIRY, CaseKind.ASSIGNMENT)
"""The kinds that make up the stock: they come, are worked on and are closed."""
WORKED_ON = tuple(kind for kind in KINDS if kind is not CaseKind.RECEPTION)


class Measure(StrEnum):
    """How a figure comes from occurrences.

    OPENING, CLOSING, UNDER_CONTROL, HELD_NOW and OVERDUE are of one moment, all others of the
    period. OPENING is what came to the stock before the period less what went; CLOSING is counted
    apart from it, from the cases that stand. HELD_NOW and OVERDUE are of what stood at the end,
    as the register knew it then. NAMED are the cases of a kind that is no stock, by registration.
    """

    COUNT = "count"
    AMOUNT = "amount"
    MEAN = "mean"
    MEDIAN = "median"
    OPENING = "opening"
    CLOSING = "closing"
    UNDER_CONTROL = "under-control"
    HELD_NOW = "held-now"
    OVERDUE = "overdue"
    NAMED = "named"


class Metric(Struct, frozen=True, kw_only=True):
    """A figure by its stable id: ``<kind>.<name>``.

    ``occurrence`` is what is counted; ``on_time``, ``repeat`` and ``subkind`` narrow it. ``by`` are
    the columns it is broken down by. ``over_time``: it is told by the steps of the period too.
    """

    id: str
    kind: CaseKind
    occurrence: str = ""
    measure: Measure = Measure.COUNT
    on_time: bool | None = None
    repeat: bool | None = None
    subkind: str | None = None
    by: tuple[str, ...] = ()
    over_time: bool = False


class FigureKey(Struct, frozen=True, order=True):
    """``metric`` is one of METRICS; ``by`` names a column and ``value`` its value there.

    Both are empty for the whole. What a case has no value for stands under the empty one. By the
    steps of the period, ``by`` is a Grain and ``value`` the number of the day or month: "03".
    """

    metric: str
    by: str = ""
    value: str = ""


COMES = ("received", "reopened", "came-to-unit")
GOES = ("left-unit", "closed")
FLOWS: Mapping[str, str] = {
    "opening": "",
    "received": "received",
    "reopened": "reopened",
    "came": "came-to-unit",
    "left": "left-unit",
    "closed": "closed",
    "closing": "",
}
"""The figures of the balance and the occurrences they count, in the order they are told."""
OVER_TIME = ("received", "closed")
"""Those told by the steps of the period too."""
COMING = ("opening", "received", "reopened", "came")
GOING = ("left", "closed")
_AT_A_MOMENT = {"opening": Measure.OPENING, "closing": Measure.CLOSING}
_FLOW_BY: Mapping[tuple[CaseKind, str], tuple[str, ...]] = {
    (CaseKind.APPEAL, "received"): (
        "unit",
        "subkind",
        "repeat",
        "applicant",
        "channel",
        "topic",
        "region",
    ),
    (CaseKind.APPEAL, "closed"): ("unit", "outcome"),
    (CaseKind.MEDIA_INQUIRY, "received"): ("unit", "subkind", "topic"),
    (CaseKind.MEDIA_INQUIRY, "closed"): ("unit", "outcome"),
    (CaseKind.ASSIGNMENT, "received"): ("unit", "subkind"),
    (CaseKind.ASSIGNMENT, "closed"): ("unit", "outcome"),
}


def _balance(kind: CaseKind) -> list[Metric]:
    return [
        Metric(
            id=f"{kind}.{flow}",
            kind=kind,
            occurrence=occurrence,
            measure=_AT_A_MOMENT.get(flow, Measure.COUNT),
            by=_FLOW_BY.get((kind, flow), ("unit",)),
            over_time=flow in OVER_TIME,
        )
        for flow, occurrence in FLOWS.items()
    ]


def _timely(kind: CaseKind, occurrence: str, *by: str) -> list[Metric]:
    """All of an *occurrence* that has a term, and those within it and past it."""
    name = f"{kind}.{occurrence}"
    return [
        Metric(id=name, kind=kind, occurrence=occurrence, by=by),
        Metric(id=f"{name}-on-time", kind=kind, occurrence=occurrence, on_time=True, by=by),
        Metric(id=f"{name}-late", kind=kind, occurrence=occurrence, on_time=False, by=by),
    ]


def _counted(kind: CaseKind, *occurrences: str, by: tuple[str, ...] = ()) -> list[Metric]:
    return [Metric(id=f"{kind}.{each}", kind=kind, occurrence=each, by=by) for each in occurrences]


def _of_all_worked_on(kind: CaseKind) -> list[Metric]:
    return [
        *_counted(kind, "extended", by=("unit",)),
        Metric(id=f"{kind}.overdue-open", kind=kind, measure=Measure.OVERDUE, by=("unit",)),
        Metric(id=f"{kind}.held-now", kind=kind, measure=Measure.HELD_NOW, by=("outcome",)),
        Metric(
            id=f"{kind}.held-minutes",
            kind=kind,
            occurrence="held-ball",
            measure=Measure.AMOUNT,
            by=("outcome",),
        ),
        *_counted(kind, "control-established", "control-lifted"),
        Metric(id=f"{kind}.under-control", kind=kind, measure=Measure.UNDER_CONTROL),
    ]


_APPEAL, _RECEPTION, _MEDIA, _ASSIGNMENT = KINDS
_FROM_RECEPTION = "reception"
METRICS: Mapping[str, Metric] = {
    metric.id: metric
    for metric in (
        *(metric for kind in KINDS for metric in _balance(kind)),
        *(metric for kind in WORKED_ON for metric in _of_all_worked_on(kind)),
        Metric(
            id="appeal.signatories",
            kind=_APPEAL,
            occurrence="received",
            measure=Measure.AMOUNT,
            by=("applicant",),
        ),
        Metric(
            id="appeal.repeats",
            kind=_APPEAL,
            occurrence="received",
            repeat=True,
            by=("topic", "unit", "region"),
        ),
        Metric(id="cause.named", kind=CaseKind.CAUSE, measure=Measure.NAMED, by=("subkind",)),
        *_timely(_APPEAL, "answered", "unit", "official"),
        Metric(
            id="appeal.answer-days-mean",
            kind=_APPEAL,
            occurrence="answered",
            measure=Measure.MEAN,
            by=("unit",),
        ),
        Metric(
            id="appeal.answer-days-median",
            kind=_APPEAL,
            occurrence="answered",
            measure=Measure.MEDIAN,
            by=("unit",),
        ),
        *_counted(_APPEAL, "copies-sent"),
        *_counted(_APPEAL, "left-unconsidered", by=("outcome",)),
        *_counted(
            _RECEPTION,
            "session-planned",
            "session-held",
            "session-cancelled",
            "visit-registered",
            by=("official",),
        ),
        *_counted(_RECEPTION, "person-received", by=("official", "topic", "region")),
        Metric(
            id="reception.waiting-mean",
            kind=_RECEPTION,
            occurrence="waited",
            measure=Measure.MEAN,
            by=("official",),
        ),
        Metric(
            id="reception.hearing-mean",
            kind=_RECEPTION,
            occurrence="heard",
            measure=Measure.MEAN,
            by=("official",),
        ),
        *_counted(
            _RECEPTION,
            "answered-orally",
            "visit-referred",
            "visit-declined",
            "no-show",
            "written-taken-in",
            "assignment-given-at-hearing",
        ),
        Metric(
            id="reception.rating-mean",
            kind=_RECEPTION,
            occurrence="visit-rated",
            measure=Measure.MEAN,
        ),
        *_timely(_MEDIA, "answered", "outcome"),
        Metric(
            id="media-inquiry.answer-minutes-mean",
            kind=_MEDIA,
            occurrence="answered",
            measure=Measure.MEAN,
        ),
        *_timely(_ASSIGNMENT, "fulfilled", "unit", "official"),
        *_counted(_ASSIGNMENT, "result-returned", "cancelled", by=("unit",)),
        Metric(
            id="assignment.fulfilled-from-reception",
            kind=_ASSIGNMENT,
            occurrence="fulfilled",
            subkind=_FROM_RECEPTION,
        ),
        Metric(
            id="assignment.overdue-from-reception",
            kind=_ASSIGNMENT,
            measure=Measure.OVERDUE,
            subkind=_FROM_RECEPTION,
        ),
    )
}
