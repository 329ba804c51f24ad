"""What a superuser does to the log, and what `karguzar verify` says to it: tests/attacks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from application.desk import Desk
from infra.notes import Checkpoint, Signer
from tests.attacks import Attack
from tests.attacks.on_the_log import ATTACKS, Ground
from tests.infra.proofs import ORIGIN, Proven, proven, record


@pytest.fixture
def ground(database: str, desk: Desk, tmp_path: Path) -> Iterator[Ground]:
    """Twelve events, hashed and signed."""
    with proven(database, tmp_path / "outside") as register:
        record(desk, 6)
        register.hash_and_sign()
        yield Ground(register, desk)


@pytest.fixture
def register(ground: Ground) -> Proven:
    """Twenty events: hashed and signed after twelve of them, and after all."""
    record(ground.desk, 4)
    ground.register.hash_and_sign()
    return ground.register


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_was_done_to_the_log_is_named(ground: Ground, attack: Attack) -> None:
    attack.before(ground)
    record(ground.desk, 4)
    ground.register.hash_and_sign()
    attack.act(ground)
    verdict = ground.register.verify(outside=attack.outside)
    assert verdict.result == attack.result
    if attack.finds is None:
        assert verdict.findings == []
        return
    found = verdict.findings[0]
    assert found.kind == attack.finds
    assert attack.position in (None, found.position)
    assert attack.says in found.sentence


def test_an_untouched_log_is_sound(register: Proven) -> None:
    verdict = register.verify()
    assert (verdict.result, verdict.status, verdict.findings) == ("sound", 0, [])
    assert (verdict.events, verdict.hashed, verdict.proved) == (20, 20, 20)


def test_an_empty_log_without_checkpoints_could_not_be_checked(
    database: str, tmp_path: Path
) -> None:
    with proven(database, tmp_path) as empty:
        empty.hash_and_sign()
        verdict = empty.verify()
    assert (verdict.status, verdict.findings) == (2, [])


def test_events_behind_the_newest_checkpoint_are_told_apart(register: Proven, desk: Desk) -> None:
    record(desk, 1)
    verdict = register.verify()
    assert (verdict.status, verdict.events, verdict.hashed, verdict.proved) == (0, 22, 20, 20)


def test_without_a_checkpoint_outside_it_is_said(register: Proven) -> None:
    verdict = register.verify(outside=False)
    assert (verdict.result, verdict.status) == ("could-not-check", 2)
    assert "No good checkpoint outside the database" in verdict.unchecked[0]


def test_without_the_key_nothing_signed_could_be_checked(register: Proven) -> None:
    verdict = register.verify(key=False)
    assert verdict.status == 2
    assert "No verifier key" in verdict.unchecked[0]


def test_a_checkpoint_of_this_log_by_an_unknown_key_could_not_be_checked(
    register: Proven,
) -> None:
    older = Signer(ORIGIN, Ed25519PrivateKey.generate())
    (register.directory / "older.note").write_text(older.sign(Checkpoint(ORIGIN, 5, bytes(32))))
    verdict = register.verify()
    assert (verdict.status, verdict.proved) == (2, 20)
    assert "1 checkpoints of this log are signed by a key not known" in verdict.unchecked[0]


def test_a_checkpoint_of_another_log_is_passed_over(register: Proven) -> None:
    other = Signer("other.example", Ed25519PrivateKey.generate())
    note = other.sign(Checkpoint("other.example", 5, bytes(32)))
    (register.directory / "other.note").write_text(note)
    assert register.verify().status == 0
