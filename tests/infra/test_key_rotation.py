from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection

from api.documents import Documents
from application.desk import Desk
from infra import locks
from infra.key_rotation import KeysLeft, RotationUnderWay, rotate
from infra.keys import KeyRing, WrongMasterKey
from infra.master_key import MasterKeyChanging, RegisterRuns, require_master_key, verify_master_key
from tests.desks import MASTER_KEY, new_desk, recorded_by
from tests.orders import RASHAD, register_appeal

NEW_KEY = bytes(range(1, 33))
PEOPLE = 2_500


@pytest.fixture
def conn(database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as conn:
        require_master_key(conn, MASTER_KEY)
        yield conn


def wrapped(conn: Connection[Any]) -> dict[UUID, bytes]:
    return dict(conn.execute("SELECT owner, wrapped FROM karguzar.person_keys").fetchall())


def people(conn: Connection[Any]) -> None:
    ring = KeyRing(MASTER_KEY)
    rows = [(UUID(int=n), ring.make(UUID(int=n))[1]) for n in range(PEOPLE)]
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO karguzar.person_keys (owner, wrapped) VALUES (%s, %s)", rows
        )


def under(conn: Connection[Any], key: bytes) -> int:
    return sum(map(KeyRing(key).is_under_master, wrapped(conn).values()))


def test_afterwards_only_the_new_key_opens_what_the_old_one_sealed(
    desk: Desk, database: str, conn: Connection[Any]
) -> None:
    desk.execute(register_appeal())
    before = conn.execute("SELECT state FROM karguzar.register_events").fetchall()
    assert rotate(conn, NEW_KEY, MASTER_KEY) == len(wrapped(conn)) > 0

    assert conn.execute("SELECT state FROM karguzar.register_events").fetchall() == before
    with pytest.raises(WrongMasterKey):
        verify_master_key(conn, MASTER_KEY)
    with pytest.raises(WrongMasterKey):
        recorded_by(desk)
    require_master_key(conn, NEW_KEY)
    later = new_desk(database)
    later.keys = KeyRing(NEW_KEY)
    assert str(RASHAD.surname) in str(recorded_by(later))
    later.close()


def test_what_a_kill_interrupted_goes_on_and_is_harmless_to_run_again(
    conn: Connection[Any],
) -> None:
    people(conn)

    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:
        if done >= total // 2:
            raise Killed

    with pytest.raises(Killed):
        rotate(conn, NEW_KEY, MASTER_KEY, progress=kill)
    left = under(conn, MASTER_KEY)
    assert 0 < left < PEOPLE
    for key in (MASTER_KEY, NEW_KEY):
        with pytest.raises(MasterKeyChanging):
            require_master_key(conn, key)
    require_master_key(conn, NEW_KEY, MASTER_KEY)
    assert len(KeyRing(NEW_KEY, MASTER_KEY).unwrap(wrapped(conn).items())) == PEOPLE

    assert rotate(conn, NEW_KEY, MASTER_KEY) == left
    assert under(conn, NEW_KEY) == PEOPLE
    after = wrapped(conn)
    assert rotate(conn, NEW_KEY, MASTER_KEY) == 0
    assert wrapped(conn) == after
    verify_master_key(conn, NEW_KEY)


@pytest.mark.parametrize("lock", locks.RUNNERS, ids=["near", "later"])
def test_a_register_that_runs_with_the_old_key_alone_stops_the_change(
    database: str, conn: Connection[Any], lock: int
) -> None:
    people(conn)
    with psycopg.connect(database, autocommit=True) as runner:
        assert locks.take(runner, lock)
        for attempt in (rotate, require_master_key):
            with pytest.raises(RegisterRuns, match="PREVIOUS_FILE"):
                attempt(conn, NEW_KEY, MASTER_KEY)
        assert under(conn, MASTER_KEY) == PEOPLE
        verify_master_key(conn, MASTER_KEY)


def test_a_register_that_runs_with_both_keys_goes_on_through_the_change(
    desk: Desk, database: str, conn: Connection[Any]
) -> None:
    desk.execute(register_appeal())
    with psycopg.connect(database, autocommit=True) as runner:
        runner.execute("SET ROLE karguzar_app")
        require_master_key(runner, NEW_KEY, MASTER_KEY)
        assert locks.take(runner, locks.RUNNER)
        desk.keys = KeyRing(NEW_KEY, MASTER_KEY)
        desk.execute(register_appeal())
        rotate(conn, NEW_KEY, MASTER_KEY)
        desk.execute(register_appeal())
    assert len([r for r in recorded_by(desk) if str(RASHAD.surname) in str(r.event)]) == 3
    assert under(conn, NEW_KEY) == len(wrapped(conn))


def test_a_wrong_old_key_changes_nothing(conn: Connection[Any]) -> None:
    people(conn)
    before = wrapped(conn)
    with pytest.raises(WrongMasterKey):
        rotate(conn, NEW_KEY, bytes(32))
    assert wrapped(conn) == before
    verify_master_key(conn, MASTER_KEY)


def test_one_change_at_a_time(database: str, conn: Connection[Any]) -> None:
    with psycopg.connect(database, autocommit=True) as other:
        assert locks.take(other, locks.ROTATION)
        with pytest.raises(RotationUnderWay):
            rotate(conn, NEW_KEY, MASTER_KEY)


def test_once_a_key_takes_over_nobody_enters_one_under_the_old(
    desk: Desk, conn: Connection[Any]
) -> None:
    """Workers and imports hold no lock, and may have begun before."""
    desk.execute(register_appeal())
    before = wrapped(conn)
    require_master_key(conn, NEW_KEY, MASTER_KEY)
    for _ in ("while the key changes", "afterwards"):
        with pytest.raises(WrongMasterKey):
            desk.execute(register_appeal())
        with pytest.raises(WrongMasterKey):
            store(desk)
        assert wrapped(conn).keys() == before.keys()
        rotate(conn, NEW_KEY, MASTER_KEY)
    assert under(conn, NEW_KEY) == len(before)
    desk.keys = KeyRing(NEW_KEY)
    store(desk)
    assert under(conn, NEW_KEY) == len(before) + 1


def store(desk: Desk) -> None:
    content = b"%PDF-1.4"
    Documents(desk).store(uuid4(), uuid4(), sha256(content).hexdigest(), "application/pdf", content)


def test_a_key_that_is_being_entered_holds_the_change_back(
    database: str, conn: Connection[Any]
) -> None:
    owner = uuid4()
    with psycopg.connect(database) as slow, ThreadPoolExecutor(1) as pool:
        slow.execute("SET ROLE karguzar_app")
        with slow.cursor() as cursor:
            KeyRing(MASTER_KEY).read_or_make(cursor, owner)
        rotation = pool.submit(rotate, conn, NEW_KEY, MASTER_KEY)
        with psycopg.connect(database, autocommit=True) as other:
            while not other.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                assert not rotation.done()
        slow.commit()
        assert rotation.result() == 1
    assert under(conn, NEW_KEY) == 1


def test_the_new_key_is_not_in_force_while_one_is_left_under_the_old(
    conn: Connection[Any],
) -> None:
    people(conn)
    late = UUID(int=0)
    kept = wrapped(conn)[late]

    def restore(done: int, total: int) -> None:
        if done == total:
            conn.execute(
                "UPDATE karguzar.person_keys SET wrapped = %s WHERE owner = %s", (kept, late)
            )

    with pytest.raises(KeysLeft, match="once more"):
        rotate(conn, NEW_KEY, MASTER_KEY, progress=restore)
    with pytest.raises(MasterKeyChanging):
        verify_master_key(conn, NEW_KEY)
    assert rotate(conn, NEW_KEY, MASTER_KEY) == 1
    verify_master_key(conn, NEW_KEY)


def test_a_register_older_than_the_check_is_rotated_as_well(desk: Desk, database: str) -> None:
    desk.execute(register_appeal())
    with psycopg.connect(database, autocommit=True) as conn:
        assert rotate(conn, NEW_KEY, MASTER_KEY) == len(wrapped(conn)) > 0
        verify_master_key(conn, NEW_KEY)
        with pytest.raises(WrongMasterKey):
            verify_master_key(conn, MASTER_KEY)
