"""The picture of a case: what happened in whose lane, and when what was due, as an SVG.

Events that would lie on each other share a mark. The same events give the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from xml.sax.saxutils import escape

from msgspec import Struct

from domain.answer_term import (
    AppealTermCorrected,
    AppealTermExtended,
    AppealTermResumed,
    AppealTermSuspended,
)
from domain.appeal import AppealReplyDispatched, AppealWithdrawn
from domain.case import Event
from domain.envelope import Recorded
from domain.media_inquiry import InterviewGiven, MediaInquiryAcknowledged, MediaInquiryAnswered
from domain.notice import DeadlineNoticeGiven
from domain.recalculation import DueDatesMoved
from domain.reception import (
    HearingStarted,
    NoShowRecorded,
    OralAnswerGiven,
    VisitCompleted,
    VisitDeclined,
    VisitorArrived,
    VisitorReferred,
    VisitRated,
    VisitRegistered,
    WrittenAppealTakenIn,
)
from domain.reply import ReplyInitialled, ReplyReturned, ReplySigned
from projections.written_days import day_of_year, numbered_month, short_day


class Lane(StrEnum):
    """Whose part of the work an event is; from top to bottom."""

    APPLICANT = "applicant"
    REGISTERING = "registering"
    EXECUTING = "executing"
    SIGNATURE = "signature"
    CLOCK = "clock"


class Standing(StrEnum):
    """What became of a due date."""

    MET = "met"
    LATE = "late"
    RUNNING = "running"
    MISSED = "missed"
    PAUSED = "paused"
    ENDED = "ended"


class DueMark(Struct, frozen=True):
    on: date
    name: str
    standing: Standing


class Mark(Struct, frozen=True):
    lane: Lane
    at: datetime
    version: int


_LANES: Mapping[Lane, tuple[type[Event], ...]] = {
    Lane.APPLICANT: (
        AppealReplyDispatched,
        AppealWithdrawn,
        HearingStarted,
        InterviewGiven,
        MediaInquiryAcknowledged,
        MediaInquiryAnswered,
        NoShowRecorded,
        OralAnswerGiven,
        VisitCompleted,
        VisitDeclined,
        VisitorArrived,
        VisitorReferred,
        VisitRated,
        VisitRegistered,
        WrittenAppealTakenIn,
    ),
    Lane.SIGNATURE: (ReplyInitialled, ReplyReturned, ReplySigned),
    Lane.CLOCK: (
        AppealTermCorrected,
        AppealTermExtended,
        AppealTermResumed,
        AppealTermSuspended,
        DeadlineNoticeGiven,
        DueDatesMoved,
    ),
}
_COLOURS = {
    Standing.MET: "#2e7d52",
    Standing.LATE: "#b3261e",
    Standing.MISSED: "#b3261e",
    Standing.RUNNING: "#b7791f",
    Standing.PAUSED: "#6b7280",
    Standing.ENDED: "#9aa3ad",
}
_INK, _PALE, _LINE = "#1f3a5f", "#f2f5f9", "#c9d2dc"
_WIDTH, _LEFT, _RIGHT = 720, 118, 14
_LANE, _LABEL = 40, 14
_MOST_ROWS = 6
_CHARACTER = 5.4
_FONTS = "'Noto Sans', 'Noto Sans Georgian', 'DejaVu Sans', sans-serif"
_WEEKS, _MONTHS, _WEEK, _QUARTER = 60, 420, 7, 3


def lane_of(recorded: Recorded, home: str) -> Lane:
    """*home* is the unit that registered the case."""
    for lane, events in _LANES.items():
        if isinstance(recorded.event, events):
            return lane
    return Lane.REGISTERING if recorded.unit == home else Lane.EXECUTING


def timeline(
    marks: Sequence[Mark],
    dues: Sequence[DueMark],
    arrived: date | None,
    words: Mapping[str, str],
    language: str,
) -> str:
    """The picture; *words* name the lanes, and ``arrived``, by their values."""
    days = [mark.at.date() for mark in marks]
    first = min([*days, *([arrived] if arrived else [])])
    last = max(days)
    # A term of years would press all that happened into one corner.
    horizon = last + max(timedelta(days=45), last - first)
    shown = [due for due in dues if first <= due.on <= horizon]
    scale = _Scale(first, max([last, *(due.on for due in shown)]), language)
    labels = list(_labelled(shown, scale))
    top = 8 + _LABEL * (1 + max((row for row, _ in labels), default=-1))
    lanes = [lane for lane in Lane if any(mark.lane is lane for mark in marks)]
    if arrived and Lane.APPLICANT not in lanes:
        lanes.insert(0, Lane.APPLICANT)
    bottom = top + _LANE * len(lanes)
    height = bottom + 24
    size = f'width="{_WIDTH}" height="{height}"'
    box = f'viewBox="0 0 {_WIDTH} {height}"'
    fonts = f'font-family="{_FONTS}" font-size="9"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {size} {fonts}>',
        f'<rect {size} fill="#ffffff"/>',
        *_lanes(lanes, top, words),
        *_axis(scale, top, bottom),
        *_dues(labels, scale, bottom),
    ]
    if arrived:
        parts += _arrival(arrived, scale, top + _LANE * lanes.index(Lane.APPLICANT), words)
    for number, lane in enumerate(lanes):
        parts += _events([m for m in marks if m.lane is lane], scale, top + _LANE * number)
    return "\n".join([*parts, "</svg>", ""])


class _Scale:
    """Where a day lies, and how it is written."""

    def __init__(self, first: date, last: date, language: str) -> None:
        self.first, self.last, self._language = first, last, language
        self._start = first.toordinal() - 0.5
        self._days = max(1.0, last.toordinal() + 1.5 - self._start)

    def at(self, day: date, of_day: float = 0.5) -> float:
        share = (day.toordinal() + of_day - self._start) / self._days
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def written(self, day: date, how: Callable[[date, str], str] = day_of_year) -> str:
        return escape(how(day, self._language))


def _lanes(lanes: Sequence[Lane], top: int, words: Mapping[str, str]) -> Iterator[str]:
    for number, lane in enumerate(lanes):
        y = top + _LANE * number
        fill = _PALE if number % 2 == 0 else "#ffffff"
        yield f'<rect x="0" y="{y}" width="{_WIDTH}" height="{_LANE}" fill="{fill}"/>'
        yield (
            f'<text x="8" y="{y + _LANE / 2 + 3:.1f}" fill="{_INK}" font-weight="bold">'
            f"{escape(words[lane])}</text>"
        )


def _axis(scale: _Scale, top: int, bottom: int) -> Iterator[str]:
    yield (
        f'<line x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}" stroke="{_LINE}"/>'
    )
    for day, text in _ticks(scale):
        x = scale.at(day, 0)
        yield (
            f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom + 4}" stroke="{_LINE}" '
            'stroke-width="0.6"/>'
        )
        yield (
            f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle" fill="#5b6673">{text}</text>'
        )


def _ticks(scale: _Scale) -> Iterator[tuple[date, str]]:
    span = (scale.last - scale.first).days
    if span <= _WEEKS:
        for day in range(0, span + 1, max(1, _WEEK if span > 2 * _WEEK else 2)):
            on = scale.first + timedelta(days=day)
            yield on, scale.written(on, short_day if day == 0 else day_of_year)
        return
    every = 1 if span <= _MONTHS else _QUARTER * (1 + span // (_QUARTER * _MONTHS))
    month = scale.first.year * 12 + scale.first.month
    while (on := date(month // 12, month % 12 + 1, 1)) <= scale.last:
        if month % every == 0:
            yield on, scale.written(on, numbered_month)
        month += 1


def _labelled(dues: Sequence[DueMark], scale: _Scale) -> Iterator[tuple[int, DueMark]]:
    """Each due date with the row its name stands in, so that no two names lie on each other."""
    ends: list[float] = []
    for due in sorted(dues, key=lambda due: (due.on, due.name)):
        left, right = _place(due, scale)
        row = next((r for r, end in enumerate(ends) if end < left), len(ends))
        row = min(row, _MOST_ROWS - 1)
        ends[row:] = [right, *ends[row + 1 :]]
        yield row, due


def _place(due: DueMark, scale: _Scale) -> tuple[float, float]:
    """From where to where the name reaches; to the left of its line at the right border."""
    x, width = scale.at(due.on, 1), 8 + _CHARACTER * len(_named(due, scale))
    return (x - width, x) if x + width > _WIDTH else (x, x + width)


def _named(due: DueMark, scale: _Scale) -> str:
    return f"{due.name}, {scale.written(due.on)}"


def _dues(labels: Sequence[tuple[int, DueMark]], scale: _Scale, bottom: int) -> Iterator[str]:
    """First all lines, then the names on a ground of their own: no line runs through a name."""
    for row, due in labels:
        x = scale.at(due.on, 1)
        yield (
            f'<line x1="{x:.1f}" y1="{8 + _LABEL * row}" x2="{x:.1f}" y2="{bottom}" '
            f'stroke="{_COLOURS[due.standing]}" stroke-width="1" stroke-dasharray="4 3"/>'
        )
    for row, due in labels:
        x, y = scale.at(due.on, 1), 8 + _LABEL * row
        left, right = _place(due, scale)
        anchor, at = ("end", x - 3) if left < x == right else ("start", x + 3)
        yield (
            f'<rect x="{left + 1:.1f}" y="{y - 2}" width="{right - left - 2:.1f}" height="12" '
            'fill="#ffffff"/>'
        )
        yield (
            f'<text x="{at:.1f}" y="{y + 7}" text-anchor="{anchor}" '
            f'fill="{_COLOURS[due.standing]}">{escape(_named(due, scale))}</text>'
        )


def _arrival(arrived: date, scale: _Scale, y: int, words: Mapping[str, str]) -> Iterator[str]:
    x, middle = scale.at(arrived, 0.2), y + _LANE / 2
    yield (
        f'<path d="M {x - 5:.1f} {middle - 6:.1f} L {x + 5:.1f} {middle - 6:.1f} '
        f'L {x:.1f} {middle + 5:.1f} Z" fill="{_INK}"/>'
    )
    yield (
        f'<text x="{x - 5:.1f}" y="{middle + 16:.1f}" fill="#5b6673">'
        f"{escape(words['arrived'])} {scale.written(arrived)}</text>"
    )


def _events(marks: Sequence[Mark], scale: _Scale, y: int) -> Iterator[str]:
    middle = y + _LANE / 2
    for x, versions in _grouped(marks, scale):
        text = _ranges(sorted(versions))
        half = _half(text)
        yield (
            f'<rect x="{x - half:.1f}" y="{middle - 9:.1f}" width="{2 * half:.1f}" height="18" '
            f'rx="9" fill="{_INK}"/>'
        )
        yield (
            f'<text x="{x:.1f}" y="{middle + 3.2:.1f}" text-anchor="middle" fill="#ffffff" '
            f'font-size="8.5">{text}</text>'
        )


def _grouped(marks: Sequence[Mark], scale: _Scale) -> Iterator[tuple[float, list[int]]]:
    """Where each circle stands, and what it holds: those that would touch it on its left."""
    first, last, versions = 0.0, 0.0, list[int]()
    for mark in sorted(marks, key=lambda mark: (mark.at, mark.version)):
        x = scale.at(mark.at.date(), (mark.at.hour * 60 + mark.at.minute) / 1440)
        own = _half(str(mark.version))
        if versions and x - own >= (first + last) / 2 + _half(_ranges(sorted(versions))):
            yield (first + last) / 2, versions
            versions = []
        first = first if versions else x
        last = x
        versions.append(mark.version)
    if versions:
        yield (first + last) / 2, versions


def _half(text: str) -> float:
    return max(9.0, 4 + _CHARACTER * len(text) / 2)


def _ranges(versions: Sequence[int]) -> str:
    """The first and the last of several; a plus says that not all between them are meant."""
    first, last = versions[0], versions[-1]
    if first == last:
        return str(first)
    return f"{first}\u2013{last}" if last - first + 1 == len(versions) else f"{first}+"
