"""The rules, the calendar and the time zone of a jurisdiction, put together."""

from bisect import bisect_right
from datetime import date
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.due import Terms
from infra.calendars import working_calendar
from infra.calendars.acts import acts_in
from infra.rulebook import rulebook

_CALENDARS = Path(__file__).with_name("calendars")
TIME_ZONES = {"az": "Asia/Baku", "tr": "Europe/Istanbul", "ge": "Asia/Tbilisi"}

_rulebook = cache(rulebook)


def terms_of(
    jurisdiction: str,
    time_zone: str | None = None,
    organisation: str | None = None,
    *,
    rules_file: Path | None = None,
    calendar_file: Path | None = None,
    as_known_on: date | None = None,
) -> Terms:
    """The terms by the rules and calendar of az, tr or ge, an installation's own files over them.

    With *as_known_on* the calendar has only the acts announced by that day. Raises RulesInvalid,
    CalendarFileInvalid and UnknownOrganisation.
    """
    files = (calendar_file,) if calendar_file else ()
    if as_known_on:
        as_known_on = _last_announcement(jurisdiction, files, as_known_on)
    return Terms(
        rulebook=_rulebook(jurisdiction, rules_file),
        calendar=working_calendar(jurisdiction, organisation, as_known_on, files),
        time_zone=ZoneInfo(time_zone or TIME_ZONES[jurisdiction]),
    )


def _last_announcement(jurisdiction: str, files: tuple[Path, ...], day: date) -> date:
    """The day of the last act announced by then: all days up to the next know the same calendar.

    Calendars are kept once made; so there are no more of them than acts, whatever days are asked.
    """
    days = _announcements(jurisdiction, files)
    at = bisect_right(days, day)
    return days[at - 1] if at else date.min


@cache
def _announcements(jurisdiction: str, files: tuple[Path, ...]) -> list[date]:
    acts = (acts_in(path, jurisdiction) for path in (_CALENDARS / f"{jurisdiction}.toml", *files))
    return sorted({override.announced_on for act in acts for override in act.override})
