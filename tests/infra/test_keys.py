from uuid import uuid4

import psycopg
import pytest
from cryptography.exceptions import InvalidTag

from application.desk import Desk
from infra.keys import KeyRing, PersonKey, WrongMasterKey
from tests.desks import MASTER_KEY
from tests.orders import register_appeal

ONE, OTHER = PersonKey(bytes(32)), PersonKey(bytes([7]) * 32)
HERE, THERE = uuid4().bytes, uuid4().bytes


def test_what_a_key_seals_it_opens() -> None:
    sealed = ONE.seal("Rəşad".encode(), HERE)
    assert "Rəşad".encode() not in sealed
    assert ONE.open(sealed, HERE).decode() == "Rəşad"


def test_the_same_text_never_looks_the_same_sealed() -> None:
    assert len({ONE.seal(b"x", HERE) for _ in range(100)}) == 100


def test_a_key_knows_what_it_made() -> None:
    sealed = ONE.seal(b"x", HERE)
    assert ONE.made(sealed)
    assert not OTHER.made(sealed)


def test_another_key_another_place_or_a_changed_byte_open_nothing() -> None:
    sealed = ONE.seal(b"x", HERE)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, text, place in ((OTHER, sealed, HERE), (ONE, sealed, THERE), (ONE, changed, HERE)):
        with pytest.raises(InvalidTag):
            key.open(text, place)


class TestKeyRing:
    def test_reads_the_keys_it_has_made(self, database: str) -> None:
        ring, owner = KeyRing(MASTER_KEY), uuid4()
        key, wrapped = ring.make(owner)
        with psycopg.connect(database) as conn:
            conn.execute(
                "INSERT INTO karguzar.person_keys (owner, wrapped) VALUES (%s, %s)",
                (owner, wrapped),
            )
            read = ring.read(conn.cursor(), [owner, uuid4()])
        assert read.keys() == {owner}
        assert read[owner].open(key.seal(b"x", HERE), HERE) == b"x"

    def test_says_that_the_master_key_is_wrong(self, desk: Desk, database: str) -> None:
        desk.execute(register_appeal())
        with psycopg.connect(database) as conn:
            owners = [row[0] for row in conn.execute("SELECT owner FROM karguzar.person_keys")]
            assert owners
            with pytest.raises(WrongMasterKey):
                KeyRing(bytes(32)).read(conn.cursor(), owners)

    def test_does_not_take_the_key_of_somebody_else(self, database: str) -> None:
        ring, owner, other = KeyRing(MASTER_KEY), uuid4(), uuid4()
        with psycopg.connect(database) as conn:
            conn.execute(
                "INSERT INTO karguzar.person_keys (owner, wrapped) VALUES (%s, %s)",
                (owner, ring.make(other)[1]),
            )
            with pytest.raises(WrongMasterKey):
                ring.read(conn.cursor(), [owner])

    def test_asks_nothing_for_nobody(self, database: str) -> None:
        with psycopg.connect(database) as conn:
            assert KeyRing(MASTER_KEY).read(conn.cursor(), []) == {}


def test_the_application_can_neither_change_nor_erase_keys(desk: Desk) -> None:
    desk.execute(register_appeal())
    for attempt in (
        "UPDATE karguzar.person_keys SET wrapped = ''",
        "DELETE FROM karguzar.person_keys",
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            desk.log.datastore.transaction(commit=True) as cursor,
        ):
            cursor.execute(attempt.encode())
