"""Instants as people write them: with Z or an offset, on the department's clock, or a plain day."""

import re
from datetime import UTC, datetime, tzinfo

WRITTEN = "an instant such as 2026-03-01T09:00:00+04:00, or a day, which means its first moment"
_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?P<offset>[Zz]|[-+ ]\d\d:?\d\d)?)?",
    re.ASCII,
)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class InstantNotReadable(ValueError):
    """It has to be an instant such as 2026-03-01T09:00:00+04:00, or a day such as 2026-03-01."""


def instant_of(given: str, zone: tzinfo) -> datetime:
    """The instant in UTC; what has no offset is of *zone*, and a day is its midnight there.

    A blank before the offset is the plus sign that a query makes one of. A number is no instant.
    At the ends of the calendar it is the first or the last there is. Raises InstantNotReadable.
    """
    found = _WRITTEN.fullmatch(given)
    if not found:
        raise InstantNotReadable(InstantNotReadable.__doc__)
    offset = (found["offset"] or "").replace(" ", "+")
    try:
        instant = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}{offset}")
    except ValueError:
        raise InstantNotReadable(InstantNotReadable.__doc__) from None
    try:
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return _FIRST if instant.year == _FIRST.year else _LAST
