"""Working calendars: the `holidays` package's days by law, and over them the acts in files."""

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

import holidays
from msgspec import structs

from domain.calendar import CalendarMissing, DayKind, DayMark, WorkingCalendar, hour_before
from infra.calendars.acts import FIRST, LAST, Acts, Organisation, acts_in

_FOLDER = Path(__file__).parent
_LANGUAGES = {"az": "az", "tr": "tr", "ge": "ka"}
"""The jurisdictions, each with its own language."""
_ESTIMATED = {" (estimated)": "", "(observed, estimated)": "(observed)"}
_OBSERVED = "(observed"
_DAY = timedelta(days=1)
_HALF_DAY_CLOSES = time(13)
"""TR Law 2429: from one o'clock."""


class UnknownOrganisation(Exception):
    """No calendar file speaks of this organisation."""


@cache
def working_calendar(
    jurisdiction: str,
    organisation: str | None = None,
    as_known_on: date | None = None,
    files: tuple[Path, ...] = (),
) -> WorkingCalendar:
    """The calendar of a jurisdiction (az, tr, ge), or of one organisation in it.

    *files* are an installation's own, each holding over those before it and over those shipped.
    With *as_known_on* only acts announced by that day hold. Files are read once in a process.
    Raises CalendarFileInvalid with all that is wrong in a file, UnknownOrganisation, and
    CalendarMissing for another jurisdiction.
    """
    if jurisdiction not in _LANGUAGES:
        raise CalendarMissing(f"No calendar is kept for {jurisdiction}")
    paths = (_FOLDER / f"{jurisdiction}.toml", *files)
    acts = [acts_in(path, jurisdiction) for path in paths]
    body = _organisation(organisation, acts)
    marks = dict(_by_law(jurisdiction))
    holidays_by_law = {day for day, mark in marks.items() if _shortens_eve(mark)}
    for act in acts:
        for override in sorted(act.override, key=lambda one: one.announced_on):
            known = as_known_on is None or override.announced_on <= as_known_on
            if known and override.holds_for(organisation):
                marks.update((mark.on, mark) for mark in override.marks())
                if override.shortens_eve:
                    holidays_by_law.update(override.days)
    for act in acts:
        if act.short_eves:
            eves = _short_eves(marks, holidays_by_law, body, act.short_eves)
            marks.update((mark.on, mark) for mark in eves)
    return WorkingCalendar(
        jurisdiction=jurisdiction,
        organisation=organisation,
        edition=version("holidays"),
        first=FIRST,
        last=LAST,
        marks=marks,
        rest_weekdays=body.rests_on,
        opens_at=body.opens_at,
        closes_at=body.closes_at,
    )


def _organisation(organisation: str | None, acts: Iterable[Acts]) -> Organisation:
    found = Organisation(id=organisation or "")
    if organisation is None:
        return found
    if not any(organisation in act.bodies for act in acts):
        raise UnknownOrganisation(f"No calendar file speaks of organisation {organisation}")
    for act in acts:
        for body in act.organisation:
            if body.id == organisation:
                found = body
    return found


@cache
def _by_law(jurisdiction: str) -> Mapping[date, DayMark]:
    """The days that the law itself sets apart in every year.

    What a single act moved or declared is in the package too, but without the day it was
    announced: it is taken out here and stands in the files. Category "workday" (AZ 12 November
    and others) is never asked for: those are holidays on which people work.
    """
    marks: dict[date, DayMark] = {}
    if jurisdiction == "tr":
        marks.update(_days_of(jurisdiction, "half_day", DayKind.HALF, _HALF_DAY_CLOSES))
    marks.update(_days_of(jurisdiction, "public", DayKind.OFF, None))
    return marks


def _days_of(
    jurisdiction: str, category: str, kind: DayKind, closes_at: time | None
) -> Mapping[date, DayMark]:
    english = _of_package(jurisdiction, category, "en_US")
    own = _of_package(jurisdiction, category, _LANGUAGES[jurisdiction])
    marks: dict[date, DayMark] = {}
    for day, label in english.items():
        reason = label
        for estimated, plain in _ESTIMATED.items():
            reason = reason.replace(estimated, plain)
        marks[day] = DayMark(
            on=day,
            kind=kind,
            reason=reason,
            name=own[day],
            estimated=reason != label,
            closes_at=closes_at,
        )
    return marks


def _of_package(jurisdiction: str, category: str, language: str) -> Mapping[date, str]:
    kept = holidays.country_holidays(
        jurisdiction.upper(), categories=(category,), language=language
    )
    kept.special_public_holidays = {}
    for year in range(FIRST.year, LAST.year + 1):
        kept.get(date(year, 1, 1))  # looking into a year is what fills it
    return {day: name for day, name in sorted(kept.items()) if FIRST <= day <= LAST}


def _shortens_eve(mark: DayMark) -> bool:
    """A holiday itself, not the working day its rest moved to."""
    names = mark.reason.split("; ")
    return mark.kind is DayKind.OFF and any(_OBSERVED not in name for name in names)


def _short_eves(
    marks: Mapping[date, DayMark], held: Iterable[date], body: Organisation, act: str
) -> Iterable[DayMark]:
    """The working days right before a holiday, also those that an act made working days."""
    for day in sorted(held):
        eve, holiday = day - _DAY, marks[day]
        if holiday.kind is not DayKind.OFF or eve < FIRST:
            continue
        mark = marks.get(eve)
        if mark is None and eve.weekday() not in body.rests_on:
            reason = f"eve of {holiday.reason}"
            estimated = holiday.estimated
            yield DayMark(on=eve, kind=DayKind.SHORT, reason=reason, act=act, estimated=estimated)
        elif mark is not None and mark.kind is DayKind.WORKING and mark.closes_at is None:
            yield structs.replace(mark, closes_at=hour_before(body.closes_at))
