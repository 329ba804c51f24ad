"""How the rows of an older register's export become appeals, as a TOML file tells it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, ValidationError, convert

from domain.appeal import AppealKind, Channel, Result
from domain.case import Code, OfficialId, UnitId

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_AT_LINE = re.compile(r"at line (\d+)")
_WHERE = re.compile(r" - at `\$\.?([^`]*)`")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")

Column = Annotated[str, Meta(min_length=1)]
Template = Annotated[str, Meta(min_length=1)]
"""A text in which ``{column}`` stands for that column's value."""


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """A column's value, in our words where ``values`` translates theirs."""

    column: Column
    values: dict[str, str] | None = None


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``register`` names the older register: all ids of the import derive from it."""

    register: Code
    case: Column
    official: OfficialId
    unit: UnitId
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    empty: tuple[str, ...] = ()
    time_zone: str = "UTC"


class AppealColumns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``contact`` tells how the applicant, whom the source doesn't name, is reached.

    ``topic`` and ``region`` are codes, or columns whose values are made into codes.
    """

    kind: AppealKind | Cell
    channel: Channel | Cell
    topic: Code | Cell
    subject: Template
    contact: Template
    legacy_number: Template
    received_at: Column
    registered_at: Column | None = None
    region: Code | Cell | None = None
    note: Template | None = None


class AssignmentColumns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``unit`` and ``main_executor``: the first of the columns that is not empty."""

    unit: Annotated[tuple[Column, ...], Meta(min_length=1)]
    main_executor: Column
    accepted: bool = False


class StepColumns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each step becomes a note; those dated outside their case say so in it."""

    id: Column
    at: Column
    note: Template
    before_start: str = "dated before its case began"
    after_end: str = "dated after its case ended"


class EndColumns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty ``at`` is a case still open; ``due_at`` is the older register's own deadline."""

    at: Column
    due_at: Column | None = None
    result: Result | Cell | None = None


class LegacyMapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: Source
    appeal: AppealColumns
    step: StepColumns
    assignment: AssignmentColumns | None = None
    end: EndColumns | None = None

    @property
    def case_columns(self) -> dict[str, None]:
        """The columns that tell of the whole case, so that each of its rows has to agree."""
        tables = (self.appeal, self.assignment, self.end)
        return dict.fromkeys(column for table in tables for _, column in columns_of(table))

    @property
    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column the mapping names, each with its place in the mapping."""
        yield "source.case", self.source.case
        for name in ("appeal", "assignment", "step", "end"):
            for key, column in columns_of(getattr(self, name)):
                yield f"{name}.{key}", column


class MappingWrong(Exception):
    """The mapping can't be used: its file, the line and why."""


def read_mapping(path: Path) -> LegacyMapping:
    """Raises MappingWrong for a file that is no TOML or isn't a mapping."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise MappingWrong(f"{path}: can't be read: {type(error).__name__}") from error
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        raise MappingWrong(f"{path}:{line.group(1) if line else 1}: {error}") from error
    try:
        mapping = convert(found, LegacyMapping)
    except ValidationError as error:
        raise _wrong(path, text, str(error)) from error
    for place, cell, choices in _translations(mapping):
        for theirs, ours in (cell.values or {}).items():
            if ours not in choices:
                reason = f"{theirs!r} becomes {ours!r}, which is none of {', '.join(choices)}"
                raise MappingWrong(f"{path}:{line_of(text, place)}: {reason}")
    try:
        ZoneInfo(mapping.source.time_zone)
    except (KeyError, ValueError, OSError) as error:
        where = line_of(text, "source.time_zone")
        raise MappingWrong(f"{path}:{where}: there is no such time zone") from error
    return mapping


def require_columns(mapping: LegacyMapping, path: Path, header: list[str]) -> None:
    """Raises MappingWrong when the mapping at *path* names a column that isn't in the header."""
    for place, column in mapping.columns:
        if column not in header:
            line = line_of(path.read_text(encoding="utf-8-sig"), place)
            raise MappingWrong(f"{path}:{line}: the file has no column {column!r}")


def columns_of(table: Struct | None) -> Iterator[tuple[str, str]]:
    """The columns a table of the mapping names, each with the key that names it."""
    if table is None:
        return
    for key in table.__struct_fields__:
        value = getattr(table, key)
        match value:
            case Cell(column=column):
                yield key, column
            case tuple():
                yield from ((key, column) for column in value)
            case str() if key in {"subject", "contact", "legacy_number", "note"}:
                yield from ((key, column) for column in _PLACEHOLDER.findall(value))
            case str() if key in {"received_at", "registered_at", "main_executor"}:
                yield key, value
            case str() if key in {"id", "at", "due_at"}:
                yield key, value


def filled_in(template: str, row: Mapping[str, str | None]) -> str:
    """The template with the row's values; a dash stands for an empty one."""
    return _PLACEHOLDER.sub(lambda found: row[found.group(1)] or "—", template)


def line_of(text: str, place: str) -> int:
    """The line where the key stands that a dotted *place* names, else that of its table."""
    wanted = place.split(".")
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            table = [part.strip() for part in header.group(1).split(".")]
            here = table
        elif key := re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line):
            here = [*table, key.group(1)]
        else:
            continue
        if len(here) > depth and wanted[: len(here)] == here:
            best, depth = number, len(here)
    return best


def _wrong(path: Path, text: str, message: str) -> MappingWrong:
    where = _WHERE.search(message)
    place = re.sub(r"\[[^\]]*\]", "", where.group(1)) if where else ""
    if unknown := _UNKNOWN.search(message):
        place = f"{place}.{unknown.group(1)}".lstrip(".")
    reason = _WHERE.sub("", message)
    return MappingWrong(f"{path}:{line_of(text, place)}: {place or 'the mapping'}: {reason}")


def _translations(mapping: LegacyMapping) -> Iterator[tuple[str, Cell, tuple[str, ...]]]:
    cells: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("appeal.kind", mapping.appeal.kind, tuple(AppealKind)),
        ("appeal.channel", mapping.appeal.channel, tuple(Channel)),
        ("end.result", mapping.end and mapping.end.result, tuple(Result)),
    )
    for place, cell, choices in cells:
        if isinstance(cell, Cell):
            yield place, cell, choices
