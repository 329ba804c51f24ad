"""Rows written with COPY straight over libpq: all of them or none, and the connection goes on."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from infra.copying import copy_rows

STATEMENT = b"COPY copied (number, word) FROM STDIN (FORMAT BINARY)"
TYPES = ("int8", "text")


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("CREATE TEMPORARY TABLE copied (number bigint PRIMARY KEY, word text)")
        yield conn


def kept(conn: psycopg.Connection) -> list[tuple[int, str]]:
    return conn.execute("SELECT number, word FROM copied ORDER BY number").fetchall()


def test_rows_are_written_and_counted(conn: psycopg.Connection) -> None:
    assert copy_rows(conn, STATEMENT, TYPES, [(1, "bir"), (2, None)]) == 2
    assert copy_rows(conn, STATEMENT, TYPES, []) == 0
    assert kept(conn) == [(1, "bir"), (2, None)]


def test_more_than_libpq_takes_at_once_is_written_whole(conn: psycopg.Connection) -> None:
    rows = [(number, "ə" * 200_000) for number in range(20)]
    assert copy_rows(conn, STATEMENT, TYPES, rows) == 20
    assert kept(conn) == rows


def test_rows_that_the_table_refuses_are_not_written_at_all(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        copy_rows(conn, STATEMENT, TYPES, [(1, "bir"), (1, "yenə")])
    assert kept(conn) == []


def test_a_table_that_is_not_there_is_said_to_be_missing(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        copy_rows(conn, b"COPY gone (a) FROM STDIN (FORMAT BINARY)", ("int8",), [(1,)])
    assert kept(conn) == []


def test_rows_that_cannot_be_made_end_the_copy_with_their_own_error(
    conn: psycopg.Connection,
) -> None:
    def rows() -> Iterator[tuple[int, str]]:
        yield (1, "bir")
        raise LookupError

    with pytest.raises(LookupError):
        copy_rows(conn, STATEMENT, TYPES, rows())
    assert kept(conn) == []


def test_a_lost_connection_is_told_as_such(conn: psycopg.Connection, database: str) -> None:
    def rows() -> Iterator[tuple[int, str]]:
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (conn.info.backend_pid,))
        yield (1, "bir")

    with pytest.raises(psycopg.OperationalError):
        copy_rows(conn, STATEMENT, TYPES, rows())
    with pytest.raises(psycopg.OperationalError):
        copy_rows(conn, STATEMENT, TYPES, [(1, "bir")])


def test_other_threads_go_on_while_rows_wait_for_a_lock(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn, psycopg.connect(database) as other:
        conn.execute("CREATE TABLE awaited (number bigint PRIMARY KEY, word text)")
        other.execute("INSERT INTO awaited VALUES (1, 'iki')")
        later = threading.Timer(0.2, other.rollback)
        later.start()
        statement = b"COPY awaited (number, word) FROM STDIN (FORMAT BINARY)"
        assert copy_rows(conn, statement, TYPES, [(1, "bir")]) == 1
        later.join()
        assert conn.execute("SELECT word FROM awaited").fetchall() == [("bir",)]
