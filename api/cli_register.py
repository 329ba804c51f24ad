"""The register that a command works on; where there is none, none is begun."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from api.cli import fail
from api.composition import database
from infra.embedded import has_database
from infra.migrate import missing
from infra.settings import Settings

_NONE_HERE = (
    "There is no register in {data_dir}: set KARGUZAR_DATA_DIR or KARGUZAR_DATABASE_URL to the "
    "one you mean, or begin one with karguzar run or karguzar migrate."
)
_NO_KEY = (
    "There is no master key in {data_dir}: set KARGUZAR_MASTER_KEY_FILE, or KARGUZAR_DATA_DIR to "
    "the folder that the register was begun in."
)
_NOT_MIGRATED = "The database hasn't the tables of this version yet: run karguzar migrate first."
_NOT_READ_YET = (
    "The read models aren't built yet: start karguzar serve, or run karguzar rebuild first."
)
_OUT_OF_REACH = "The database can't be reached: look at KARGUZAR_DATABASE_URL and the server."


@contextmanager
def register(
    settings: Settings, *, master_key: bool = True, migrated: bool = True
) -> Iterator[str]:
    """The database of a register that was begun before; nothing is made for one that wasn't.

    Ends with a sentence where there is no database, or, as far as they are needed, no *master_key*
    or not all tables: *migrated*.
    """
    if settings.database_url is None and not has_database(settings.data_dir):
        fail(_NONE_HERE.format(data_dir=settings.data_dir))
    if master_key and not settings.master_key:
        fail(_NO_KEY.format(data_dir=settings.data_dir))
    with database(settings) as conninfo:
        try:
            with psycopg.connect(conninfo) as conn:
                left = missing(conn) if migrated else []
        except psycopg.OperationalError:
            fail(_OUT_OF_REACH)
        if left:
            fail(_NOT_MIGRATED)
        try:
            yield conninfo
        except psycopg.errors.UndefinedTable:
            if not migrated:
                raise
            fail(_NOT_READ_YET)
