"""The analysts' views: what they say of themselves, what they leave out, and how they last."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from psycopg import Connection
from psycopg.errors import UndefinedTable

from domain.small_counts import SMALLEST_TOLD, hidden, total_told
from infra.analysts import enter_purpose
from infra.keys import PersonKey
from infra.pseudonyms import Pseudonyms
from projections import READ_MODELS
from projections.analytics import VIEWS, View, ViewName, keep_analytics
from projections.builds import begin_build, drop_unused, ensure_builds, go_live
from projections.readmodel import ReadModel
from projections.rebuild import rebuild
from tests.desks import migrated_database, new_desk
from tests.domain.spec import BAKU
from tests.projections.logs import (
    append,
    bound,
    interleaved,
    reader_of,
    run_out,
    runner_for,
    tracking_in,
)

PERSONAL = {
    "subject",
    "search",
    "number",
    "workers",
    "executors",
    "controller",
    "official",
    "author",
    "signatory",
    "decided_by",
    "person_id",
    "card",
    "blocks",
    "memory",
    "region",
    "applicant",
    "social_category",
}
"""Columns of read models that no view may show; memory is only asked whether it is there."""
PSEUDONYMS = Pseudonyms.of(PersonKey(bytes(32)), "a study")


@pytest.fixture(scope="module")
def register(postgres: str) -> Iterator[str]:
    """Random cases of every kind, some of them confidential."""
    with migrated_database(postgres) as conninfo:
        desk = new_desk(conninfo)
        append(desk, interleaved(Random(45), cases=70, events=24))  # noqa: S311
        tracking = tracking_in(conninfo)
        run_out(runner_for(desk, conninfo, tracking, READ_MODELS))
        with psycopg.connect(conninfo, autocommit=True) as conn:
            conn.execute("SET ROLE karguzar_app")
            assert keep_analytics(conn, "Asia/Baku") == []
            enter_purpose(conn, "a study", PSEUDONYMS)
            yield conninfo
        tracking.datastore.close()
        desk.close()


@pytest.fixture
def conn(register: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(register, autocommit=True) as conn:
        conn.execute("SELECT set_config('karguzar.purpose', 'a study', false)")
        yield conn


@pytest.fixture
def empty(database: str) -> Iterator[Connection[Any]]:
    """All views over a register without a case."""
    with psycopg.connect(database, autocommit=True) as conn:
        ensure_builds(conn, READ_MODELS)
        assert keep_analytics(conn, "Asia/Baku") == []
        yield conn


def rows(conn: Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode()).fetchall()


def model(name: str) -> ReadModel:
    return next(each for each in READ_MODELS if each.name == name)


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(map(str, VIEWS)))
def test_the_database_describes_each_view_and_column_as_it_is(
    conn: Connection[Any], view: View
) -> None:
    described = rows(
        conn,
        "SELECT attname::text, format_type(atttypid, atttypmod), col_description(attrelid, attnum) "
        f"FROM pg_attribute WHERE attrelid = 'analytics.{view.name}'::regclass AND attnum > 0 "
        "ORDER BY attnum",
    )
    assert described == [(each.name, each.holds, each.says) for each in view.columns]
    ((comment,),) = rows(conn, f"SELECT obj_description('analytics.{view.name}'::regclass)")
    assert comment == view.says
    assert all(len(each.says) > 5 for each in view.columns)


def test_no_view_shows_a_column_that_tells_of_a_person(conn: Connection[Any]) -> None:
    shown = set(
        rows(
            conn,
            "SELECT view_name::text, column_name::text FROM information_schema.view_column_usage "
            "WHERE view_schema = 'analytics' AND table_schema = 'read_models'",
        )
    )
    assert len(shown) > 50
    assert {each for each in shown if each[1] in PERSONAL} == {("occurrences", "memory")}
    columns = {each.name for view in VIEWS.values() for each in view.columns}
    assert not columns & PERSONAL


def test_no_confidential_case_and_no_id_of_any_stands_in_a_view(conn: Connection[Any]) -> None:
    cases = rows(conn, "SELECT case_id, confidential FROM read_models.register")
    secret = {PSEUDONYMS.of_case(case) for case, confidential in cases if confidential}
    told = {PSEUDONYMS.of_case(case) for case, confidential in cases if not confidential}
    assert len(secret) > 3
    seen: set[str] = set()
    for name in VIEWS:
        text = str(rows(conn, f"SELECT * FROM analytics.{name}"))
        assert not [case for case, _ in cases if str(case) in text]
        assert not [pseudonym for pseudonym in secret if pseudonym in text]
        seen |= {pseudonym for pseudonym in told if pseudonym in text}
    assert seen == told


@pytest.mark.parametrize(
    ("view", "model"),
    [
        (ViewName.CASES, "register"),
        (ViewName.STAGES, "register_history"),
        (ViewName.OCCURRENCES, "occurrences"),
        (ViewName.ANSWERS, "answers"),
        (ViewName.DUE_DATES, "due_dates"),
        (ViewName.DUE_DATE_MOVES, "moves"),
        (ViewName.REPEAT_LINKS, "repeat_links"),
        (ViewName.BREACHES, "conformance"),
    ],
    ids=["cases", "stages", "occurrences", "answers", "due-dates", "moves", "links", "breaches"],
)
def test_a_view_has_a_row_for_each_row_of_its_read_model_that_may_be_told(
    conn: Connection[Any], view: ViewName, model: str
) -> None:
    more = {
        "occurrences": "AND memory IS NULL AND NOT m.confidential",
        "answers": "AND position > 0 AND until_position IS NULL AND NOT m.confidential",
        "register_history": "AND NOT m.confidential",
        "conformance": "AND rule <> 'standing'",
        "repeat_links": "AND earlier NOT IN (SELECT case_id FROM read_models.register "
        "WHERE confidential)",
    }.get(model, "")
    ((expected,),) = rows(
        conn,
        f"SELECT count(*) FROM read_models.{model} AS m WHERE case_id IN ("
        f"SELECT case_id FROM read_models.register WHERE NOT confidential) {more}",
    )
    ((found,),) = rows(conn, f"SELECT count(*) FROM analytics.{view}")
    assert found == expected
    assert found or model in {"moves", "repeat_links"}


def test_a_clock_does_not_name_what_it_is_of(conn: Connection[Any]) -> None:
    assert rows(conn, "SELECT clock FROM read_models.due_dates WHERE clock LIKE '%:%' LIMIT 1")
    assert not rows(conn, "SELECT clock FROM analytics.due_dates WHERE clock LIKE '%:%'")


def test_views_last_through_a_rebuild_of_everything_under_them(register: str) -> None:
    desk = new_desk(register)
    tracking = tracking_in(register)
    with psycopg.connect(register, autocommit=True) as conn:
        conn.execute("SELECT set_config('karguzar.purpose', 'a study', false)")
        before = {name: told_by(conn, name) for name in VIEWS if name is not ViewName.POSITIONS}
        rebuild(conn, reader_of(desk), tracking, bound(desk, READ_MODELS))
        assert {name: told_by(conn, name) for name in before} == before
    tracking.datastore.close()
    desk.close()


def told_by(conn: Connection[Any], name: ViewName) -> list[tuple[Any, ...]]:
    return rows(conn, f"SELECT * FROM analytics.{name} AS row ORDER BY row::text")


def with_columns_moved(model: ReadModel, *, without: str = "") -> ReadModel:
    """The next version of it, whose view PostgreSQL can't replace: the first column is new."""
    table = model.table.replace("(\n", "(\n    another text,\n", 1)
    lines = [line for line in table.splitlines() if not line.startswith(f"    {without} ")]
    return replace(model, version=model.version + 1, table="\n".join(lines), indexes="")


def goes_live(conn: Connection[Any], model: ReadModel) -> None:
    with conn.transaction():
        go_live(conn, model, begin_build(conn, model, indexed=True))
    drop_unused(conn, model)


def may_read(conn: Connection[Any], name: ViewName) -> bool:
    return bool(
        rows(conn, f"SELECT has_table_privilege('karguzar_analyst', 'analytics.{name}', 'SELECT')")[
            0
        ][0]
    )


def test_views_are_made_again_where_a_new_version_of_a_read_model_moves_its_columns(
    empty: Connection[Any],
) -> None:
    goes_live(empty, with_columns_moved(model("moves")))
    for name, view in VIEWS.items():
        assert rows(empty, f"SELECT * FROM analytics.{name}") is not None
        assert may_read(empty, name)
        ((comment,),) = rows(empty, f"SELECT obj_description('analytics.{name}'::regclass)")
        assert comment == view.says


def test_a_view_that_a_build_can_not_serve_waits_and_the_others_stand(
    empty: Connection[Any],
) -> None:
    goes_live(empty, with_columns_moved(model("moves"), without="was"))
    assert keep_analytics(empty, "Asia/Baku") == ["due_date_moves"]
    with pytest.raises(UndefinedTable):
        rows(empty, "SELECT * FROM analytics.due_date_moves")
    assert rows(empty, "SELECT * FROM analytics.cases") == []
    goes_live(empty, model("moves"))
    assert rows(empty, "SELECT * FROM analytics.due_date_moves") == []
    assert keep_analytics(empty, "Asia/Baku") == []


def test_a_view_that_is_in_the_list_no_more_goes_and_one_that_changed_is_made_again(
    empty: Connection[Any],
) -> None:
    empty.execute("CREATE VIEW analytics.former AS SELECT 1 AS one")
    empty.execute("INSERT INTO karguzar.analytics_views VALUES ('former', '')")
    empty.execute("DROP VIEW analytics.units")
    empty.execute("CREATE VIEW analytics.units AS SELECT 1 AS other")
    empty.execute("UPDATE karguzar.analytics_views SET digest = '' WHERE name = 'units'")
    empty.execute("ALTER VIEW analytics.units OWNER TO karguzar_app")
    keep_analytics(empty, "Asia/Baku")
    columns = rows(
        empty,
        "SELECT table_name::text, count(*) FROM information_schema.columns "
        "WHERE table_schema = 'analytics' GROUP BY table_name ORDER BY table_name",
    )
    assert columns == sorted((str(view.name), len(view.columns)) for view in VIEWS.values())


COUNTED = st.dictionaries(
    st.sampled_from(["baku", "ganja", "quba", "shaki", "sumqayit"]), st.integers(1, 12), min_size=1
)


@given(COUNTED)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_hide_what_is_small_and_what_would_give_it_away(
    conn: Connection[Any], counted: Mapping[str, int]
) -> None:
    total = sum(counted.values())
    cells = [("", "", total), *(("region", value, n) for value, n in counted.items())]
    with conn.transaction(force_rollback=True):
        conn.cursor().executemany(
            "INSERT INTO read_models.occurrence_sums (unit, occurrence, dimension, grain, "
            "starts_on, kind, value, confidential, n, amount) VALUES ('', 'received', %s, "
            "'month', '2001-03-01', 'appeal', %s, false, %s, %s)",
            [(dimension, value, n, 2 * n) for dimension, value, n in cells],
        )
        found = rows(
            conn,
            "SELECT dimension, value, n, amount FROM analytics.counts WHERE month = '2001-03-01'",
        )
    told = {value: n for dimension, value, n, _ in found if dimension == "region"}
    unseen = hidden({(value,): n for value, n in counted.items()})
    assert told == {value: None if (value,) in unseen else n for value, n in counted.items()}
    assert all(amount == (n and 2 * n) for *_, n, amount in found)
    ((sum_told,),) = [(n,) for dimension, _, n, _ in found if dimension == "total"]
    assert sum_told == (total if total >= SMALLEST_TOLD else None)
    if sum_told is not None and unseen:
        differenced = sum_told - sum(n for n in told.values() if n is not None)
        assert len(unseen) > 1 or not total_told({(v,): n for v, n in counted.items()})
        assert differenced >= SMALLEST_TOLD


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("grain", "day"),
        ("unit", "pensions"),
        ("confidential", True),
        ("dimension", "official"),
        ("occurrence", "standing"),
        ("starts_on", datetime.now(BAKU).date().replace(day=1)),
    ],
    ids=["of-a-day", "of-a-unit", "confidential", "by-official", "standing", "of-this-month"],
)
def test_counts_are_of_the_whole_department_and_of_months_that_are_over(
    conn: Connection[Any], changed: str, value: Any
) -> None:
    cell = {
        "unit": "",
        "occurrence": "received",
        "dimension": "region",
        "grain": "month",
        "starts_on": date(2001, 4, 1),
        "kind": "test",
        "value": "baku",
        "confidential": False,
        "n": 50,
        "amount": 50,
    }
    names = ", ".join(cell)
    places = ", ".join(f"%({name})s" for name in cell)
    insert = f"INSERT INTO read_models.occurrence_sums ({names}) VALUES ({places})".encode()
    counted = "SELECT n FROM analytics.counts WHERE kind = 'test'"
    with conn.transaction(force_rollback=True):
        conn.execute(insert, cell | {changed: value})
        assert rows(conn, counted) == []
        conn.execute(insert, cell)
        assert rows(conn, counted) == [(50,)]


def test_positions_are_those_of_the_live_builds(conn: Connection[Any]) -> None:
    found = dict(rows(conn, "SELECT read_model, position FROM analytics.positions"))
    ((head,),) = rows(conn, "SELECT position FROM karguzar.log_head")
    assert found == {each.name: head for each in READ_MODELS}
