"""Units and officials as they were entered at a position of the log."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row


class KnownOrganisation(Struct, frozen=True):
    """``parents`` and ``units`` by unit, ``officials`` by id; the latter two tell names."""

    parents: Mapping[str, str | None]
    units: Mapping[str, str]
    officials: Mapping[str, str]

    def subtree(self, unit: str) -> tuple[str, ...]:
        """The unit and all below it; a unit that wasn't there stands alone."""
        found = [unit]
        for above in found:
            found += sorted(each for each, parent in self.parents.items() if parent == above)
        return tuple(found)


_UNITS = (
    "SELECT DISTINCT ON (unit) unit, parent, name FROM karguzar.known_units ORDER BY unit, "
    "position < %(at)s DESC, CASE WHEN position < %(at)s THEN -entered ELSE entered END"
)
_OFFICIALS = (
    "SELECT DISTINCT ON (official) official, name FROM karguzar.known_officials ORDER BY official, "
    "position < %(at)s DESC, CASE WHEN position < %(at)s THEN -entered ELSE entered END"
)


async def organisation_known(conn: AsyncConnection[Any], position: int) -> KnownOrganisation:
    """What was entered before the event at *position*; of what came later, the first of it.

    An entry between that event and the next holds from the next, so a report of a position stays.
    """
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(_UNITS, {"at": position})
    units = await cursor.fetchall()
    await cursor.execute(_OFFICIALS, {"at": position})
    return KnownOrganisation(
        parents={unit: parent for unit, parent, _ in units},
        units={unit: name for unit, _, name in units},
        officials=dict(await cursor.fetchall()),
    )
