"""A folder of Parquet files by table and month, and what stands in it, in `export.json`.

A month is one file, and is replaced whole: whoever reads sees it as it was or as it is. The
process may be killed at any moment: the next one goes on behind the last month that was finished.
"""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import DecodeError, Struct, ValidationError, field, json

from infra.parquet import Field, Rows, parquet_file
from infra.whole_files import clear_unfinished, keep_names, whole_file

FORMAT = 1
STATE = "export.json"
_LOCK = ".lock"
_PART = "part-0.parquet"
_NO_MONTH = "__HIVE_DEFAULT_PARTITION__"


class FolderUnfit(Exception):
    """This folder can't be exported to: name an empty one."""


class Files(Struct, kw_only=True):
    """The months of a table that have rows, with how many; ``columns`` with what they hold."""

    description: str
    columns: dict[str, str]
    months: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(self.months.values())


class UnderWay(Struct, kw_only=True):
    """An export to ``position`` that isn't finished, and the months of each table that are."""

    position: int
    done: dict[str, list[str]] = field(default_factory=dict)


class State(Struct, kw_only=True, forbid_unknown_fields=True):
    """Every file is as known at ``position``, recorded ``as_of``, unless one is ``under_way``.

    ``mark`` tells whose pseudonyms these are; ``made_from`` is what has to be as it was for files
    to be left as they are.
    """

    format: int
    purpose: str
    mark: str
    made_from: dict[str, str]
    position: int = 0
    as_of: datetime | None = None
    under_way: UnderWay | None = None
    tables: dict[str, Files] = field(default_factory=dict)


class ParquetFolder:
    """An open folder; nobody else exports to it meanwhile."""

    def __init__(self, path: Path, state: State) -> None:
        self.path = path
        self.state = state

    def month_file(
        self, table: str, month: str | None, description: str, fields: tuple[Field, ...]
    ) -> AbstractContextManager[Rows]:
        """The file of a month, to be written whole. Raises OSError."""
        path = self._path(table, month)
        path.parent.mkdir(parents=True, exist_ok=True)
        return parquet_file(path, description, fields)

    def remove(self, table: str, month: str | None) -> None:
        """Take a month away that has no rows any more."""
        path = self._path(table, month)
        if path.exists():
            path.unlink()
            keep_names(path.parent)

    def months(self, table: str) -> list[str | None]:
        """The months whose files are there, whether the state knows of them or not."""
        found = (self.path / table).glob(f"month=*/{_PART}")
        names = sorted(path.parent.name.partition("=")[2] for path in found)
        return [None if name == _NO_MONTH else name for name in names]

    def finish_month(self, table: str, month: str | None, rows: int) -> None:
        """Put on the disk that this month of the export under way is done."""
        name = month or _NO_MONTH
        files = self.state.tables[table]
        if rows:
            files.months[name] = rows
        else:
            files.months.pop(name, None)
        if self.state.under_way:
            self.state.under_way.done.setdefault(table, []).append(name)
        self.keep()

    def is_done(self, table: str, month: str | None) -> bool:
        under_way = self.state.under_way
        return under_way is not None and (month or _NO_MONTH) in under_way.done.get(table, ())

    def keep(self) -> None:
        """Put the state on the disk."""
        with whole_file(self.path / STATE) as out:
            out.write(json.format(json.encode(self.state), indent=1))

    def _path(self, table: str, month: str | None) -> Path:
        return self.path / table / f"month={month or _NO_MONTH}" / _PART


@contextmanager
def parquet_folder(path: Path, fresh: State) -> Iterator[ParquetFolder]:
    """The folder at *path*, made where there is none, with its state or a *fresh* one.

    What was written in another form, or from other versions of the read models, is forgotten: all
    of it will be written anew. Raises FolderUnfit for another purpose, another register, what is
    no export, or while another process is exporting; OSError where it can't be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    with (path / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderUnfit(
                f"Another process is exporting to {path}: wait until it has ended."
            ) from None
        state = _state_in(path)
        clear_unfinished(path)
        if state is None:
            if any(each.name != _LOCK for each in path.iterdir()):
                raise FolderUnfit(f"{path} has files, but no export: name an empty folder.")
            state = fresh
        if (state.purpose, state.mark) != (fresh.purpose, fresh.mark):
            raise FolderUnfit(
                f"{path} has an export for the purpose {state.purpose}, or of another register: "
                "name another folder."
            )
        if (state.format, state.made_from) != (fresh.format, fresh.made_from):
            state = fresh
        yield ParquetFolder(path, state)


def _state_in(path: Path) -> State | None:
    try:
        return json.decode((path / STATE).read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (DecodeError, ValidationError):
        raise FolderUnfit(
            f"{path / STATE} can't be read as the state of an export: name another folder."
        ) from None
