"""Files that are there whole or not at all, whenever the machine or the process ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write *path* beside its place; it gets there, in place of another, when all is on the disk.

    The name it has until then begins with a dot and ends with `UNFINISHED`. Raises OSError.
    """
    unfinished = path.absolute().with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with unfinished.open("wb") as fresh:
            yield fresh
            fresh.flush()
            os.fsync(fresh.fileno())
        unfinished.replace(path)
        keep_names(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def keep_names(folder: Path) -> None:
    """Return when the names in *folder* are on the disk, as they are now."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_unfinished(folder: Path) -> None:
    """Remove what a process that was killed left below *folder*; nobody may be writing there."""
    for left in folder.rglob(f".*{UNFINISHED}"):
        left.unlink(missing_ok=True)
