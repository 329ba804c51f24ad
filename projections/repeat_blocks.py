"""Who and what has a blocking key, however many: the rows that are looked at, and their limits."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from infra.arrays import Numbers
from infra.blinding import Blinding
from projections.pages import columns

NARROW, BROAD = 200, 40
"""So many rows of one block are looked at, fewer where many narrow ones are. A broad block with
more is left: whoever is worth a look shares a narrower one too."""
_SURELY = 10 * BROAD
"""By the database's own estimate; what so many have is left without being read."""
NAMESAKES = 1_000
"""Names that so many people have are common, however many more have them."""
_NARROW_ROWS, _FEWEST = 6_000, 10
"""So many rows of all narrow blocks together are looked at, and of each at least so many."""


class SealedPerson(Struct, frozen=True):
    """Somebody of a case, whoever may see it."""

    case_id: UUID
    person_id: UUID
    part: str
    card: bytes


class Blocks(Struct, frozen=True):
    """Who has each key, and which cases are of a matter that has it.

    ``too_large``: keys that more have than are looked at; of a broad one nothing is here, of a
    narrow one those who have another of the common keys too, and some more.
    ``namesakes`` counts who has each of the names asked for, up to `NAMESAKES`.
    """

    people: dict[str, list[SealedPerson]]
    matters: dict[str, list[UUID]]
    too_large: frozenset[str]
    namesakes: dict[str, int]


def _block(asked: str, found: str, table: str, most: int | str) -> str:
    # What is found is kept apart from the limit, or the planner takes a walk through the whole
    # table for the shortest way to so many rows; and the array behind a SELECT, or it plans anew
    # each time because it sees how long this one is.
    return (
        f"SELECT asked.token, {found} FROM unnest((SELECT %({asked})s::int8[])) AS asked (token) "  # noqa: S608
        f"CROSS JOIN LATERAL (WITH sharing AS MATERIALIZED (SELECT * FROM read_models.{table} "
        f"WHERE blocks @> ARRAY[asked.token]) SELECT * FROM sharing LIMIT {most}) AS found"
    )


_PERSON = columns(SealedPerson, "found").as_string()
_NOBODY = "NULL::uuid, NULL::uuid, NULL::text, NULL::bytea"
_BLOCKS = " UNION ALL ".join(
    (
        _block("narrow", f"NULL::int8, NULL::uuid[], {_PERSON}", "people", "%(most)s + 1"),
        _block("broad", f"NULL, NULL, {_PERSON}", "people", BROAD + 1),
        _block(
            "matters",
            f"NULL, CASE WHEN count(*) > {BROAD} THEN '{{}}' ELSE array_agg(found.case_id) END, "
            + _NOBODY,
            "matters",
            BROAD + 1,
        )
        + " GROUP BY asked.token",
        _block("names", f"count(*), NULL, {_NOBODY}", "people", NAMESAKES)
        + " GROUP BY asked.token",
    )
).encode()
_CROWDED = (
    f"SELECT asked.token, {_PERSON} FROM unnest(%(crowded)s::int8[]) AS asked (token) "  # noqa: S608
    "CROSS JOIN LATERAL (WITH sharing AS MATERIALIZED (SELECT * FROM read_models.people "
    "WHERE blocks @> ARRAY[asked.token] "
    "AND blocks && array_remove(%(common)s::int8[], asked.token)) "
    "SELECT * FROM sharing LIMIT %(most)s) AS found"
).encode()
_COMMON = (
    b"SELECT s.most_common_elems::text::int8[], s.most_common_elem_freqs, c.reltuples "
    b"FROM karguzar.read_model_builds b "
    b"JOIN pg_class c ON c.oid = to_regclass('read_models.' || b.name || '_' || b.build) "
    b"JOIN pg_stats s ON s.schemaname = 'read_models' AND s.tablename = c.relname "
    b"AND s.attname = 'blocks' WHERE b.name IN ('people', 'matters') AND b.stage = 'live'"
)
_NONE_KNOWN: Mapping[int, int] = MappingProxyType({})


async def in_blocks(
    conn: AsyncConnection[Any],
    blinding: Blinding,
    *,
    narrow: Sequence[str],
    broad: Sequence[str],
    names: Sequence[str],
    of_matter: Sequence[str],
    about: Mapping[int, int] = _NONE_KNOWN,
) -> Blocks:
    """All cases, whoever may see them: which key is too common doesn't depend on who asks.

    ``about`` how many have the commonest tokens is known already: an index is read to the end of
    what has a token before the first row comes of it.
    """
    asked = {"narrow": narrow, "broad": broad, "names": names, "matters": of_matter}
    token_of = {key: blinding.token(key) for keys in asked.values() for key in keys}
    key_of = {token: key for key, token in token_of.items()}
    surely = {key for key in (*broad, *of_matter) if about.get(token_of[key], 0) > _SURELY}
    most = min(max(_NARROW_ROWS // max(len(narrow), 1), _FEWEST), NARROW)
    values: dict[str, Any] = {
        "most": most,
        "narrow": Numbers(token_of[key] for key in narrow),
        "broad": Numbers(token_of[key] for key in broad if key not in surely),
        "names": Numbers(token_of[key] for key in names if about.get(token_of[key], 0) < NAMESAKES),
        "matters": Numbers(token_of[key] for key in of_matter if key not in surely),
    }
    with_key: dict[str, list[SealedPerson]] = {}
    cases_with: dict[str, list[UUID]] = {}
    namesakes = {key: NAMESAKES for key in names if about.get(token_of[key], 0) >= NAMESAKES}
    common_matters = set()
    for token, count, cases, *person in await rows_of(conn, _BLOCKS, values):
        key = key_of[token]
        if count is not None:
            namesakes[key] = count
        elif cases:
            cases_with[key] = cases
        elif cases is not None:
            common_matters.add(key)
        else:
            with_key.setdefault(key, []).append(SealedPerson(*person))
    crowded = [key for key in narrow if len(with_key.get(key, ())) > most]
    common = {key for key in broad if len(with_key.get(key, ())) > BROAD}
    if crowded:
        further = {
            "most": most,
            "crowded": Numbers(token_of[key] for key in crowded),
            "common": Numbers(token_of[key] for key in (*crowded, *common, *surely)),
        }
        likelier: dict[str, list[SealedPerson]] = {key: [] for key in crowded}
        for token, *values_of in await rows_of(conn, _CROWDED, further):
            likelier[key_of[token]].append(SealedPerson(*values_of))
        for key, rows in likelier.items():
            with_key[key] = list(dict.fromkeys([*rows, *with_key[key]]))[:most]
    for key in common:
        del with_key[key]
    return Blocks(
        with_key,
        cases_with,
        frozenset((*crowded, *common, *common_matters, *surely)),
        namesakes,
    )


def commonest(conn: Connection[Any]) -> dict[int, int]:
    """About how many people or matters have each of the commonest tokens, by what ANALYZE saw."""
    found = {}
    for tokens, shares, rows in conn.cursor(row_factory=tuple_row).execute(_COMMON).fetchall():
        # Behind the shares stand their least and greatest, and that of empty arrays.
        for token, share in zip(tokens or (), shares or (), strict=False):
            found[token] = round(share * max(rows, 0))
    return found


async def rows_of(
    conn: AsyncConnection[Any], query: bytes, values: dict[str, Any]
) -> list[tuple[Any, ...]]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(query, values, prepare=True)
    return await cursor.fetchall()
