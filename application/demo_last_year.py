"""The demo's year before: the same months, so that there is something to compare with."""

from collections.abc import Sequence
from datetime import date

from application.demo_appeals import new_appeal, tell_appeal
from application.demo_assignments import tell_assignment
from application.demo_media import tell_inquiry
from application.demo_receptions import tell_reception
from application.demo_story import Diary, OldStory
from domain.case import CaseKind

_SHARE = 0.45
_FEWEST = 100
_YEAR = 364
"""Days, so that a Monday lies a year before a Monday."""
_RECEPTIONS, _INQUIRIES, _ASSIGNMENTS = 0.04, 0.12, 0.08


def cases_of_last_year(cases: int) -> int:
    """How many of the demo's *cases* are of the year before: none of few."""
    return round(cases * _SHARE) if cases >= _FEWEST else 0


def tell_last_year(diary: Diary, days: Sequence[date], count: int) -> None:
    """That many cases, all ended long ago; *days* are those of the demo."""
    before = [
        diary.calendar.next_working_day(day.fromordinal(day.toordinal() - _YEAR)) for day in days
    ]
    receptions = max(1, round(count * _RECEPTIONS))
    told = 0
    for number in range(receptions):
        told += tell_reception(
            diary, before[(2 * number + 1) * len(before) // (2 * receptions)], OldStory
        )
    for _ in range(round(count * _INQUIRIES)):
        tell_inquiry(diary, _begun(diary, before, CaseKind.MEDIA_INQUIRY))
        told += 1
    for _ in range(round(count * _ASSIGNMENTS)):
        tell_assignment(diary, _begun(diary, before, CaseKind.ASSIGNMENT))
        told += 1
    while told < count:
        story = _begun(diary, before, CaseKind.APPEAL)
        written = new_appeal(diary, story)
        told += tell_appeal(diary, story, written, may_return=told + 1 < count)


def _begun(diary: Diary, days: Sequence[date], kind: CaseKind) -> OldStory:
    at = diary.moment(diary.one_of(days), diary.one_of(OldStory.hours))
    return OldStory(diary, kind, at, diary.new_case(kind))
