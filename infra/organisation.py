"""The units and officials of the department, as the database holds them."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from psycopg import Connection


class Unit(Struct, frozen=True, forbid_unknown_fields=True):
    unit: str
    name: str
    parent: str | None = None


class Official(Struct, frozen=True, forbid_unknown_fields=True):
    official: str
    unit: str
    name: str


def put_organisation(
    conn: Connection[Any], units: Iterable[Unit], officials: Iterable[Official]
) -> None:
    """Enter units, parents before children, and officials.

    Those that exist are brought up to date.
    """
    with conn.transaction():
        for unit in units:
            conn.execute(
                "INSERT INTO karguzar.units (unit, parent, name) VALUES (%s, %s, %s) "
                "ON CONFLICT (unit) DO UPDATE "
                "SET parent = excluded.parent, name = excluded.name",
                (unit.unit, unit.parent, unit.name),
            )
        for official in officials:
            conn.execute(
                "INSERT INTO karguzar.officials (official, unit, name) VALUES (%s, %s, %s) "
                "ON CONFLICT (official) DO UPDATE "
                "SET unit = excluded.unit, name = excluded.name",
                (official.official, official.unit, official.name),
            )
