"""A rule file's rows, and what contradicts itself within a rule."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from domain.case import CaseKind, Code, ShortText
from domain.rule import HOURS, Certainty, ClockName, Counting, Roll, Start, Unit, Until

OF_EXTENSIONS = frozenset({Start.DUE, Start.START, Start.DECISION})
_SET = frozenset({Unit.YEARLY, Unit.CHOSEN})
_LEAP_YEAR = 2000


class RuleRow(Struct, frozen=True, kw_only=True):
    id: Code
    version: ShortText
    valid_from: date
    valid_to: date | None = None
    starts: Start
    length: int = 0
    unit: Unit
    counting: Counting
    roll: Roll = Roll.NONE
    leave_counts: bool = True
    office_hours: bool = False
    month: int | None = None
    day: int | None = None
    extension: Code | None = None
    extension_barred: ShortText | None = None
    times: int | None = None
    until: Until | None = None
    decided_within: int | None = None
    notice_within: int | None = None
    pauses: tuple[Code, ...] = ()
    restarts: tuple[Code, ...] = ()
    notify: tuple[Code, ...] = ()
    readings: tuple[Code, ...] = ()
    target_for: Code | None = None
    source: ShortText
    certainty: Certainty
    note: ShortText | None = None


class NormRow(Struct, frozen=True, kw_only=True):
    id: Code
    says: ShortText
    source: ShortText
    certainty: Certainty


class ClockRow(Struct, frozen=True, kw_only=True):
    case: CaseKind
    kinds: tuple[str, ...] = ()
    clock: ClockName
    rules: tuple[Code, ...]


def faults_of_rule(row: RuleRow) -> Iterator[tuple[str, str]]:
    """What contradicts itself within one rule, each with the key that is to blame."""
    if row.valid_to is not None and row.valid_to < row.valid_from:
        yield "valid_to", "valid_to is before valid_from"
    if row.length < 0:
        yield "length", "length is negative"
    if row.unit in _SET and row.length:
        yield "length", f"{row.unit} takes no length"
    if row.unit not in _SET and row.length == 0 and row.counting is not Counting.SAME_DAY:
        yield "length", f"a term {row.counting} needs a length"
    if row.counting is Counting.SAME_DAY and row.length:
        yield "length", "a term on the same day takes no length"
    if (row.unit in HOURS) != (row.counting is Counting.FROM_MOMENT):
        yield "counting", f"{row.unit} can't be counted {row.counting}"
    if row.roll is not Roll.NONE and row.unit in {Unit.WORKING_DAYS, Unit.CHOSEN, *HOURS}:
        yield "roll", f"{row.unit} can't roll"
    if row.office_hours and (row.counting, row.unit) != (Counting.SAME_DAY, Unit.WORKING_DAYS):
        yield "office_hours", "office_hours is for working days counted same-day"
    yield from _faults_of_yearly(row)
    yield from _faults_of_extension(row)
    if (row.pauses or row.restarts) and (row.unit in HOURS | _SET or row.length == 0):
        key = "pauses" if row.pauses else "restarts"
        yield key, "only days and months can pause or restart"
    if both := set(row.pauses) & set(row.restarts):
        yield "restarts", f"{', '.join(sorted(both))} can't both pause and restart"


def _faults_of_yearly(row: RuleRow) -> Iterator[tuple[str, str]]:
    if row.unit is not Unit.YEARLY:
        if row.month is not None or row.day is not None:
            yield "month" if row.month is not None else "day", "month and day are for yearly"
        return
    try:
        date(_LEAP_YEAR, row.month or 0, row.day or 0)
    except ValueError:
        yield "month", "yearly needs a month and a day that exist"


def _faults_of_extension(row: RuleRow) -> Iterator[tuple[str, str]]:
    if row.extension and row.extension_barred:
        yield "extension_barred", "extension and extension_barred contradict each other"
    if row.extension and (row.unit in HOURS | _SET or row.length == 0):
        yield "extension", "only days and months can be extended"
    of_extension = {
        "times": row.times,
        "until": row.until,
        "decided_within": row.decided_within,
        "notice_within": row.notice_within,
    }
    if row.starts not in OF_EXTENSIONS:
        for key, value in of_extension.items():
            if value is not None:
                yield key, f"{key} is for extensions, which start at due, start or decision"
        return
    if row.times is None or row.times < 1:
        yield "times", "an extension needs times, 1 or more"
    if row.unit in HOURS | _SET:
        yield "unit", "an extension is in days or months"
    if (row.until is Until.AT_START) != (row.decided_within is not None):
        yield "until", "at-start and decided_within go together"
    if row.extension:
        yield "extension", "an extension can't itself be extended: use times"
