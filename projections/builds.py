"""The builds of each read model: which is live, which is being built beside it."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.errors import InvalidTableDefinition
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from infra.analysts import make_way
from infra.eventstore import ROLE
from projections.analytics import drop_analytics, follow_read_model
from projections.past_rows import STANDING
from projections.readmodel import SCHEMA, ReadModel

_LOCK = 0x6275696C6473  # "builds": one change of builds at a time in a database


def live_builds(conn: Connection[Any]) -> dict[str, int]:
    """The live build of each read model that has one."""
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT name, build FROM karguzar.read_model_builds WHERE stage = 'live'"
    )
    return dict(rows.fetchall())


def followed_builds(
    conn: Connection[Any], models: Sequence[ReadModel]
) -> list[tuple[ReadModel, int]]:
    """The live builds that this code can keep up to date: those of its own version."""
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT name, version, build FROM karguzar.read_model_builds WHERE stage = 'live'"
    )
    live = {(name, version): build for name, version, build in rows.fetchall()}
    return [(m, live[m.name, m.version]) for m in models if (m.name, m.version) in live]


def begin_build(conn: Connection[Any], model: ReadModel, *, indexed: bool) -> int:
    """Make an empty table for a new build and give its number."""
    take_role(conn)
    (build,) = (
        conn.cursor(row_factory=tuple_row)
        .execute(  # type: ignore[misc]
            "INSERT INTO karguzar.read_model_builds (name, build, version, stage) "
            "SELECT %s, coalesce(max(build), 0) + 1, %s, 'building' "
            "FROM karguzar.read_model_builds WHERE name = %s RETURNING build",
            (model.name, model.version, model.name),
        )
        .fetchone()
    )
    table = Identifier(SCHEMA, model.table_of(build))
    conn.execute(SQL(model.table).format(table=table))
    if model.sums:
        model.sums.begin(conn, model.table_of(build))
    if indexed:
        add_indexes(conn, model, build)
    return int(build)


def add_indexes(conn: Connection[Any], model: ReadModel, build: int) -> None:
    """Index the rows of a build and sum them up, as many as there are."""
    table = Identifier(SCHEMA, model.table_of(build))
    conn.execute(SQL(model.indexes).format(table=table))
    if model.sums:
        model.sums.fill(conn, model.table_of(build))


def go_live(conn: Connection[Any], model: ReadModel, build: int) -> None:
    """Let readers see this build from the next statement on; in the caller's transaction.

    Where the past is kept, the view has the rows that stand, and ``…_known`` has all of them.
    Analysts' views on it follow; what analysts are reading just then is ended.
    """
    make_way(conn)
    conn.execute(
        "UPDATE karguzar.read_model_builds SET stage = 'retired' "
        "WHERE name = %s AND stage = 'live'",
        (model.name,),
    )
    conn.execute(
        "UPDATE karguzar.read_model_builds SET stage = 'live', live_since = now() "
        "WHERE name = %s AND build = %s",
        (model.name, build),
    )
    take_role(conn)
    table = Identifier(SCHEMA, model.table_of(build))
    if model.sums:
        sums = Identifier(SCHEMA, model.sums.table_of(model.table_of(build)))
        _show(conn, model.sums.name, SQL("SELECT * FROM {}").format(sums))
    if model.has_past:
        _show_standing_and_known(conn, model, table)
    else:
        _show(conn, model.name, SQL("SELECT * FROM {}").format(table))
    follow_read_model(conn)


def _show_standing_and_known(conn: Connection[Any], model: ReadModel, table: Identifier) -> None:
    columns = SQL(", ").join(map(Identifier, model.columns))
    standing = SQL("SELECT {} FROM {} WHERE {}").format(columns, table, SQL(STANDING))
    _show(conn, model.name, standing)
    stored = SQL(", ").join(map(Identifier, model.stored))
    _show(conn, f"{model.name}_known", SQL("SELECT {} FROM {}").format(stored, table))


def _show(conn: Connection[Any], name: str, rows: Composed) -> None:
    view = Identifier(SCHEMA, name)
    as_table = SQL("VIEW {} AS {}").format(view, rows)
    try:
        # Replacing keeps who may read the view, and the views that analysts built on it.
        with conn.transaction():
            conn.execute(SQL("CREATE OR REPLACE ") + as_table)
    except InvalidTableDefinition:
        drop_analytics(conn)
        conn.execute(SQL("DROP VIEW {}").format(view))
        conn.execute(SQL("CREATE ") + as_table)


def take_role(conn: Connection[Any]) -> None:
    """Act as the application for the rest of this connection, whose tables the builds are."""
    conn.execute(SQL("SET ROLE {}").format(Identifier(ROLE)))


def drop_unused(conn: Connection[Any], model: ReadModel) -> None:
    """Drop retired builds, and those that a rebuild left unfinished; none may be under way."""
    rows = conn.cursor(row_factory=tuple_row).execute(
        "SELECT build FROM karguzar.read_model_builds WHERE name = %s AND stage <> 'live'",
        (model.name,),
    )
    for (build,) in rows.fetchall():
        table = model.table_of(build)
        with conn.transaction():
            # The position first, the table behind it: the order in which a runner takes them.
            conn.execute(
                "DELETE FROM karguzar.register_tracking WHERE application_name = %s", (table,)
            )
            dropped = [table, model.sums.table_of(table)] if model.sums else [table]
            for each in dropped:
                conn.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(SCHEMA, each)))
            conn.execute("DELETE FROM karguzar.stopped_consumers WHERE name = %s", (table,))
            conn.execute(
                "DELETE FROM karguzar.read_model_builds WHERE name = %s AND build = %s",
                (model.name, build),
            )


def ensure_builds(conn: Connection[Any], models: Sequence[ReadModel]) -> list[str]:
    """Give every read model a live build, an empty one where it has none.

    The names of those whose live build is of another version than the code's: they go on being
    read, and wait for `karguzar rebuild`.
    """
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        live = live_builds(conn)
        for model in models:
            if model.name not in live:
                go_live(conn, model, begin_build(conn, model, indexed=True))
        rows = conn.cursor(row_factory=tuple_row).execute(
            "SELECT name, version FROM karguzar.read_model_builds WHERE stage = 'live'"
        )
        versions: dict[str, int] = dict(rows.fetchall())
        return [model.name for model in models if versions[model.name] != model.version]
