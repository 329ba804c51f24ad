"""Attacks on the log in PostgreSQL, and what `karguzar verify` says to them.

The log has twenty events, two in each case; it is hashed and signed after twelve and after all.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from psycopg import Connection

from application.desk import Desk
from domain.merkle import HASH_BYTES, leaf_hash
from domain.tiles import Edge
from infra.leaves import entries
from infra.notes import Checkpoint
from infra.tree import write_pieces
from tests.attacks import DATABASE, KEYHOLDER, OUTSIDE, Attack
from tests.infra.proofs import ORIGIN, Proven, record, superuser

EVENTS = "karguzar.register_events"
TABLES = ("register_events", "tree_tiles", "checkpoints", "commands")
FORGED = (
    f"INSERT INTO {EVENTS} SELECT gen_random_uuid(), 1, topic, state, {{position}} "
    f"FROM {EVENTS} WHERE notification_id = 1"
)
WITH_A_COMMAND = (
    "INSERT INTO karguzar.commands SELECT gen_random_uuid(), digest, case_id, {version}, 21, "
    "ARRAY['x'] FROM karguzar.commands WHERE position = 20"
)


class Ground(Struct, frozen=True):
    """What is attacked."""

    register: Proven
    desk: Desk

    def did(self, *statements: str) -> None:
        with superuser(self.register.database) as conn:
            for statement in statements:
                conn.execute(statement.encode())


def sql(*statements: str) -> Callable[[Ground], None]:
    return lambda ground: ground.did(*statements)


def renumbered(condition: str, by: int) -> tuple[str, str]:
    """Statements that move the events to other positions; never two at one at a time."""
    away = f"UPDATE {EVENTS} SET notification_id = notification_id + 1000 WHERE {condition}"
    back = f"SET notification_id = notification_id - {1000 - by} WHERE notification_id > 1000"
    return away, f"UPDATE {EVENTS} {back}"


def swapped(one: int, other: int) -> tuple[str, ...]:
    return (
        f"UPDATE {EVENTS} SET notification_id = 1000 WHERE notification_id = {one}",
        f"UPDATE {EVENTS} SET notification_id = {one} WHERE notification_id = {other}",
        f"UPDATE {EVENTS} SET notification_id = {other} WHERE notification_id = 1000",
    )


def cut_off(after: int) -> tuple[str, ...]:
    return (
        f"DELETE FROM {EVENTS} WHERE notification_id > {after}",
        f"DELETE FROM karguzar.commands WHERE position > {after}",
        f"UPDATE karguzar.log_head SET position = {after}",
    )


def backed_up(ground: Ground) -> None:
    ground.did(
        "CREATE SCHEMA backup",
        *(f"CREATE TABLE backup.{t} AS TABLE karguzar.{t}" for t in (*TABLES, "log_head")),
    )


def restored(*tables: str) -> tuple[str, ...]:
    return tuple(
        statement
        for table in tables
        for statement in (
            f"TRUNCATE karguzar.{table}",
            f"INSERT INTO karguzar.{table} SELECT * FROM backup.{table}",
        )
    )


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


def remake_tree(conn: Connection[Any]) -> Edge:
    """As the register would have made it of the log as it is now."""
    conn.execute("TRUNCATE karguzar.tree_tiles")
    leaves = b"".join(leaf_hash(entry) for entry in entries(conn, 1, 1_000))
    edge = Edge()
    write_pieces(conn, edge.grow(leaves))
    return edge


def edited_with_the_tree(ground: Ground) -> None:
    with superuser(ground.register.database) as conn:
        conn.execute(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 16".encode())
        remake_tree(conn)


def edited_with_its_leaf(ground: Ground) -> None:
    with superuser(ground.register.database) as conn:
        conn.execute(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 3".encode())
        edit_leaf(conn, 3, read_leaf(conn, 3))


def leaf_edited(ground: Ground) -> None:
    with superuser(ground.register.database) as conn:
        edit_leaf(conn, 4, bytes(HASH_BYTES))


def made_anew_with_the_key(ground: Ground) -> None:
    """Event, tree, and every checkpoint inside and outside, signed with the register's key."""
    register = ground.register
    with superuser(register.database) as conn:
        conn.execute(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 16".encode())
        edge = remake_tree(conn)
        conn.execute("DELETE FROM karguzar.checkpoints WHERE size = 20")
    for note in register.directory.rglob("*"):
        if note.is_file() and "\n20\n" in note.read_text():
            note.unlink()
    checkpoint = Checkpoint(ORIGIN, 20, edge.root())
    (register.directory / "anew.note").write_text(register.signer.sign(checkpoint))
    register.checkpoints.publish()


def not_hashed_yet(then: Callable[[Ground], None]) -> Callable[[Ground], None]:
    """Something done to two events that the tree hasn't come to."""

    def done(ground: Ground) -> None:
        record(ground.desk, 1)
        then(ground)

    return done


def signature_forged(ground: Ground) -> None:
    (file,) = ground.register.directory.glob("*/*12.note")
    file.write_text(file.read_text().replace("\n12\n", "\n11\n"))


def hashed(*statements: str) -> Callable[[Ground], None]:
    def done(ground: Ground) -> None:
        ground.did(*statements)
        ground.register.hash_and_sign()

    return done


def _attack(
    name: str, done: str, act: Callable[[Ground], object], finds: str, **rest: Any
) -> Attack:
    return Attack(name=name, done=done, act=act, finds=finds, **{"who": DATABASE, **rest})


def _edits() -> Iterator[Attack]:
    changes = {
        "case": ("put under another case", "originator_id = gen_random_uuid()"),
        "version": ("given another version", "originator_version = 900"),
        "name": ("given another name", "topic = 'appeal-closed'"),
        "content-longer": ("content made longer", "state = state || '\\x20'::bytea"),
        "content": ("one byte of its content", "state = overlay(state PLACING '\\x7b' FROM 5)"),
        "columns": (
            "a byte moved from one column into the next",
            "topic = topic || chr(0 + 65), state = substring(state FROM 2)",
        ),
    }
    for name, (done, change) in changes.items():
        yield _attack(
            f"edited-{name}",
            f"An event edited: {done}",
            sql(f"UPDATE {EVENTS} SET {change} WHERE notification_id = 7"),
            "event-altered",
            position=7,
            says="A signed checkpoint bears the tree out",
        )
    yield _attack(
        "edited-several",
        "Several events edited",
        sql(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id IN (15, 9, 18)"),
        "event-altered",
        position=9,
    )
    yield _attack(
        "edited-without-outside",
        "An event edited, and no checkpoint outside at hand",
        sql(f"UPDATE {EVENTS} SET topic = 'x' WHERE notification_id = 7"),
        "event-altered",
        position=7,
        outside=False,
    )
    yield _attack(
        "edited-with-tree",
        "An event edited, and the whole tree made anew to fit",
        edited_with_the_tree,
        "range-changed",
        position=13,
        says="between positions 13 and 20",
    )
    yield _attack(
        "edited-with-leaf",
        "An event edited together with its leaf",
        edited_with_its_leaf,
        "range-changed",
        position=1,
        says="between positions 1 and 12",
    )


def _removals() -> Iterator[Attack]:
    yield _attack(
        "removed",
        "An event deleted",
        sql(f"DELETE FROM {EVENTS} WHERE notification_id = 5"),
        "event-removed",
        position=5,
    )
    yield _attack(
        "removed-and-moved-up",
        "An event deleted, those behind it moved up, and the head set back",
        sql(
            f"DELETE FROM {EVENTS} WHERE notification_id = 5",
            *renumbered("notification_id > 5", -1),
            "UPDATE karguzar.log_head SET position = 19",
        ),
        "event-removed",
        position=5,
    )
    for outside in (True, False):
        yield _attack(
            f"cut-off{'' if outside else '-without-outside'}",
            "The last events cut off with their commands, the head set back"
            + ("" if outside else ", and no checkpoint outside at hand"),
            sql(*cut_off(17)),
            "events-cut-off",
            position=18,
            outside=outside,
        )
    yield _attack(
        "cut-off-unhashed",
        "An event cut off that was never hashed; its command left",
        not_hashed_yet(
            sql(
                f"DELETE FROM {EVENTS} WHERE notification_id > 21",
                "UPDATE karguzar.log_head SET position = 21",
            )
        ),
        "events-cut-off",
        position=22,
    )
    yield _attack(
        "command-removed",
        "The command of an event deleted",
        sql("DELETE FROM karguzar.commands WHERE position = 14"),
        "event-forged",
        position=14,
    )


def _insertions() -> Iterator[Attack]:
    for one, other in ((3, 11), (6, 7)):
        yield _attack(
            f"swapped-{one}-{other}",
            f"Two events swapped, at positions {one} and {other}",
            sql(*swapped(one, other)),
            "events-reordered",
            position=one,
            says=f"what stood at position {other}",
        )
    yield _attack(
        "inserted",
        "An event put between others, those behind it moved down",
        sql(
            *renumbered("notification_id >= 9", 1),
            FORGED.format(position=9),
            "UPDATE karguzar.log_head SET position = 21",
        ),
        "event-inserted",
        position=9,
    )
    yield _attack(
        "inserted-at-a-taken-place",
        "A second event put at a position, the index dropped",
        sql("DROP INDEX karguzar.register_events_by_position", FORGED.format(position=9)),
        "event-inserted",
        position=9,
    )
    at_the_end = FORGED.format(position=21), "UPDATE karguzar.log_head SET position = 21"
    yield _attack(
        "forged-and-hashed",
        "An event forged at the end, which the register then hashes and signs",
        hashed(*at_the_end),
        "event-forged",
        position=21,
    )
    yield _attack(
        "forged-unhashed",
        "An event forged at the end, before it is hashed",
        sql(*at_the_end),
        "event-forged",
        position=21,
    )
    yield _attack(
        "forged-version",
        "An event forged at the end with its command, under a version that its case lacks",
        sql(
            f"INSERT INTO {EVENTS} SELECT originator_id, 9, topic, state, 21 "
            f"FROM {EVENTS} WHERE notification_id = 19",
            "UPDATE karguzar.log_head SET position = 21",
            WITH_A_COMMAND.format(version=9),
        ),
        "event-forged",
        says="has not every version exactly once",
    )
    yield _attack(
        "forged-far-behind",
        "An event forged far behind the end",
        sql(FORGED.format(position=10**15)),
        "event-forged",
    )
    yield _attack(
        "no-primary-key",
        "The log's primary key dropped",
        sql(f"ALTER TABLE {EVENTS} DROP CONSTRAINT register_events_pkey"),
        "event-forged",
        says="no primary key",
    )


def _proofs() -> Iterator[Attack]:
    yield _attack(
        "leaf-edited",
        "A leaf of the tree edited, the event left",
        leaf_edited,
        "tree-edited",
        position=4,
        says="the event is as signed",
    )
    tiles = {
        "open-tiles-removed": "DELETE FROM karguzar.tree_tiles WHERE start > 0",
        "first-tiles-removed": "DELETE FROM karguzar.tree_tiles WHERE start = 0",
        "emptied": "TRUNCATE karguzar.tree_tiles",
        "tile-added": "INSERT INTO karguzar.tree_tiles VALUES (1, 0, 0, sha256('forged'))",
        "piece-added": "INSERT INTO karguzar.tree_tiles VALUES (0, 0, 5, sha256('forged'))",
    }
    for name, statement in tiles.items():
        done = f"The tree: {name.replace('-', ' ')}"
        yield _attack(f"tree-{name}", done, sql(statement), "tree-edited")
    notes = {
        "root edited": "UPDATE karguzar.checkpoints SET root = sha256('forged') WHERE size = 12",
        "note edited": (
            "UPDATE karguzar.checkpoints SET note = replace(note, '12', '13') WHERE size = 12"
        ),
        "size edited": "UPDATE karguzar.checkpoints SET size = 11 WHERE size = 12",
        "older one deleted": "DELETE FROM karguzar.checkpoints WHERE size = 12",
        "newest one deleted": "DELETE FROM karguzar.checkpoints WHERE size = 20",
    }
    for name, statement in notes.items():
        yield _attack(
            f"checkpoint-{name.replace(' ', '-')}",
            f"A checkpoint in the database: {name}",
            sql(statement),
            "checkpoint-edited",
        )
    yield _attack(
        "signature-forged",
        "A checkpoint outside edited, its signature left",
        signature_forged,
        "checkpoint-edited",
        who=OUTSIDE,
        says="12.note",
    )
    for position in (21, 10**9, -1):
        yield _attack(
            f"consumer-at-{position}",
            f"A consumer's position set to {position:,}",
            sql(
                "INSERT INTO karguzar.register_tracking (application_name, notification_id) "
                f"VALUES ('register_1', {position})"
            ),
            "tracking-edited",
            says="register_1",
        )
    yield _attack(
        "head-edited",
        "The head of the log edited",
        sql("UPDATE karguzar.log_head SET position = 25"),
        "head-edited",
    )


def _backups() -> Iterator[Attack]:
    kinds = {
        "register_events": "events-cut-off",
        "tree_tiles": "tree-edited",
        "checkpoints": "checkpoint-edited",
        "commands": "event-forged",
    }
    for table, kind in kinds.items():
        yield _attack(
            f"restored-{table}",
            f"The table {table} alone put back from an older backup",
            sql(*restored(table)),
            kind,
            before=backed_up,
        )
    everything = sql(*restored(*TABLES), "UPDATE karguzar.log_head SET position = 12")
    yield _attack(
        "restored-everything",
        "Everything put back from an older backup",
        everything,
        "events-cut-off",
        position=13,
        says="is over 20 events",
        before=backed_up,
    )
    yield Attack(
        name="restored-everything-without-outside",
        done="Everything put back from an older backup, and no checkpoint outside at hand",
        who=DATABASE,
        act=everything,
        before=backed_up,
        outside=False,
        result="could-not-check",
        why="The older state is sound in itself. Have another machine pull the checkpoints.",
    )


def _not_caught() -> Iterator[Attack]:
    yield Attack(
        name="forged-with-its-command",
        done="An event forged at the end, the first of a new case, with a command for it",
        who=DATABASE,
        act=sql(
            FORGED.format(position=21),
            "INSERT INTO karguzar.commands SELECT gen_random_uuid(), digest, e.originator_id, 1, "
            "21, ARRAY['x'] FROM karguzar.commands c, karguzar.register_events e "
            "WHERE c.position = 20 AND e.notification_id = 21",
            "UPDATE karguzar.log_head SET position = 21",
        ),
        result="sound",
        why=(
            "It has all that a lawful event has. It stays in the log for ever, and its officials "
            "can see it; only they know that nobody gave the command."
        ),
    )
    yield Attack(
        name="edited-before-hashing",
        done="An event edited within the second before the tree took it in",
        who=DATABASE,
        act=not_hashed_yet(
            sql(
                f"UPDATE {EVENTS} SET state = state || '\\x20'::bytea WHERE notification_id = 22",
            )
        ),
        result="sound",
        why="The tree grows behind the append, each second; what it has not hashed, it can't hold.",
    )
    yield Attack(
        name="made-anew-with-the-key",
        done="An event, the tree and every checkpoint inside and outside made anew and signed",
        who=KEYHOLDER,
        act=made_anew_with_the_key,
        result="sound",
        why="Nothing older is left to compare with. A witness elsewhere keeps a copy.",
    )


ATTACKS = [
    *_edits(),
    *_removals(),
    *_insertions(),
    *_proofs(),
    *_backups(),
    *_not_caught(),
]
