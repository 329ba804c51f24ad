"""A file that several processes need and whoever is first makes."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def make_once(path: Path, content: bytes) -> None:
    """Make the file, for its owner alone, whole or not at all.

    Of processes that begin together the first one's stays: linking is all or nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as fresh:
        fresh.write(content)
        fresh.flush()
        os.fsync(fresh.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(fresh.name)
