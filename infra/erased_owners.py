"""Whoever was erased gets no new key by what is still recorded in their old cases."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from psycopg import Connection
from psycopg.rows import tuple_row

from infra.mapper import EventMapper, Parts


def erased_among(conn: Connection[Any], owners: Collection[UUID]) -> set[UUID]:
    """Those of *owners* whose key a destruction took."""
    if not owners:
        return set()
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT owner FROM karguzar.erased_owners WHERE owner = ANY(%s)", (list(owners),)
    )
    return {owner for (owner,) in rows}


def kept_by_their_cases(
    mapper: EventMapper, parts: Sequence[Parts], erased: Collection[UUID]
) -> list[Parts]:
    """The events whose text would go under an *erased* person's key, under their case's instead.

    Not one that enters the person: whoever comes again gets a new key.
    """
    return [
        mapper.take_apart(replace(each.recorded, owner=each.recorded.originator_id))
        if each.recorded.owner in erased and not _enters(each, each.recorded.owner)
        else each
        for each in parts
    ]


def _enters(parts: Parts, person: UUID) -> bool:
    return any(path.endswith(".") for path in parts.personal.get(person, ()))
