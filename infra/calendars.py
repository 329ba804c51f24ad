"""Working calendars from the `holidays` package, for the years its official dates cover."""

from datetime import date, timedelta
from functools import cache
from importlib.metadata import version

import holidays

from domain.calendar import WorkingCalendar

_FIRST, _LAST = 2005, 2035
_SATURDAY = 5


@cache
def working_calendar(jurisdiction: str) -> WorkingCalendar:
    """The calendar of a jurisdiction by its ISO 3166 code: az, tr or ge.

    Swapped working days are taken in. Days that only the government's or an organisation's own
    decisions move are not in the package.
    """
    kept = holidays.country_holidays(jurisdiction.upper(), years=range(_FIRST, _LAST + 1))
    first, last = date(_FIRST, 1, 1), date(_LAST, 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return WorkingCalendar(
        version=f"{jurisdiction}-holidays-{version('holidays')}",
        first=first,
        last=last,
        off=frozenset(d for d in days if d.weekday() < _SATURDAY and not kept.is_working_day(d)),
        working=frozenset(d for d in days if d.weekday() >= _SATURDAY and kept.is_working_day(d)),
    )
