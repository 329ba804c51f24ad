"""The tree follows the log, its checkpoints go out, and neither goes on over what was changed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from application.desk import Desk
from application.rounds import Rounds
from domain.merkle import HASH_BYTES, leaf_hash
from infra import log_check
from infra.checkpoints import LATEST, CheckpointDirectory, Witness, WitnessRefused, notes_under
from infra.eventstore import ROLE
from infra.leaves import entries, entry_of, leaf_at
from infra.log_proof import Checkpoints, LogDiffers, LogTree, Outside
from infra.notes import open_note
from infra.rows import StreamRow
from infra.tree import leaves_between, read_edge, tree_size
from tests.infra.proofs import ORIGIN, Proven, proven, record, superuser
from tests.infra.receivers import HERE, web_server
from tests.projections.logs import tracking_in


@pytest.fixture
def register(database: str, tmp_path: Path) -> Iterator[Proven]:
    with proven(database, tmp_path / "outside") as register:
        yield register


def restarted(register: Proven) -> LogTree:
    outside = Outside(ORIGIN, register.signer, CheckpointDirectory(register.directory))
    return LogTree(register.database, outside)


def test_a_leaf_is_the_hash_of_every_column_in_the_documented_form(
    register: Proven, desk: Desk
) -> None:
    record(desk, 2)
    register.tree.grow()
    rows = desk.log.tail(0, 10)
    with psycopg.connect(register.database) as conn:
        assert list(entries(conn, 1, 10)) == [entry_of(row) for row in rows]
        stored = leaves_between(conn, 0, 4)
    assert stored == b"".join(leaf_at(row, n) for n, row in enumerate(rows, 1))
    row = rows[0]
    assert leaf_hash(
        b"\0\5"
        + (b"\0\0\0\x10" + row.case_id.bytes)
        + (b"\0\0\0\x08" + row.version.to_bytes(8))
        + (len(row.topic).to_bytes(4) + row.topic.encode())
        + (len(row.state).to_bytes(4) + row.state)
        + (b"\0\0\0\x08" + row.position.to_bytes(8))
    ) == leaf_at(row, 1)


def test_no_two_rows_have_the_same_entry_though_their_columns_join_alike() -> None:
    case = StreamRow(UUID(int=1), 1, "ab", b"c", 1)
    other = StreamRow(case.case_id, 1, "a", b"bc", 1)
    assert entry_of(case) != entry_of(other)


def test_the_tree_takes_what_was_recorded_since_and_catches_up_after_a_pause(
    register: Proven, desk: Desk
) -> None:
    assert register.tree.grow() == 0
    record(desk, 3)
    assert register.tree.grow() == 6
    assert register.tree.grow() == 0
    record(desk, 2)
    with closing(restarted(register)) as tree:
        assert tree.grow() == 4
    record(desk, 1)
    assert register.tree.grow() == 2  # another has grown the tree meanwhile
    with psycopg.connect(register.database) as conn:
        assert tree_size(conn) == 12
        assert len(leaves_between(conn, 0, 100)) == 12 * HASH_BYTES
    register.checkpoints.publish()
    assert register.verify().status == 0


def test_the_tree_is_the_same_across_tiles_and_processes(
    register: Proven, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in (120, 10, 150):
        record(desk, count)
        register.hash_and_sign()
    with psycopg.connect(register.database) as conn:
        edge = read_edge(conn)
    assert edge.size == 560
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(log_check, "STRETCH", 256)
    monkeypatch.setattr(log_check, "_ALONE", 0)
    verdict = log_check.verify_log(
        register.database,
        notes_under(register.directory),
        [register.signer.verifier],
        processes=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (verdict.status, verdict.proved) == (0, 560)
    assert seen == [(256, 560), (512, 560), (560, 560)]
    with superuser(register.database) as conn:
        conn.execute(
            "UPDATE karguzar.register_events SET topic = 'x' WHERE notification_id IN (300, 530)"
        )
    verdict = log_check.verify_log(
        register.database,
        notes_under(register.directory),
        [register.signer.verifier],
        processes=2,
    )
    assert (verdict.findings[0].kind, verdict.findings[0].position) == ("event-altered", 300)


def test_a_checkpoint_is_signed_when_the_tree_has_grown_and_kept_by_day(
    register: Proven, desk: Desk
) -> None:
    assert register.checkpoints.publish() is None
    record(desk, 2)
    register.hash_and_sign()
    register.hash_and_sign()
    (kept, latest) = notes_under(register.directory)
    assert kept.place.endswith("00000000000000000004.note")
    assert latest.place == LATEST
    assert latest.note == kept.note
    checkpoint = open_note(latest.note, [register.signer.verifier])
    with psycopg.connect(register.database) as conn:
        assert (checkpoint.size, checkpoint.root) == (4, read_edge(conn).root())


def test_a_witness_gets_each_note_once_and_again_when_it_refused(
    register: Proven, desk: Desk
) -> None:
    record(desk, 1)
    register.tree.grow()
    outside = Outside(ORIGIN, register.signer, None)
    with web_server(0) as web:
        witness = Witness(f"http://{HERE}:{web.server_port}/witness")
        checkpoints = Checkpoints(register.database, outside, [witness])
        web.statuses.append(503)
        with pytest.raises(WitnessRefused):
            checkpoints.publish()
        checkpoints.publish()
        checkpoints.publish()
        assert [request.path for request in web.requests] == ["/witness"] * 2
        note = web.requests[-1].body.decode()
    assert open_note(note, [register.signer.verifier]).size == 2


def test_a_directory_gets_its_note_though_the_witness_refuses(register: Proven, desk: Desk) -> None:
    record(desk, 1)
    register.tree.grow()
    directory = CheckpointDirectory(register.directory)
    outside = Outside(ORIGIN, register.signer, directory)
    unreachable = Witness("http://127.0.0.1:1/")
    with pytest.raises(Exception, match="refused"):
        Checkpoints(register.database, outside, [unreachable, directory]).publish()
    assert directory.latest() is not None


ATTACKS = {
    "the newest row edited": (
        "UPDATE karguzar.register_events SET topic = 'x' WHERE notification_id = 6"
    ),
    "a row edited a while back": (
        "UPDATE karguzar.register_events SET topic = 'x' WHERE notification_id = 2"
    ),
    "the last rows cut off": "DELETE FROM karguzar.register_events WHERE notification_id > 4",
    "all rows cut off": "DELETE FROM karguzar.register_events",
    "the next row forged behind a gap": (
        "INSERT INTO karguzar.register_events SELECT gen_random_uuid(), 1, topic, state, 9 "
        "FROM karguzar.register_events WHERE notification_id = 1"
    ),
    "the tree cut": "DELETE FROM karguzar.tree_tiles",
    "the tree edited": (
        "UPDATE karguzar.tree_tiles SET hashes = overlay(hashes PLACING '\\x00' FROM 40)"
    ),
    "the last checkpoint edited": "UPDATE karguzar.checkpoints SET root = sha256('x')",
    "tree and checkpoints restored": (
        "DELETE FROM karguzar.tree_tiles; DELETE FROM karguzar.checkpoints"
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_after_a_restart_nothing_is_hashed_over_what_was_changed(
    register: Proven, desk: Desk, attack: str
) -> None:
    record(desk, 3)
    register.hash_and_sign()
    with superuser(register.database) as conn:
        conn.execute(attack.encode())
        before = hashes(conn)
    with pytest.raises(LogDiffers):
        restarted(register).grow()
    with psycopg.connect(register.database) as conn:
        assert hashes(conn) == before


@pytest.mark.parametrize("name", ["the newest row edited", "the last rows cut off", "the tree cut"])
def test_nor_while_it_runs(register: Proven, desk: Desk, name: str) -> None:
    record(desk, 3)
    register.hash_and_sign()
    with superuser(register.database) as conn:
        conn.execute(ATTACKS[name].encode())
    with pytest.raises(LogDiffers):
        register.tree.grow()


@pytest.mark.parametrize("name", ["the tree cut", "the tree edited", "the last checkpoint edited"])
def test_nothing_is_signed_that_does_not_continue_what_was_signed(
    register: Proven, desk: Desk, name: str
) -> None:
    record(desk, 3)
    register.hash_and_sign()
    record(desk, 1)
    register.tree.grow()
    with superuser(register.database) as conn:
        conn.execute(ATTACKS[name].encode())
    with pytest.raises(LogDiffers):
        register.checkpoints.publish()


def test_it_stands_still_visibly_until_a_person_has_acted(register: Proven, desk: Desk) -> None:
    record(desk, 3)
    register.hash_and_sign()
    with superuser(register.database) as conn:
        row = conn.execute(
            "UPDATE karguzar.register_events e SET topic = 'x' FROM karguzar.register_events o "
            "WHERE e.notification_id = 6 AND o.notification_id = 6 RETURNING o.topic"
        ).fetchone()
    assert row is not None
    tree = restarted(register)
    tracking = tracking_in(register.database)
    rounds = Rounds(tree.name, tree.grow, tracking, seconds=1, leads=lambda: True)
    rounds.round()
    assert stopped(register) == [("log-tree", "LogDiffers")]
    with superuser(register.database) as conn:  # put back as it was
        conn.execute(
            "UPDATE karguzar.register_events SET topic = %s WHERE notification_id = 6", row
        )
    Rounds(tree.name, tree.grow, tracking, seconds=1, leads=lambda: True).round()
    assert stopped(register) == [("log-tree", "LogDiffers")]
    record(desk, 1)
    with pytest.raises(LogDiffers, match="nobody has looked into it"):
        register.checkpoints.publish()
    with psycopg.connect(register.database) as conn:
        conn.execute("DELETE FROM karguzar.stopped_consumers WHERE error = 'LogDiffers'")
    rounds.round()
    assert stopped(register) == []
    register.hash_and_sign()
    assert register.verify().status == 0
    tree.close()


def test_a_note_missing_from_the_directory_is_put_there_again(register: Proven, desk: Desk) -> None:
    record(desk, 1)
    register.hash_and_sign()
    (register.directory / LATEST).unlink()
    register.checkpoints.publish()
    assert (register.directory / LATEST).exists()


@pytest.mark.parametrize("table", ["tree_tiles", "checkpoints"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}", "TRUNCATE {}"])
def test_tree_and_checkpoints_are_append_only(
    register: Proven, desk: Desk, table: str, change: str
) -> None:
    record(desk, 1)
    register.hash_and_sign()
    column = "start" if table == "tree_tiles" else "size"
    statement = change.format(f"karguzar.{table}", column, column).encode()
    with psycopg.connect(register.database) as conn:
        conn.execute(f"SET ROLE {ROLE}")
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            conn.execute(statement)
    with (
        psycopg.connect(register.database) as conn,
        pytest.raises(InsufficientPrivilege, match="append-only"),
    ):
        conn.execute(statement)


def hashes(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT * FROM karguzar.tree_tiles ORDER BY 1, 2, 3").fetchall()


def stopped(register: Proven) -> list[tuple[Any, ...]]:
    with psycopg.connect(register.database) as conn:
        return conn.execute("SELECT name, error FROM karguzar.stopped_consumers").fetchall()
