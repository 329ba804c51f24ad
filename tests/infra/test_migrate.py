import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.errors import DivisionByZero

from infra.migrate import FILES, MigrationChanged, migrate

NAMES = sorted(file.name for file in FILES.glob("*.sql"))


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    """The conninfo of a database without anything in it."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
        yield make_conninfo(postgres, dbname=name)
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return shutil.copytree(FILES, tmp_path / "migrations")


def test_each_file_is_applied_once_and_in_order(empty: str) -> None:
    assert migrate(empty) == NAMES
    assert migrate(empty) == []


def test_two_processes_at_once_apply_each_file_once(empty: str) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first, second = pool.map(migrate, [empty, empty])
    assert sorted([*first, *second]) == NAMES


def test_an_edited_file_is_refused(empty: str, files: Path) -> None:
    migrate(empty, files)
    with (files / NAMES[0]).open("a") as file:
        file.write("-- a harmless comment\n")
    with pytest.raises(MigrationChanged, match=f"{NAMES[0]} was edited after it was applied"):
        migrate(empty, files)


def test_a_new_file_is_applied_alone(empty: str, files: Path) -> None:
    migrate(empty, files)
    (files / "9999_more.sql").write_text("CREATE TABLE public.more (one integer)")
    assert migrate(empty, files) == ["9999_more.sql"]


def test_a_file_that_fails_leaves_nothing_and_may_be_mended(empty: str, files: Path) -> None:
    broken = files / "9999_more.sql"
    broken.write_text("CREATE TABLE public.more (one integer); SELECT 1 / 0;")
    with pytest.raises(DivisionByZero):
        migrate(empty, files)
    broken.write_text("CREATE TABLE public.more (one integer)")
    assert migrate(empty, files) == ["9999_more.sql"]
