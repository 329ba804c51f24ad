"""A log with its tree, its checkpoints and a directory outside the database, to attack."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from psycopg import Connection

from application.desk import Desk
from application.orders import Receipt
from infra.checkpoints import CheckpointDirectory, notes_under
from infra.log_check import Verdict, verify_log
from infra.log_proof import Checkpoints, LogTree, Outside
from infra.notes import Signer
from tests.orders import add_note, register_appeal

ORIGIN = "register.example"
GUARDED = ("register_events", "tree_tiles", "checkpoints", "commands")


class Proven(Struct, frozen=True):
    """A register that is hashed and signed, step by step."""

    database: str
    directory: Path
    signer: Signer
    tree: LogTree
    checkpoints: Checkpoints

    def hash_and_sign(self) -> None:
        self.tree.grow()
        self.checkpoints.publish()

    def verify(self, *, outside: bool = True, key: bool = True) -> Verdict:
        notes = list(notes_under(self.directory)) if outside else []
        return verify_log(self.database, notes, [self.signer.verifier] if key else [])


@contextmanager
def proven(database: str, directory: Path) -> Iterator[Proven]:
    signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    kept = CheckpointDirectory(directory)
    outside = Outside(ORIGIN, signer, kept)
    tree = LogTree(database, outside)
    try:
        yield Proven(database, directory, signer, tree, Checkpoints(database, outside, [kept]))
    finally:
        tree.close()


def record(desk: Desk, cases: int, notes: int = 1) -> list[Receipt]:
    """That many cases, each with notes behind its registration."""
    receipts = []
    for _ in range(cases):
        receipts.append(desk.execute(register_appeal()))
        receipts += [desk.execute(add_note(receipts[-1].id)) for _ in range(notes)]
    return receipts


@contextmanager
def superuser(database: str) -> Iterator[Connection[Any]]:
    """Somebody who may do everything, and takes the guards away while they do it."""
    with psycopg.connect(database, autocommit=True) as conn:
        for table in GUARDED:
            conn.execute(f"ALTER TABLE karguzar.{table} DISABLE TRIGGER append_only".encode())
        yield conn
        for table in GUARDED:
            conn.execute(f"ALTER TABLE karguzar.{table} ENABLE TRIGGER append_only".encode())
