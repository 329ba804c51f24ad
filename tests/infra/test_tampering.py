"""What a superuser does to the log, and what `karguzar verify` says to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import Connection

from application.desk import Desk
from domain.merkle import HASH_BYTES, leaf_hash
from domain.tiles import Edge
from infra.leaves import entries
from infra.log_findings import Finding
from infra.notes import Checkpoint, Signer
from infra.tree import write_pieces
from tests.infra.proofs import ORIGIN, Proven, proven, record, superuser

Act = Callable[[Connection[Any]], object]
EVENTS = "karguzar.register_events"


@pytest.fixture
def register(database: str, desk: Desk, tmp_path: Path) -> Iterator[Proven]:
    """Twenty events: hashed and signed after twelve of them, and after all."""
    with proven(database, tmp_path / "outside") as register:
        record(desk, 6)
        register.hash_and_sign()
        record(desk, 4)
        register.hash_and_sign()
        yield register


def first(register: Proven, **how: bool) -> Finding:
    verdict = register.verify(**how)
    assert (verdict.result, verdict.status) == ("tampered", 1)
    return verdict.findings[0]


def did(register: Proven, *statements: str) -> None:
    with superuser(register.database) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def renumbered(condition: str, by: int) -> tuple[str, str]:
    """Statements that move the events to other positions; never two at one at a time."""
    away = f"UPDATE {EVENTS} SET notification_id = notification_id + 1000 WHERE {condition}"
    back = f"SET notification_id = notification_id - {1000 - by} WHERE notification_id > 1000"
    return away, f"UPDATE {EVENTS} {back}"


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


@pytest.mark.parametrize(
    "change",
    [
        "originator_id = gen_random_uuid()",
        "originator_version = 900",
        "topic = 'appeal-closed'",
        "state = state || '\\x20'::bytea",
        "state = overlay(state PLACING '\\x7b' FROM 5)",
        "topic = topic || chr(0 + 65), state = substring(state FROM 2)",
    ],
)
def test_an_edited_row_is_named(register: Proven, change: str) -> None:
    did(register, f"UPDATE {EVENTS} SET {change} WHERE notification_id = 7")
    found = first(register)
    assert (found.kind, found.position) == ("event-altered", 7)
    assert "A signed checkpoint bears the tree out" in found.sentence


def test_of_several_edited_rows_the_first_is_named(register: Proven) -> None:
    did(register, f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id IN (15, 9, 18)")
    assert first(register).position == 9


def test_a_deleted_row_is_named(register: Proven) -> None:
    did(register, f"DELETE FROM {EVENTS} WHERE notification_id = 5")
    found = first(register)
    assert (found.kind, found.position) == ("event-removed", 5)


def test_a_deleted_row_is_named_though_those_behind_it_moved_up(register: Proven) -> None:
    did(
        register,
        f"DELETE FROM {EVENTS} WHERE notification_id = 5",
        *renumbered("notification_id > 5", -1),
        "UPDATE karguzar.log_head SET position = 19",
    )
    found = first(register)
    assert (found.kind, found.position) == ("event-removed", 5)


@pytest.mark.parametrize("outside", [True, False])
def test_rows_cut_off_at_the_end_are_named(register: Proven, outside: bool) -> None:
    did(
        register,
        f"DELETE FROM {EVENTS} WHERE notification_id > 17",
        "DELETE FROM karguzar.commands WHERE position > 17",
        "UPDATE karguzar.log_head SET position = 17",
    )
    found = first(register, outside=outside)
    assert (found.kind, found.position) == ("events-cut-off", 18)


def test_rows_cut_off_are_missed_though_they_were_never_hashed(
    register: Proven, desk: Desk
) -> None:
    record(desk, 1)
    did(
        register,
        f"DELETE FROM {EVENTS} WHERE notification_id > 21",
        "UPDATE karguzar.log_head SET position = 21",
    )
    found = first(register)
    assert (found.kind, found.position) == ("events-cut-off", 22)


@pytest.mark.parametrize(("one", "other"), [(3, 11), (6, 7)])
def test_two_rows_that_swapped_places_are_named(register: Proven, one: int, other: int) -> None:
    did(
        register,
        f"UPDATE {EVENTS} SET notification_id = 1000 WHERE notification_id = {one}",
        f"UPDATE {EVENTS} SET notification_id = {one} WHERE notification_id = {other}",
        f"UPDATE {EVENTS} SET notification_id = {other} WHERE notification_id = 1000",
    )
    found = first(register)
    assert (found.kind, found.position) == ("events-reordered", one)
    assert f"what stood at position {other}" in found.sentence


FORGED = (
    f"INSERT INTO {EVENTS} SELECT gen_random_uuid(), 1, topic, state, {{position}} "
    f"FROM {EVENTS} WHERE notification_id = 1"
)


def test_a_row_inserted_among_the_others_is_named(register: Proven) -> None:
    did(
        register,
        *renumbered("notification_id >= 9", 1),
        FORGED.format(position=9),
        "UPDATE karguzar.log_head SET position = 21",
    )
    found = first(register)
    assert (found.kind, found.position) == ("event-inserted", 9)


def test_a_row_at_a_place_that_is_taken_is_named(register: Proven) -> None:
    did(
        register,
        "DROP INDEX karguzar.register_events_by_position",
        FORGED.format(position=9),
    )
    found = first(register)
    assert (found.kind, found.position) == ("event-inserted", 9)


@pytest.mark.parametrize("hashed", [True, False])
def test_an_event_forged_with_a_fresh_id_at_the_end_is_named(
    register: Proven, hashed: bool
) -> None:
    did(
        register,
        FORGED.format(position=21),
        "UPDATE karguzar.log_head SET position = 21",
    )
    if hashed:
        register.hash_and_sign()
    found = first(register)
    assert (found.kind, found.position) == ("event-forged", 21)


def test_an_event_whose_command_is_gone_is_named(register: Proven) -> None:
    did(register, "DELETE FROM karguzar.commands WHERE position = 14")
    found = first(register)
    assert (found.kind, found.position) == ("event-forged", 14)


def test_a_version_that_a_case_lacks_is_named_before_it_is_hashed(register: Proven) -> None:
    did(
        register,
        f"INSERT INTO {EVENTS} SELECT originator_id, 9, topic, state, 21 "
        f"FROM {EVENTS} WHERE notification_id = 19",
        "UPDATE karguzar.log_head SET position = 21",
        "INSERT INTO karguzar.commands SELECT gen_random_uuid(), digest, case_id, 9, 21, "
        "ARRAY['x'] FROM karguzar.commands WHERE position = 20",
    )
    found = first(register)
    assert found.kind == "event-forged"
    assert "has not every version exactly once" in found.sentence


def test_a_log_without_its_primary_key_is_named(register: Proven) -> None:
    did(register, f"ALTER TABLE {EVENTS} DROP CONSTRAINT register_events_pkey")
    assert "no primary key" in first(register).sentence


def test_an_event_forged_far_behind_the_end_is_named(register: Proven) -> None:
    did(register, FORGED.format(position=10**15))
    kinds = {finding.kind for finding in register.verify().findings}
    assert kinds >= {"event-forged", "head-edited"}


def test_a_log_edited_together_with_its_tree_is_bounded_by_the_checkpoints(
    register: Proven,
) -> None:
    with superuser(register.database) as conn:
        conn.execute(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 16".encode())
        remake_tree(conn)
    found = first(register)
    assert (found.kind, found.position) == ("range-changed", 13)
    assert "between positions 13 and 20" in found.sentence


def test_so_it_is_when_only_the_leaf_was_edited_with_it(register: Proven) -> None:
    with superuser(register.database) as conn:
        conn.execute(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 3".encode())
        edit_leaf(conn, 3, read_leaf(conn, 3))
    found = first(register)
    assert (found.kind, found.position) == ("range-changed", 1)
    assert "between positions 1 and 12" in found.sentence


def test_an_edited_tree_is_told_from_an_edited_event(register: Proven) -> None:
    with superuser(register.database) as conn:
        edit_leaf(conn, 4, bytes(HASH_BYTES))
    found = first(register)
    assert (found.kind, found.position) == ("tree-edited", 4)
    assert "the event is as signed" in found.sentence


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM karguzar.tree_tiles WHERE start > 0",
        "DELETE FROM karguzar.tree_tiles WHERE start = 0",
        "TRUNCATE karguzar.tree_tiles",
        "INSERT INTO karguzar.tree_tiles VALUES (1, 0, 0, sha256('forged'))",
        "INSERT INTO karguzar.tree_tiles VALUES (0, 0, 5, sha256('forged'))",
    ],
)
def test_a_tree_with_rows_taken_away_or_added_is_named(register: Proven, statement: str) -> None:
    did(register, statement)
    assert {finding.kind for finding in register.verify().findings} == {"tree-edited"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE karguzar.checkpoints SET root = sha256('forged') WHERE size = 12",
        "UPDATE karguzar.checkpoints SET note = replace(note, '12', '13') WHERE size = 12",
        "UPDATE karguzar.checkpoints SET size = 11 WHERE size = 12",
        "DELETE FROM karguzar.checkpoints WHERE size = 12",
        "DELETE FROM karguzar.checkpoints WHERE size = 20",
    ],
)
def test_an_edited_checkpoint_is_named(register: Proven, statement: str) -> None:
    did(register, statement)
    assert first(register).kind == "checkpoint-edited"


@pytest.mark.parametrize("position", [21, 10**9, -1])
def test_a_position_of_a_consumer_outside_the_log_is_named(register: Proven, position: int) -> None:
    did(
        register,
        "INSERT INTO karguzar.register_tracking (application_name, notification_id) "
        f"VALUES ('register_1', {position})",
    )
    found = first(register)
    assert found.kind == "tracking-edited"
    assert "register_1" in found.sentence


def test_an_edited_head_is_named(register: Proven) -> None:
    did(register, "UPDATE karguzar.log_head SET position = 25")
    assert first(register).kind == "head-edited"


class TestATableRestoredFromAnOlderBackup:
    @pytest.fixture
    def register(self, database: str, desk: Desk, tmp_path: Path) -> Iterator[Proven]:
        """Twelve events when the backup was made, and twenty now."""
        with proven(database, tmp_path / "outside") as register:
            record(desk, 6)
            register.hash_and_sign()
            with superuser(database) as conn:
                conn.execute("CREATE SCHEMA backup")
                for table in (*TABLES, "log_head"):
                    conn.execute(f"CREATE TABLE backup.{table} AS TABLE karguzar.{table}".encode())
            record(desk, 4)
            register.hash_and_sign()
            yield register

    @pytest.mark.parametrize(
        ("table", "kind"),
        [
            ("register_events", "events-cut-off"),
            ("tree_tiles", "tree-edited"),
            ("checkpoints", "checkpoint-edited"),
            ("commands", "event-forged"),
        ],
    )
    def test_is_named(self, register: Proven, table: str, kind: str) -> None:
        did(register, *restored(table))
        assert first(register).kind == kind

    def test_is_named_when_it_is_all_of_them(self, register: Proven) -> None:
        did(register, *(statement for table in TABLES for statement in restored(table)))
        did(register, "UPDATE karguzar.log_head SET position = 12")
        found = first(register)
        assert (found.kind, found.position) == ("events-cut-off", 13)
        assert "is over 20 events" in found.sentence

    def test_cannot_be_told_without_a_checkpoint_outside(self, register: Proven) -> None:
        did(register, *(statement for table in TABLES for statement in restored(table)))
        did(register, "UPDATE karguzar.log_head SET position = 12")
        verdict = register.verify(outside=False)
        assert (verdict.result, verdict.status) == ("could-not-check", 2)
        assert "No good checkpoint outside the database" in verdict.unchecked[0]


TABLES = ("register_events", "tree_tiles", "checkpoints", "commands")


def restored(table: str) -> tuple[str, str]:
    return (
        f"TRUNCATE karguzar.{table}",
        f"INSERT INTO karguzar.{table} SELECT * FROM backup.{table}",
    )


def test_a_checkpoint_outside_with_a_false_signature_is_named(register: Proven) -> None:
    (file,) = register.directory.glob("*/*12.note")
    file.write_text(file.read_text().replace("\n12\n", "\n11\n"))
    found = first(register)
    assert found.kind == "checkpoint-edited"
    assert file.name in found.sentence


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


def test_tampering_shows_without_a_checkpoint_outside_as_far_as_the_tree_tells(
    register: Proven,
) -> None:
    did(register, f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 7")
    found = first(register, outside=False)
    assert (found.kind, found.position) == ("event-altered", 7)


def read_leaf(conn: Connection[Any], position: int) -> bytes:
    (entry,) = entries(conn, position, position)
    return leaf_hash(entry)


def edit_leaf(conn: Connection[Any], position: int, leaf: bytes) -> None:
    conn.execute(
        "UPDATE karguzar.tree_tiles SET hashes = overlay(hashes PLACING %s FROM "
        "32 * (%s - 1 - start) + 1) WHERE level = 0 AND start < %s "
        "AND start + octet_length(hashes) / 32 >= %s",
        (leaf, position, position, position),
    )


def remake_tree(conn: Connection[Any]) -> None:
    """As the register would have made it of the log as it is now."""
    conn.execute("TRUNCATE karguzar.tree_tiles")
    leaves = b"".join(leaf_hash(entry) for entry in entries(conn, 1, 1_000))
    write_pieces(conn, Edge().grow(leaves))
