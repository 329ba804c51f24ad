"""The units and officials of the department, as the database holds them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from psycopg import AsyncConnection, Connection
from psycopg.rows import class_row

Email = Annotated[
    str, Meta(pattern=r"^[^@\s\x00-\x1f<>,;:()\"\\]+@[A-Za-z0-9.-]+$(?!\n)", max_length=254)
]
Language = Literal["az", "tr", "ka", "en", "ru"]
OfficialKind = Literal["person", "client"]


class Unit(Struct, frozen=True, forbid_unknown_fields=True):
    """``head`` is the official who is told what the unit is late with."""

    unit: str
    name: str
    parent: str | None = None
    head: str | None = None


class Official(Struct, frozen=True, forbid_unknown_fields=True):
    """Notices are written in ``language``; without ``email`` none are sent by mail.

    A client is a program that acts as itself, with tokens of its own.
    """

    official: str
    unit: str
    name: str
    email: Email | None = None
    language: Language = "az"
    kind: OfficialKind = "person"


class Entry(Struct, frozen=True):
    """What an official or client is entered with."""

    unit: str
    kind: OfficialKind


class Responsible(Struct, frozen=True):
    """Who heads each unit that has a head, each unit's parent, and who leads the department."""

    heads: Mapping[str, str]
    parents: Mapping[str, str | None]
    leaders: tuple[str, ...]


class NoSuchOfficial(Exception):
    """A head or a leader is named who is no official of the department."""


def put_organisation(
    conn: Connection[Any],
    units: Iterable[Unit],
    officials: Iterable[Official],
    leaders: Sequence[str] | None = None,
) -> None:
    """Enter units, parents before children, and officials.

    Those that exist are brought up to date. The leaders are those named, and no others any more;
    None leaves them as they are. Raises NoSuchOfficial.
    """
    with conn.transaction():
        for unit in units:
            conn.execute(
                "INSERT INTO karguzar.units (unit, parent, name, head) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (unit) DO UPDATE "
                "SET parent = excluded.parent, name = excluded.name, head = excluded.head",
                (unit.unit, unit.parent, unit.name, unit.head),
            )
        for official in officials:
            conn.execute(
                "INSERT INTO karguzar.officials (official, unit, name, email, language, kind) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (official) DO UPDATE "
                "SET unit = excluded.unit, name = excluded.name, email = excluded.email, "
                "language = excluded.language, kind = excluded.kind",
                (
                    official.official,
                    official.unit,
                    official.name,
                    official.email,
                    official.language,
                    official.kind,
                ),
            )
        if leaders is not None:
            conn.execute(
                "UPDATE karguzar.officials SET leads = official = ANY(%s::text[]) "
                "WHERE leads <> (official = ANY(%s::text[]))",
                (list(leaders), list(leaders)),
            )
        _require_officials(conn, leaders or ())


async def entry_of(conn: AsyncConnection[Any], official: str) -> Entry | None:
    """As the organisation stands now."""
    async with conn.cursor(row_factory=class_row(Entry)) as cursor:
        await cursor.execute(
            "SELECT unit, kind FROM karguzar.officials WHERE official = %s", (official,)
        )
        return await cursor.fetchone()


def responsible(conn: Connection[Any]) -> Responsible:
    units = conn.execute("SELECT unit, parent, head FROM karguzar.units").fetchall()
    leaders = conn.execute("SELECT official FROM karguzar.officials WHERE leads ORDER BY official")
    return Responsible(
        heads={unit: head for unit, _, head in units if head is not None},
        parents={unit: parent for unit, parent, _ in units},
        leaders=tuple(official for (official,) in leaders),
    )


def _require_officials(conn: Connection[Any], leaders: Sequence[str]) -> None:
    named = conn.execute(
        "SELECT head FROM karguzar.units WHERE head IS NOT NULL UNION SELECT unnest(%s::text[]) "
        "EXCEPT SELECT official FROM karguzar.officials ORDER BY 1",
        (list(leaders),),
    ).fetchall()
    if named:
        msg = f"no such official: {', '.join(official for (official,) in named)}"
        raise NoSuchOfficial(msg)
