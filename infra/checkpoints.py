"""Where checkpoints are kept: in the database, and out of its reach."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from psycopg import AsyncConnection, Connection
from psycopg.rows import tuple_row

from infra.notes import Checkpoint

LATEST = "checkpoint"
_SUFFIX = ".note"
_LARGEST_FILE = 1_000_000
_WITNESS_SECONDS = 10.0
_READABLE = 0o644


class Kept(Struct, frozen=True):
    """A note, and where it was found."""

    place: str
    note: str


class WitnessRefused(Exception):
    """The witness did not take the checkpoint."""


class CheckpointDirectory:
    """A directory that another machine pulls: the newest as `checkpoint`, all of them by day."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        """Keep the note; each file is there whole or not at all."""
        if self.latest() == note:
            return
        day = self.path / f"{datetime.now(UTC):%Y-%m-%d}"
        day.mkdir(parents=True, exist_ok=True)
        _write(day / f"{checkpoint.size:020}{_SUFFIX}", note)
        _write(self.path / LATEST, note)

    def latest(self) -> str | None:
        try:
            return (self.path / LATEST).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def newest(self) -> Iterator[str]:
        """The newest note, and the newest of those by day: one of them may be gone."""
        if latest := self.latest():
            yield latest
        for day in sorted(
            (each for each in self.path.glob("*-*-*") if each.is_dir()), reverse=True
        ):
            for file in sorted(day.glob(f"*{_SUFFIX}"), reverse=True):
                yield file.read_text(encoding="utf-8", errors="replace")
                return


def notes_under(path: Path) -> Iterator[Kept]:
    """Every note in the directory and below; files that are none are passed over.

    Raises OSError where a file can't be read.
    """
    for file in sorted(path.rglob("*")):
        if file.is_file() and (file.suffix == _SUFFIX or file.name == LATEST):
            content = file.read_bytes()[: _LARGEST_FILE + 1]
            yield Kept(str(file.relative_to(path)), content.decode("utf-8", "replace"))


class Witness:
    """Somebody else who keeps the notes: each is POSTed there as text."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sent: str | None = None

    def put(self, _: Checkpoint, note: str) -> None:
        """Send the note; raise WitnessRefused or httpx.HTTPError, and send it again next time."""
        if self._sent == note:
            return
        answer = httpx.post(
            self._url,
            content=note.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
            timeout=_WITNESS_SECONDS,
        )
        if not answer.is_success:
            raise WitnessRefused(f"The witness answered {answer.status_code}")
        self._sent = note


def insert_checkpoint(conn: Connection[Any], checkpoint: Checkpoint, note: str) -> None:
    """Keep it. Two who sign the same tree at once make the same note: it is kept once."""
    conn.execute(
        "INSERT INTO karguzar.checkpoints (origin, size, root, note) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (checkpoint.origin, checkpoint.size, checkpoint.root, note),
    )


_LAST = (
    "SELECT size, root, note FROM karguzar.checkpoints WHERE origin = %s ORDER BY size DESC LIMIT 1"
)


def last_checkpoint(conn: Connection[Any], origin: str) -> tuple[Checkpoint, str] | None:
    """The newest that the database has of this log, with its note."""
    row = conn.cursor(row_factory=tuple_row).execute(_LAST, (origin,)).fetchone()
    return (Checkpoint(origin, row[0], row[1]), row[2]) if row else None


async def last_checkpoint_later(
    conn: AsyncConnection[Any], origin: str
) -> tuple[Checkpoint, str] | None:
    """As `last_checkpoint`."""
    cursor = await conn.cursor(row_factory=tuple_row).execute(_LAST, (origin,))
    row = await cursor.fetchone()
    return (Checkpoint(origin, row[0], row[1]), row[2]) if row else None


def _write(path: Path, note: str) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as fresh:
        fresh.write(note.encode())
        fresh.flush()
        os.fchmod(fresh.fileno(), _READABLE)
        os.fsync(fresh.fileno())
    Path(fresh.name).replace(path)
