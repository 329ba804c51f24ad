"""Pages of read models that keep their past, as they were known at a position.

A row of then stands still, or has ended since. The first are among those that stand now, the others
come from the index of what stood at a position: neither grows with all that was done before.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Composable, Composed, Identifier

from projections.known_cases import seen
from projections.pages import page
from projections.positions import ReadModelBehind

_STOOD = (
    "{0}.until_position IS NULL AND {0}.since_position <= %(at)s::int8",
    (
        "{0}.until_position IS NOT NULL "
        "AND int8range({0}.since_position, {0}.until_position) @> %(at)s::int8"
    ),
)
_CASES = (
    "JOIN read_models.register_history AS known "
    "ON known.case_id = {0}.case_id AND known.since_position <= %(at)s::int8 "
    "AND (known.until_position IS NULL OR known.until_position > %(at)s::int8)"
)


def stood(
    model: str, shown: Composable, conditions: Sequence[str], sight: str, in_order: Composable
) -> Composed:
    """The first rows of *model*, by *in_order*, that stood at the position of the value ``at``.

    So many of both halves as the value ``limit`` says. Their cases, ``known``, were in *sight*
    then and are so now: they are looked up in the order of the rows, until there are enough.
    """
    return SQL(" UNION ALL ").join(
        SQL(
            "(SELECT {shown} FROM (SELECT * FROM {rows} WHERE {stood} ORDER BY {in_order} OFFSET 0)"
            " AS {model} {cases} WHERE {seen} ORDER BY {in_order} LIMIT %(limit)s)"
        ).format(
            shown=shown,
            rows=_known(model),
            stood=_where(half.format(model), *conditions),
            in_order=in_order,
            model=Identifier(model),
            cases=SQL(_CASES.format(model)),
            seen=_where(*seen(sight)),
        )
        for half in _STOOD
    )


def all_that_stood(
    model: str, shown: Composable, conditions: Sequence[str], sight: str
) -> Composed:
    """All of them, in no order."""
    cases = SQL("") if sight == "true" else SQL(_CASES.format(model))
    return SQL(" UNION ALL ").join(
        SQL("SELECT {} FROM {} {} WHERE {}").format(
            shown, _known(model), cases, _where(half.format(model), *conditions, *seen(sight))
        )
        for half in _STOOD
    )


def _known(model: str) -> Composed:
    view = Identifier("read_models", f"{model}_known")
    return SQL("{} AS {}").format(view, Identifier(model))


def _where(*conditions: str) -> Composed:
    return SQL(" AND ").join(map(SQL, conditions or ("true",)))


async def past_page(
    conn: AsyncConnection[Any],
    model: str,
    query: Composable,
    order_by: Composable,
    values: dict[str, Any],
) -> tuple[list[tuple[Any, ...]], int]:
    """The rows of *query*, and what the read models in it have come to. Raises ReadModelBehind.

    A *model* that was built before its past was kept is behind until it is built anew.
    """
    try:
        return await page(conn, query, order_by, values, model, "register_history", "register")
    except UndefinedTable:
        raise ReadModelBehind(ReadModelBehind.__doc__) from None
