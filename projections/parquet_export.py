"""The export of Parquet: a folder brought up to a position of the log, month by month.

What an event changes are rows of its own case. So the months to write are those in which the
cases touched since the last export have rows, or had some; all others stay as they are.
"""

from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from infra.parquet_folder import (
    FORMAT,
    Files,
    FolderUnfit,
    ParquetFolder,
    State,
    UnderWay,
    parquet_folder,
)
from infra.pseudonyms import Pseudonyms
from projections.instants import recorded_at
from projections.parquet_tables import MODELS, TABLES, Month, Table, form_of
from projections.positions import reached

Progress = Callable[[int, int], object]


class RebuiltMeanwhile(Exception):
    """The read models were rebuilt meanwhile: run it again, it goes on where it was."""


class Exported(Struct, frozen=True, kw_only=True):
    """``written`` counts the months that were, of each table; ``rows`` all that it has."""

    folder: str
    purpose: str
    position: int
    as_of: datetime | None
    rows: dict[str, int]
    written: dict[str, int]


class ParquetExport:
    """An export for one purpose; *zone* is the department's, whose days and months they are."""

    def __init__(
        self, conn: AsyncConnection[Any], purpose: str, pseudonyms: Pseudonyms, zone: str
    ) -> None:
        self._conn = conn
        self._purpose = purpose
        self._pseudonyms = pseudonyms
        self._zone = zone

    async def bring_up(self, path: Path, progress: Progress = lambda done, total: None) -> Exported:  # noqa: ARG005
        """Write what has changed since the folder was last brought up to a position.

        One that a killed process left is finished first, at the position that it was for.
        *progress* hears how many months are done. Raises FolderUnfit, RebuiltMeanwhile, OSError.
        """
        made_from = await _made_from(self._conn)
        fresh = State(
            format=FORMAT, purpose=self._purpose, mark=self._pseudonyms.mark, made_from=made_from
        )
        written: dict[str, int] = {table.name: 0 for table in TABLES}
        with parquet_folder(path, fresh) as folder:
            if folder.state.under_way:
                await self._finish(folder, written, progress)
            position = await reached(self._conn, MODELS)
            if position < folder.state.position:
                raise FolderUnfit(
                    f"{path} is of position {folder.state.position}, and the read models have come "
                    f"to {position}: wait for them, or name another folder for another register."
                )
            if position > folder.state.position:
                folder.state.under_way = UnderWay(position=position)
                folder.keep()
                await self._finish(folder, written, progress)
            if await _made_from(self._conn) != made_from:
                raise RebuiltMeanwhile(RebuiltMeanwhile.__doc__)
            state = folder.state
        return Exported(
            folder=str(path),
            purpose=self._purpose,
            position=state.position,
            as_of=state.as_of,
            rows={name: files.rows for name, files in state.tables.items()},
            written=written,
        )

    async def _finish(
        self, folder: ParquetFolder, written: dict[str, int], progress: Progress
    ) -> None:
        state = folder.state
        assert state.under_way  # noqa: S101 - whoever calls has seen to it
        position = state.under_way.position
        plan = [
            (table, month)
            for table in TABLES
            for month in await self._months(folder, table, state.position, position)
        ]
        for table in TABLES:
            columns = {field.name: field.description for field in table.fields}
            files = state.tables.setdefault(table.name, Files(description="", columns={}))
            files.description, files.columns = table.description, columns
        progress(0, len(plan))
        for done, (table, month) in enumerate(plan, 1):
            if not folder.is_done(table.name, month.name):
                await self._write(folder, table, month, position)
                written[table.name] += 1
            progress(done, len(plan))
        state.position = position
        state.as_of = await recorded_at(self._conn, position)
        state.under_way = None
        folder.keep()

    async def _months(
        self, folder: ParquetFolder, table: Table, since: int, until: int
    ) -> list[Month]:
        """The months to write; at first also those that a forgotten export left in the folder."""
        months = await table.months_touched(self._conn, since, until, self._zone)
        if since == 0:
            names = {month.name for month in months}
            months += [Month.named(left) for left in folder.months(table.name) if left not in names]
        return months

    async def _write(
        self, folder: ParquetFolder, table: Table, month: Month, position: int
    ) -> None:
        found = table.batches(self._conn, month, position, self._zone, self._pseudonyms)
        async with aclosing(found) as batches:
            first = await anext(batches, None)
            if first is None:
                folder.remove(table.name, month.name)
                folder.finish_month(table.name, month.name, 0)
                return
            with folder.month_file(table.name, month.name, table.description, table.fields) as file:
                file.write(first)
                async for batch in batches:
                    file.write(batch)
        folder.finish_month(table.name, month.name, file.count)


async def _made_from(conn: AsyncConnection[Any]) -> dict[str, str]:
    """The versions of the read models that are read, and the form of the tables."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT name, version FROM karguzar.read_model_builds "
        "WHERE stage = 'live' AND name = ANY(%s) ORDER BY name",
        (list(MODELS),),
    )
    versions = {name: str(version) for name, version in await cursor.fetchall()}
    return versions | {"tables": form_of(TABLES)}
