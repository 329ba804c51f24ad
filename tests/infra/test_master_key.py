"""A wrong master key is noticed at once, not when the first old key is read."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psycopg
import pytest

from application.desk import Desk
from infra.keys import WrongMasterKey
from infra.master_key import require_master_key, verify_master_key
from tests.desks import MASTER_KEY
from tests.orders import register_appeal

OTHER_KEY = bytes([7]) * 32


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        yield conn


def checks(conn: psycopg.Connection) -> list[bytes]:
    return [row[0] for row in conn.execute("SELECT sealed FROM karguzar.master_key_check")]


def refusal(conninfo: str, key: bytes) -> str:
    """What the key is refused with, empty when it is taken; for a process of its own."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("SET ROLE karguzar_app")
        try:
            require_master_key(conn, key)
        except WrongMasterKey as wrong:
            return str(wrong)
    return ""


def test_the_first_key_given_is_the_registers_from_then_on(conn: psycopg.Connection) -> None:
    require_master_key(conn, MASTER_KEY)
    (sealed,) = checks(conn)
    require_master_key(conn, MASTER_KEY)
    assert checks(conn) == [sealed]


def test_another_key_is_refused_with_what_to_do(conn: psycopg.Connection) -> None:
    require_master_key(conn, MASTER_KEY)
    with pytest.raises(WrongMasterKey, match="KARGUZAR_MASTER_KEY_FILE"):
        require_master_key(conn, OTHER_KEY)


def test_a_register_older_than_the_check_refuses_another_key_and_keeps_nothing(
    desk: Desk, conn: psycopg.Connection
) -> None:
    desk.execute(register_appeal())
    with pytest.raises(WrongMasterKey):
        require_master_key(conn, OTHER_KEY)
    assert checks(conn) == []
    require_master_key(conn, MASTER_KEY)
    with pytest.raises(WrongMasterKey):
        require_master_key(conn, OTHER_KEY)


def test_to_verify_keeps_nothing(desk: Desk, conn: psycopg.Connection) -> None:
    verify_master_key(conn, OTHER_KEY)
    desk.execute(register_appeal())
    with pytest.raises(WrongMasterKey):
        verify_master_key(conn, OTHER_KEY)
    assert checks(conn) == []


@pytest.mark.parametrize("second", [MASTER_KEY, OTHER_KEY], ids=["same-key", "other-key"])
def test_of_two_processes_that_begin_at_once_one_gives_the_key(
    database: str, conn: psycopg.Connection, second: bytes
) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        told = list(pool.map(refusal, [database, database], [MASTER_KEY, second]))
    assert len(checks(conn)) == 1
    assert sum(not one for one in told) == (2 if second == MASTER_KEY else 1)


def test_of_two_with_different_keys_the_second_waits_for_the_first_and_is_refused(
    database: str, conn: psycopg.Connection
) -> None:
    with (
        psycopg.connect(database) as first,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        require_master_key(first, MASTER_KEY)
        second = pool.submit(refusal, database, OTHER_KEY)
        while not conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert not second.done()
        first.commit()
        assert second.result()


def test_the_application_can_neither_change_nor_erase_the_check(conn: psycopg.Connection) -> None:
    require_master_key(conn, MASTER_KEY)
    for attempt in (
        "UPDATE karguzar.master_key_check SET sealed = ''",
        "DELETE FROM karguzar.master_key_check",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(attempt.encode())
