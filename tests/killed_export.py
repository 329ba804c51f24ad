"""An export to Parquet that is killed while it writes: `python -m tests.killed_export`.

Its arguments are the database, the folder, the purpose, the department's time zone and the batch
of rows, counted from 1, at which the process is gone.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from infra.parquet import Rows
from infra.pseudonyms import Pseudonyms
from projections.parquet_export import ParquetExport
from tests.desks import MASTER_KEY


def kill_at(batch: int) -> None:
    write = Rows.write
    written = 0

    def written_or_killed(self: Rows, rows: Sequence[Sequence[Any]]) -> None:
        nonlocal written
        written += 1
        write(self, rows)
        if written == batch:
            os.kill(os.getpid(), signal.SIGKILL)

    Rows.write = written_or_killed  # type: ignore[method-assign]


async def export(conninfo: str, folder: str, purpose: str, zone: str) -> None:
    async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
        pseudonyms = Pseudonyms(MASTER_KEY)
        await ParquetExport(conn, purpose, pseudonyms, zone).bring_up(Path(folder))


if __name__ == "__main__":
    *given, batch = sys.argv[1:]
    kill_at(int(batch))
    asyncio.run(export(*given))
