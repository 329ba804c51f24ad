import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from application.access import Organisation
from application.desk import Desk
from infra.embedded import embedded_postgres
from infra.migrate import migrate
from tests.desks import ORGANISATION, TEMPLATE, migrated_database, new_desk

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    # Not under tmp_path: pytest closes its directory to the user that runs PostgreSQL for root.
    directory = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="karguzar-tests-")).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(server_dir: Path) -> Iterator[str]:
    """A server for the whole run, with one migrated database to copy; its conninfo."""
    with embedded_postgres(server_dir / "session") as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            # Its files don't outlive the run; the tests of crashes have a server of their own.
            conn.execute("ALTER SYSTEM SET fsync = off")
            conn.execute("ALTER SYSTEM SET full_page_writes = off")
            conn.execute("SELECT pg_reload_conf()")
            conn.execute(SQL("CREATE DATABASE {}").format(Identifier(TEMPLATE)))
        migrate(make_conninfo(conninfo, dbname=TEMPLATE))
        yield conninfo


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The conninfo of a fresh, migrated database."""
    with migrated_database(postgres) as conninfo:
        yield conninfo


@pytest.fixture
def organisation() -> Organisation:
    return ORGANISATION


@pytest.fixture
def desk(database: str) -> Iterator[Desk]:
    desk = new_desk(database)
    yield desk
    desk.close()
