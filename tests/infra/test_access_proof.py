"""Whoever edits the access records afterwards, with all rights, is found out."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from psycopg.errors import InsufficientPrivilege

from domain.access_record import AccessRecord, Action
from domain.case import Actor
from domain.merkle import leaf_hash
from domain.tiles import WIDTH
from infra import access_proof, log_proof
from infra.access_check import AccessVerdict, verify_accesses
from infra.access_proof import AccessCheckpoints, AccessTree, access_entries, origin_of
from infra.access_records import write_access
from infra.checkpoints import CheckpointDirectory, notes_under
from infra.eventstore import ROLE
from infra.log_check import verify_log
from infra.log_proof import LogDiffers, Outside
from infra.notes import Signer
from infra.tree import OF_ACCESSES, leaves_between, tree_size
from tests.infra.proofs import ORIGIN

RECORDS = 600
GUARDED = ("accesses", "access_tiles", "checkpoints")


class Watched(Struct, frozen=True):
    """Access records that are hashed and signed, step by step."""

    database: str
    directory: Path
    signer: Signer
    tree: AccessTree
    checkpoints: AccessCheckpoints

    def hash_and_sign(self) -> None:
        self.tree.grow()
        self.checkpoints.publish()

    def verify(self, *, outside: bool = True) -> AccessVerdict:
        notes = list(notes_under(self.directory)) if outside else []
        return verify_accesses(self.database, notes, [self.signer.verifier])

    def tree_after_a_restart(self) -> AccessTree:
        origin = origin_of(ORIGIN)
        kept = CheckpointDirectory(self.directory / "accesses")
        return AccessTree(self.database, Outside(origin, self.signer.named(origin), kept))


def record(database: str, count: int) -> None:
    with psycopg.connect(database) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        for n in range(count):
            write_access(conn, seen(n))


def seen(number: int) -> AccessRecord:
    return AccessRecord(
        by=Actor(official=f"official-{number % 7}", unit="records", client="desk"),
        roles=frozenset({"registrar"}),
        action=Action.LIST_READ,
        operation="cases.list",
        cases=tuple(UUID(int=number + n) for n in range(number % 3)),
        query={"open": True, "topic": "pensions"},
        position=number,
    )


@contextmanager
def watched(database: str, directory: Path) -> Iterator[Watched]:
    signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    origin, kept = origin_of(ORIGIN), CheckpointDirectory(directory / "accesses")
    outside = Outside(origin, signer.named(origin), kept)
    tree = AccessTree(database, outside)
    try:
        checkpoints = AccessCheckpoints(database, outside, [kept])
        yield Watched(database, directory, signer, tree, checkpoints)
    finally:
        tree.close()


@pytest.fixture
def accesses(database: str, tmp_path: Path) -> Iterator[Watched]:
    """Six hundred records, signed twice."""
    with watched(database, tmp_path / "outside") as accesses:
        for count in (RECORDS // 2, RECORDS // 2):
            record(database, count)
            accesses.hash_and_sign()
        yield accesses


def did(accesses: Watched, *statements: str) -> None:
    """What somebody does who may do everything, and takes the guards away meanwhile."""
    with psycopg.connect(accesses.database, autocommit=True) as conn:
        for table in GUARDED:
            conn.execute(f"ALTER TABLE karguzar.{table} DISABLE TRIGGER append_only".encode())
        for statement in statements:
            conn.execute(statement.encode())
        for table in GUARDED:
            conn.execute(f"ALTER TABLE karguzar.{table} ENABLE TRIGGER append_only".encode())


def test_what_is_as_it_was_signed_is_sound(accesses: Watched) -> None:
    verdict = accesses.verify()
    assert (verdict.result, verdict.findings, verdict.unchecked) == ("sound", [], [])
    assert (verdict.records, verdict.hashed, verdict.proved) == (RECORDS, RECORDS, RECORDS)
    record(accesses.database, 2)
    assert accesses.tree.grow() == 2
    with closing(accesses.tree_after_a_restart()) as tree:
        record(accesses.database, 3)
        assert tree.grow() == 3
    record(accesses.database, 1)
    verdict = accesses.verify()
    assert (verdict.status, verdict.records, verdict.hashed) == (0, RECORDS + 6, RECORDS + 5)
    assert verdict.proved == RECORDS


def test_a_leaf_covers_every_column(accesses: Watched) -> None:
    with psycopg.connect(accesses.database) as conn:
        columns = conn.execute(
            "SELECT count(*) FROM information_schema.columns "
            "WHERE table_schema = 'karguzar' AND table_name = 'accesses'"
        ).fetchone()
        entries = list(access_entries(conn, "ORDER BY id"))
        stored = leaves_between(conn, 0, RECORDS, OF_ACCESSES)
    assert stored == b"".join(map(leaf_hash, entries))
    assert columns == (int.from_bytes(entries[0][:2]),)


@pytest.mark.parametrize(
    "change",
    [
        "official = 'somebody-else'",
        "at = at - interval '1 hour'",
        "cases = '{}'",
        "query = NULL",
        "problem = 'forbidden'",
        "on_behalf_of = 'minister'",
    ],
)
def test_an_edited_record_is_found(accesses: Watched, change: str) -> None:
    did(accesses, f"UPDATE karguzar.accesses SET {change} WHERE id = 299")
    for outside in (True, False):
        verdict = accesses.verify(outside=outside)
        assert verdict.status == 1
        assert (verdict.findings[0].kind, verdict.findings[0].position) == ("access-altered", 299)


def test_a_renumbered_record_is_found(accesses: Watched) -> None:
    did(
        accesses,
        "ALTER TABLE karguzar.accesses ALTER id SET GENERATED BY DEFAULT",
        "UPDATE karguzar.accesses SET id = 0 WHERE id = 299",
    )
    assert accesses.verify().findings[0].kind == "access-inserted"


def test_a_removed_record_is_found(accesses: Watched) -> None:
    did(accesses, "DELETE FROM karguzar.accesses WHERE id = 299")
    (found, *_) = accesses.verify().findings
    assert (found.kind, found.position) == ("access-removed", 300)


def test_an_inserted_record_is_found(accesses: Watched) -> None:
    did(
        accesses,
        "DELETE FROM karguzar.accesses WHERE id = 1",
        "INSERT INTO karguzar.accesses OVERRIDING SYSTEM VALUE SELECT 1, at, 'somebody', NULL, "
        "unit, client, roles, action, operation, cases FROM karguzar.accesses WHERE id = 2",
    )
    (found, *_) = accesses.verify().findings
    assert (found.kind, found.position) == ("access-altered", 1)
    did(
        accesses,
        "INSERT INTO karguzar.accesses OVERRIDING SYSTEM VALUE SELECT 0, at, 'somebody', NULL, "
        "unit, client, roles, action, operation, cases FROM karguzar.accesses WHERE id = 2",
    )
    assert accesses.verify().status == 1


def test_a_record_slipped_in_where_an_id_was_left_out_is_found(
    database: str, tmp_path: Path
) -> None:
    with watched(database, tmp_path) as accesses:
        record(database, 3)
        with psycopg.connect(database) as conn:
            write_access(conn, seen(1))
            conn.rollback()
        record(database, 3)
        accesses.hash_and_sign()
        assert accesses.verify().status == 0
        did(
            accesses,
            "INSERT INTO karguzar.accesses OVERRIDING SYSTEM VALUE SELECT 4, at, 'somebody', NULL, "
            "unit, client, roles, action, operation, cases FROM karguzar.accesses WHERE id = 2",
        )
        (found, *_) = accesses.verify().findings
    assert (found.kind, found.position) == ("access-inserted", 4)


@pytest.mark.parametrize("outside", [True, False])
def test_records_cut_off_at_the_end_are_missed(accesses: Watched, outside: bool) -> None:
    did(accesses, "DELETE FROM karguzar.accesses WHERE id > 500")
    assert accesses.verify(outside=outside).findings[0].kind == "accesses-cut-off"


def test_records_and_tree_made_anew_do_not_fit_the_checkpoint_outside(
    accesses: Watched, tmp_path: Path
) -> None:
    did(
        accesses,
        "UPDATE karguzar.accesses SET official = 'somebody-else' WHERE id = 299",
        "TRUNCATE karguzar.access_tiles",
        "DELETE FROM karguzar.checkpoints",
    )
    nowhere = Outside(origin_of(ORIGIN), None, CheckpointDirectory(tmp_path / "nowhere"))
    with closing(AccessTree(accesses.database, nowhere)) as tree:
        assert tree.grow() == RECORDS
    verdict = accesses.verify()
    assert verdict.status == 1
    assert "range-changed" in {found.kind for found in verdict.findings}
    assert accesses.verify(outside=False).status == 2


def test_an_edited_tree_is_told_from_edited_records(accesses: Watched) -> None:
    did(
        accesses,
        "UPDATE karguzar.access_tiles SET hashes = overlay(hashes PLACING '\\x00'::bytea FROM 9) "
        "WHERE level = 0 AND tile = 0 AND start = 0",
    )
    verdict = accesses.verify()
    assert [found.kind for found in verdict.findings] == ["tree-edited"]
    did(accesses, "TRUNCATE karguzar.access_tiles")
    assert accesses.verify().findings[0].kind == "tree-edited"


def test_the_tree_does_not_go_on_over_what_was_edited(accesses: Watched) -> None:
    did(accesses, f"UPDATE karguzar.accesses SET unit = 'x' WHERE id = {RECORDS}")
    record(accesses.database, 1)
    with pytest.raises(LogDiffers):
        accesses.tree.grow()
    with closing(accesses.tree_after_a_restart()) as tree, pytest.raises(LogDiffers):
        tree.grow()


def test_a_restart_reads_from_the_newest_record_back_and_not_all_of_them(
    accesses: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, looked_at, batch = 70, WIDTH, 32
    record(accesses.database, waiting)
    monkeypatch.setattr(log_proof, "_LOOKED_AT", looked_at)
    for module in (log_proof, access_proof):
        monkeypatch.setattr(module, "BATCH", batch)
    asked: list[str] = []
    entries_of = access_proof.access_entries

    def spied(conn: psycopg.Connection[Any], rest: str = "") -> Iterator[bytes]:
        asked.append(rest)
        return entries_of(conn, rest)

    monkeypatch.setattr(access_proof, "access_entries", spied)
    with closing(accesses.tree_after_a_restart()) as tree:
        assert tree.grow() == waiting
    assert not [rest for rest in asked if "OFFSET" in rest], "what is skipped is read as well"
    most = [int(rest.rpartition(" ")[2]) for rest in asked]
    assert sum(most) < waiting + 2 * batch + RECORDS - WIDTH + 3 * (batch + 1)
    accesses.checkpoints.publish()
    assert accesses.verify().status == 0


def test_the_checkpoints_of_one_tree_say_nothing_of_the_other(accesses: Watched) -> None:
    notes = list(notes_under(accesses.directory))
    assert len(notes) == 3
    verdict = verify_log(accesses.database, notes, [accesses.signer.verifier])
    assert (verdict.findings, verdict.checkpoints_outside) == ([], 0)
    assert verify_log(accesses.database, notes, []).findings == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE karguzar.accesses SET official = 'x'",
        "DELETE FROM karguzar.accesses",
        "TRUNCATE karguzar.accesses",
        "UPDATE karguzar.access_tiles SET hashes = hashes",
    ],
)
def test_the_application_can_not_change_a_record(database: str, statement: str) -> None:
    record(database, 1)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        with pytest.raises(InsufficientPrivilege):
            conn.execute(statement.encode())
    with (
        psycopg.connect(database, autocommit=True) as conn,
        pytest.raises(InsufficientPrivilege, match="append-only"),
    ):
        conn.execute("DELETE FROM karguzar.accesses")


def test_the_application_can_not_backdate_a_record(database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        with pytest.raises(InsufficientPrivilege):
            conn.execute(
                "INSERT INTO karguzar.accesses (at, official, unit, client, roles, action, "
                "operation) VALUES ('2020-01-01', 'x', 'x', 'x', '{}', 'x', 'x')"
            )


def test_no_record_appears_behind_one_that_was_seen(database: str) -> None:
    """The second waits until the first is committed, and then has the higher id and time."""
    with (
        psycopg.connect(database) as first,
        psycopg.connect(database) as second,
        psycopg.connect(database, autocommit=True) as reader,
    ):
        write_access(first, seen(1))
        second.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            write_access(second, seen(2))
        second.rollback()
        first.commit()
        write_access(second, seen(2))
        second.commit()
        rows: list[Any] = reader.execute(
            "SELECT position FROM karguzar.accesses ORDER BY at, id"
        ).fetchall()
        assert rows == [(1,), (2,)]
        assert tree_size(reader, OF_ACCESSES) == 0
