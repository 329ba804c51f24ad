"""How many cases there are of each kind, state, unit and so on: now, or as known at a position."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.sql import SQL

from projections.cases import CaseFilter, conditions_of
from projections.known_cases import Asked, asked_at
from projections.pages import page


class By(StrEnum):
    """What cases are counted by. The value is the register's column."""

    KIND = "kind"
    STATE = "state"
    UNIT = "unit"
    CHANNEL = "channel"
    REGION = "region"
    TOPIC = "topic"
    RESULT = "result"
    REPEAT = "repeat"


_TOLD = {By.REPEAT: "repeat::text AS repeat"}
Group = tuple[str | None, ...]


class Counted(Struct, frozen=True):
    """``groups`` have no zeros; ``position`` is what the read model had seen."""

    groups: dict[Group, int]
    position: int


async def count_cases(
    conn: AsyncConnection[Any],
    by: Sequence[By],
    wanted: CaseFilter,
    sight: tuple[str, dict[str, Any]],
    at: int | None = None,
) -> Counted:
    """How many are *wanted* and in *sight*, by each of *by* and the next; now, or as known *at*."""
    model = "register" if at is None else "register_history"
    asked = _now(wanted, *sight) if at is None else asked_at(at, wanted, *sight)
    groups = ", ".join(by)
    query = SQL(
        "SELECT count(*) AS cases, {columns} FROM {source} WHERE {where} GROUP BY {groups}"
    ).format(
        columns=SQL(", ".join(_TOLD.get(each, each) for each in by)),
        groups=SQL(groups),
        source=SQL(asked.source),
        where=SQL(asked.where),
    )
    order_by = SQL("cases DESC, {}").format(SQL(groups))
    found, position = await page(conn, query, order_by, asked.values, model)
    return Counted({tuple(group): count for count, *group in found}, position)


def _now(wanted: CaseFilter, sight: str, values: dict[str, Any]) -> Asked:
    conditions, own = conditions_of(wanted)
    return Asked("read_models.register AS known", (*conditions, sight), own | values)
