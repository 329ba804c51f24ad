from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.errors import InsufficientPrivilege

from application.desk import Desk
from application.orders import Receipt
from domain.applicant import Collective, Individual
from domain.case import CaseKind, Person
from domain.record import AddNote
from infra.blinding import LINKAGE, Blinding, CardNotOurs, IdKeptForRegister, blinding_of
from infra.destruction import has_key
from infra.key_rotation import rotate
from infra.keys import KeyRing, PersonKey
from infra.master_key import require_master_key
from tests.desks import MASTER_KEY, recorded_by
from tests.orders import RASHAD, REGISTRAR, order, register_appeal

OURS = Blinding(PersonKey(bytes(32)))
ANOTHER = Blinding(PersonKey(bytes(31) + b"1"))
ROW, OTHER_ROW = UUID(int=1).bytes, UUID(int=2).bytes
NEXT_MASTER_KEY = bytes(reversed(range(32)))


@given(st.text(), st.text())
@settings(max_examples=50)
def test_equal_keys_have_one_token_and_others_another(one: str, other: str) -> None:
    assert OURS.token(one) == OURS.token(one)
    assert (OURS.token(one) == OURS.token(other)) == (one == other)
    assert OURS.token(one) != ANOTHER.token(one)
    assert -(2**63) <= OURS.token(one) < 2**63


@given(st.binary())
@settings(max_examples=50)
def test_a_card_is_sealed_alike_each_time_and_opened_in_its_place_only(plain: bytes) -> None:
    sealed = OURS.seal(plain, ROW)
    assert sealed == OURS.seal(plain, ROW)
    assert sealed != OURS.seal(plain, OTHER_ROW)
    assert OURS.open(sealed, ROW) == plain
    for blinding, place in ((OURS, OTHER_ROW), (ANOTHER, ROW)):
        with pytest.raises(CardNotOurs):
            blinding.open(sealed, place)
    with pytest.raises(CardNotOurs):
        OURS.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), ROW)


def test_a_change_of_the_master_key_leaves_tokens_and_seals_as_they_are(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        require_master_key(conn, MASTER_KEY)
        before = blinding_of(conn.cursor(), KeyRing(MASTER_KEY))
        (wrapped,) = _wrapped(conn)
        rotate(conn, NEXT_MASTER_KEY, MASTER_KEY)
        after = blinding_of(conn.cursor(), KeyRing(NEXT_MASTER_KEY))
        assert _wrapped(conn) != (wrapped,)
    assert after.token("gs:ali|mamad") == before.token("gs:ali|mamad")
    assert after.open(before.seal(b"card", ROW), ROW) == b"card"


def test_whoever_asks_first_makes_the_secret_and_all_get_the_same(database: str) -> None:
    keys = KeyRing(MASTER_KEY)
    with psycopg.connect(database, autocommit=True) as conn:
        made, found = (blinding_of(conn.cursor(), keys) for _ in range(2))
    assert made.token("ph:501234567") == found.token("ph:501234567")


def test_nobody_deletes_the_secret_and_no_erasure_finds_it(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        blinding_of(conn.cursor(), KeyRing(MASTER_KEY))
        assert not has_key(conn, LINKAGE)
        with pytest.raises(InsufficientPrivilege):
            conn.execute("DELETE FROM karguzar.person_keys WHERE owner = %s", (LINKAGE,))
        assert _wrapped(conn)


@pytest.mark.parametrize("part", ["applicant", "signatory", "note"])
def test_nobody_is_entered_under_the_id_of_the_register(
    desk: Desk, database: str, part: str
) -> None:
    """What its secret sealed could never be erased."""
    with psycopg.connect(database, autocommit=True) as conn:
        blinding_of(conn.cursor(), KeyRing(MASTER_KEY))
        secret = _wrapped(conn)
    case, reserved = uuid4(), Person(id=LINKAGE, surname="Həsənov")
    applicants = {
        "applicant": Individual(person=Person(id=LINKAGE)),
        "signatory": Collective(signatories=(RASHAD, reserved)),
    }
    if part in applicants:
        wrong = register_appeal(case, applicant=applicants[part])
    else:
        about = AddNote(text="Qeyd", person_id=LINKAGE)
        wrong = order(CaseKind.APPEAL, case, about, REGISTRAR)
        desk.execute(register_appeal(case))
    before = desk.log.max_notification_id() or 0
    refused, taken = desk.execute_batch([wrong, register_appeal()])
    assert isinstance(refused, IdKeptForRegister)
    assert isinstance(taken, Receipt)
    assert [recorded.originator_id for recorded in recorded_by(desk)[before:]] == [taken.id]
    with psycopg.connect(database) as conn:
        assert _wrapped(conn) == secret


def _wrapped(conn: psycopg.Connection[tuple[bytes]]) -> tuple[bytes, ...]:
    query = "SELECT wrapped FROM karguzar.person_keys WHERE owner = %s"
    return tuple(wrapped for (wrapped,) in conn.execute(query, (LINKAGE,)))
