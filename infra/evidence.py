"""The checkpoints that a tree is checked against, from inside and outside the database."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import tuple_row

from infra.checkpoints import Kept
from infra.log_findings import Finding
from infra.notes import (
    Checkpoint,
    KeyUnknown,
    NoteInvalid,
    SignatureInvalid,
    Verifier,
    open_note,
    read_checkpoint,
)

ACCESSES = "/accesses"
"""Ends the origin of the tree over the access records."""
Result = Literal["sound", "tampered", "could-not-check"]
STATUS: Mapping[Result, int] = MappingProxyType({"sound": 0, "tampered": 1, "could-not-check": 2})


class _OtherTree(Exception):
    """A checkpoint of the register's other tree: it says nothing about this one."""


class Signed(Struct, frozen=True):
    """A checkpoint with a good signature, and where it was found."""

    checkpoint: Checkpoint
    place: str
    outside: bool


class Evidence:
    """The checkpoints that count, and what is wrong with those that don't.

    *of* are what the tree has leaves of; its origin ends with *suffix*, that of the log has none.
    """

    def __init__(self, verifiers: Sequence[Verifier], of: str = "events", suffix: str = "") -> None:
        self._verifiers = [Verifier(f"{v.name}{suffix}", v.key) for v in verifiers]
        self._of = of
        self._suffix = suffix
        self.signed: list[Signed] = []
        self.findings: list[Finding] = []
        self.unchecked: list[str] = []
        self._unknown = 0
        self._unreadable: list[str] = []

    def take_outside(self, notes: Iterable[Kept]) -> None:
        for kept in notes:
            try:
                checkpoint = self._open(kept.note)
            except _OtherTree:
                continue
            except KeyUnknown:
                self._pass_over(kept.note)
            except NoteInvalid:
                self._unreadable.append(kept.place)
            except SignatureInvalid:
                sentence = (
                    f"The checkpoint {kept.place} outside the database has a false signature."
                )
                self.findings.append(Finding("checkpoint-edited", sentence))
            else:
                self.signed.append(Signed(checkpoint, kept.place, outside=True))

    def take_inside(self, conn: Connection[Any]) -> None:
        known = set()
        rows = conn.cursor(row_factory=tuple_row).execute(
            "SELECT origin, size, root, note FROM karguzar.checkpoints ORDER BY origin, size"
        )
        for origin, size, root, note in rows:
            if self._is_other(origin):
                continue
            said = Checkpoint(origin, size, root)
            known.add((origin, size))
            try:
                good = self._open(note) == said
            except KeyUnknown:
                self._pass_over(note)
                continue
            except (NoteInvalid, SignatureInvalid, _OtherTree):
                good = False
            if good:
                self.signed.append(Signed(said, f"{size} in the database", outside=False))
            else:
                sentence = f"The checkpoint over {size} {self._of} in the database was edited."
                self.findings.append(Finding("checkpoint-edited", sentence))
        for size in sorted(
            each.checkpoint.size
            for each in self.signed
            if each.outside and (each.checkpoint.origin, each.checkpoint.size) not in known
        )[:1]:
            sentence = f"The checkpoint over {size} {self._of} was removed from the database."
            self.findings.append(Finding("checkpoint-edited", sentence))

    def sum_up(self) -> None:
        if not self._verifiers:
            self.unchecked.append("No verifier key: signatures were not checked; give --key.")
        if not any(each.outside for each in self.signed):
            self.unchecked.append(
                "No good checkpoint outside the database: it can't be told whether the last "
                f"{self._of} were cut off, the database was restored from an older backup, or "
                f"{self._of}, tree and checkpoints were made anew together; give --checkpoints."
            )
        if self._unknown:
            self.unchecked.append(
                f"{self._unknown} checkpoints of this log are signed by a key not known here."
            )
        if self._unreadable:
            first = self._unreadable[0]
            self.unchecked.append(f"{len(self._unreadable)} files are no checkpoints: {first} …")

    def _pass_over(self, note: str) -> None:
        """A note of another log proves nothing here; one of this log by another key might."""
        if read_checkpoint(note).origin in {verifier.name for verifier in self._verifiers}:
            self._unknown += 1

    def _open(self, note: str) -> Checkpoint:
        if self._is_other(read_checkpoint(note).origin):
            raise _OtherTree
        return open_note(note, self._verifiers) if self._verifiers else read_checkpoint(note)

    def _is_other(self, origin: str) -> bool:
        """Whether this is a checkpoint of the register's other tree."""
        return origin.endswith(ACCESSES) != bool(self._suffix)


def proved(signed: Iterable[Signed], roots: Mapping[int, bytes]) -> int:
    """How far the good checkpoints from outside the database bear these *roots* out."""
    return max(
        (
            each.checkpoint.size
            for each in signed
            if each.outside and roots.get(each.checkpoint.size) == each.checkpoint.root
        ),
        default=0,
    )


def result_of(findings: Sequence[Finding], unchecked: Sequence[str]) -> Result:
    if findings:
        return "tampered"
    return "could-not-check" if unchecked else "sound"
