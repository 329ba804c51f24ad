"""An answer waits for its record, and a record that can't be written is an answer that isn't."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from domain.access_record import AccessRecord, Action
from domain.case import Actor
from infra.access_records import AccessLog, write_access

CASES = (UUID(int=1), UUID(int=2))


def seen(position: int, **changes: Any) -> AccessRecord:
    given: dict[str, Any] = {
        "by": Actor(official="aliyev", unit="records", client="desk"),
        "roles": frozenset({"registrar", "executor"}),
        "action": Action.LIST_READ,
        "operation": "cases.list",
        "position": position,
        **changes,
    }
    return AccessRecord(**given)


def rows(database: str) -> list[dict[str, Any]]:
    with psycopg.connect(database, row_factory=dict_row) as conn:
        return conn.execute("SELECT * FROM karguzar.accesses ORDER BY id").fetchall()


def test_a_record_is_stored_with_all_it_says(database: str) -> None:
    whole = seen(
        7,
        by=Actor(official="aliyev", unit="records", client="desk", on_behalf_of="director"),
        cases=CASES,
        thread=UUID(int=3),
        person=UUID(int=4),
        problem="forbidden",
        reason="audit",
        query={"open": True, "unit": "pensions"},
    )
    with psycopg.connect(database) as conn:
        write_access(conn, whole)
        write_access(conn, seen(8))
    first, second = rows(database)
    assert {name: first[name] for name in first if name not in ("id", "at")} == {
        "official": "aliyev",
        "on_behalf_of": "director",
        "unit": "records",
        "client": "desk",
        "roles": ["executor", "registrar"],
        "action": "list-read",
        "operation": "cases.list",
        "cases": list(CASES),
        "thread": UUID(int=3),
        "person": UUID(int=4),
        "problem": "forbidden",
        "reason": "audit",
        "query": {"open": True, "unit": "pensions"},
        "position": 7,
    }
    assert (second["cases"], second["query"], second["thread"]) == ([], None, None)
    assert (first["id"], first["at"]) < (second["id"], second["at"])


def test_those_that_wait_at_the_same_time_are_all_written_once(database: str) -> None:
    async def write() -> None:
        log = AccessLog(database)
        await asyncio.gather(*(log.write(seen(n)) for n in range(1_200)))
        await log.close()

    asyncio.run(write())
    assert [row["position"] for row in rows(database)] == list(range(1_200))


def test_a_lost_connection_is_made_again_and_nothing_is_lost(database: str) -> None:
    async def write() -> None:
        log = AccessLog(database)
        await log.write(seen(1))
        with psycopg.connect(database, autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.gather(log.write(seen(2)), log.write(seen(3)))
        await log.close()

    asyncio.run(write())
    assert set(Counter(row["position"] for row in rows(database))) == {1, 2, 3}


def test_whoever_waits_is_told_when_it_can_not_be_written(database: str) -> None:
    async def write() -> list[Any]:
        log = AccessLog(database)
        failed = list(
            await asyncio.gather(log.write(seen(1)), log.write(seen(2)), return_exceptions=True)
        )
        with psycopg.connect(database, autocommit=True) as conn:
            conn.execute("GRANT INSERT ON karguzar.accesses TO karguzar_app")
        await log.write(seen(3))
        await log.close()
        return failed

    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("REVOKE INSERT ON karguzar.accesses FROM karguzar_app")
    for failure in asyncio.run(write()):
        assert isinstance(failure, psycopg.errors.InsufficientPrivilege)
    assert [row["position"] for row in rows(database)] == [3]


def test_the_index_on_cases_finds_what_waits_to_be_sorted_in_and_what_was(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        write_access(conn, seen(1, cases=CASES))
        conn.execute("SET enable_seqscan = off")
        query = "SELECT position FROM karguzar.accesses WHERE cases @> ARRAY[%s]"
        plan = conn.execute(f"EXPLAIN {query}", (CASES[1],)).fetchall()
        assert any("accesses_of_case" in line for (line,) in plan)
        assert conn.execute(query, (CASES[1],)).fetchall() == [(1,)]
        assert conn.execute("SELECT karguzar.tidy_accesses()").fetchone() != (0,)
        assert conn.execute("SELECT karguzar.tidy_accesses()").fetchone() == (0,)
        assert conn.execute(query, (CASES[1],)).fetchall() == [(1,)]


@pytest.mark.parametrize("column", ["official", "cases", "at"])
def test_the_running_application_can_not_rewrite_a_record(database: str, column: str) -> None:
    with psycopg.connect(database) as conn:
        write_access(conn, seen(1))
        conn.execute("SET ROLE karguzar_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"UPDATE karguzar.accesses SET {column} = {column}".encode())
