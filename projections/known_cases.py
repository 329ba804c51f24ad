"""The cases as they were known at a position: what of `register_history` a question is about."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from projections.cases import (
    OPEN_STATES,
    CaseFilter,
    conditions_of,
    contradicts_itself,
    search_query,
)

_AT = "since_position <= %({at})s::int8 AND (until_position IS NULL OR until_position > %({at})s)"
_OPEN_AT = (
    "(SELECT * FROM read_models.register_history WHERE open "
    "AND int8range(since_position, until_position) @> %({at})s::int8 OFFSET 0) AS known"
)
_STILL_SEEN = (
    "EXISTS (SELECT FROM read_models.register "
    "WHERE register.case_id = known.case_id AND {sight} OFFSET 0)"
)
_SEARCHED = (
    "known.case_id IN (SELECT case_id FROM read_models.register "
    "WHERE register.search @@ %(text)s::tsquery)"
)


class Asked(Struct, frozen=True):
    """``source`` is what to select from, as ``known``, ``conditions`` what has to hold, in SQL."""

    source: str
    conditions: tuple[str, ...]
    values: dict[str, Any]

    @property
    def where(self) -> str:
        return " AND ".join(self.conditions)


def asked_at(
    position: int,
    wanted: CaseFilter,
    sight: str,
    sight_values: dict[str, Any],
    at: str = "at",
    *,
    only_open: bool = False,
) -> Asked:
    """The cases *wanted*, as they stood at *position*; *at* names its value.

    They are in *sight* as they stood then and as they stand now. Words are looked for in the
    subjects of now: those of then are kept in the log alone.
    """
    conditions, values = conditions_of(replace(wanted, text=None))
    if wanted.text is not None:
        conditions.append(_SEARCHED)
        values["text"] = search_query(wanted.text)
    conditions += seen(sight)
    if contradicts_itself(wanted):
        conditions.append("false")
    if only_open or _open(wanted):
        source = _OPEN_AT.format(at=at)
    else:
        source = "read_models.register_history AS known"
        conditions.append(there(at))
    conditions = conditions or ["true"]
    return Asked(source, tuple(conditions), values | sight_values | {at: position})


def there(at: str) -> str:
    """That a row of the history stood at the position which the value *at* has."""
    return _AT.format(at=at)


def seen(sight: str) -> list[str]:
    """*sight* of a row as it was and of the case as it is."""
    return [] if sight == "true" else [sight, _STILL_SEEN.format(sight=sight)]


def _open(wanted: CaseFilter) -> bool:
    """Whether only open cases can be meant."""
    return bool(wanted.open or wanted.overdue_on is not None or wanted.state in OPEN_STATES)
