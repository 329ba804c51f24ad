"""In a folder without a register, only what begins one makes anything."""

from base64 import b64encode
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from api.cli import main
from tests.desks import MASTER_KEY

CASE = str(UUID(int=1))
OLD_REGISTER = "tests/data/municipal-receipt-log.csv.gz"
WORK = (
    ("history", CASE),
    ("audit", "trail", "--case", CASE),
    ("audit", "seen-by", CASE),
    ("audit", "conformance"),
    ("as-of", "cases", "1"),
    ("export", "case", CASE, "--reason", "Yoxlama"),
    ("export", "parquet", "exported", "--purpose", "workload-study"),
    ("calendar", "list"),
    ("deadline", "what-if", "--rule", "az-a-gen", "--length", "10"),
    ("notices",),
    ("rebuild",),
    ("retention", "due"),
    ("import", OLD_REGISTER, "--mapping", "municipal-receipt-log"),
)
ANYWHERE = (*WORK, ("doctor",), ("verify",))


def run(words: tuple[str, ...], folder: Path, **settings: str) -> Result:
    environ = {"KARGUZAR_DATA_DIR": str(folder), "COLUMNS": "400", **settings}
    return CliRunner().invoke(main, words, env=environ)


def refused(ended: Result, folder: Path) -> str:
    assert ended.exit_code == 2, ended.output
    assert isinstance(ended.exception, SystemExit), ended.exception
    assert not folder.exists() or not list(folder.iterdir())
    return ended.output


@pytest.mark.parametrize("words", ANYWHERE, ids=" ".join)
def test_where_no_register_is_that_is_said_and_nothing_made(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = tmp_path / "elsewhere"
    said = refused(run(words, folder), folder)
    assert f"There is no register in {folder}" in said
    assert "karguzar migrate" in said


@pytest.mark.parametrize(
    "words",
    [("checkpoint-key",), ("token", "registrar", "--official", "r-1", "--unit", "u-1")],
    ids=lambda words: words[0],
)
def test_a_key_is_only_shown_where_there_is_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "elsewhere"
    assert "KARGUZAR_DATA_DIR" in refused(run(words, folder), folder)


def test_a_database_without_its_master_key_is_not_read(database: str, tmp_path: Path) -> None:
    ended = run(("history", CASE), tmp_path, KARGUZAR_DATABASE_URL=database)
    assert "There is no master key in" in refused(ended, tmp_path)


def test_what_needs_no_register_makes_none(tmp_path: Path) -> None:
    for words in (("deadline", "az-a-gen", "--from", "2025-06-02"), ("retention", "rules")):
        folder = tmp_path / "elsewhere"
        assert run(words, folder).exit_code == 0
        assert not folder.exists()


@pytest.fixture
def empty_database(postgres: str) -> str:
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as conn:
        conn.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return make_conninfo(postgres, dbname=name)


def test_a_database_that_is_not_migrated_is_left_as_it_is(
    empty_database: str, tmp_path: Path
) -> None:
    key = b64encode(MASTER_KEY).decode()
    other = tmp_path / "other.key"
    other.write_text(b64encode(bytes(32)).decode())
    settings = {"KARGUZAR_DATABASE_URL": empty_database, "KARGUZAR_MASTER_KEY": key}
    for words in (*WORK, ("verify",), ("master-key", "rotate", "--new-file", str(other))):
        ended = run(words, tmp_path / "elsewhere", **settings)
        assert "karguzar migrate" in refused(ended, tmp_path / "elsewhere"), words
    with psycopg.connect(empty_database) as conn:
        tables = conn.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname IN ('karguzar', 'public')"
        )
        assert tables.fetchone() == (0,)


def test_read_models_that_were_never_built_are_said(database: str, tmp_path: Path) -> None:
    key = b64encode(MASTER_KEY).decode()
    settings = {"KARGUZAR_DATABASE_URL": database, "KARGUZAR_MASTER_KEY": key}
    said = refused(run(("audit", "seen-by", CASE), tmp_path, **settings), tmp_path)
    assert "run karguzar rebuild first" in said


def test_a_database_out_of_reach_is_said(tmp_path: Path) -> None:
    url = f"postgresql://nobody@/none?host={tmp_path}"
    key = b64encode(MASTER_KEY).decode()
    ended = run(("history", CASE), tmp_path, KARGUZAR_DATABASE_URL=url, KARGUZAR_MASTER_KEY=key)
    assert "can't be reached" in refused(ended, tmp_path)


def test_an_unknown_mapping_is_refused_with_those_there_are(tmp_path: Path) -> None:
    ended = run(("import", OLD_REGISTER, "--mapping", "receipts"), tmp_path)
    said = refused(ended, tmp_path)
    assert "There is no mapping receipts" in said
    assert "municipal-receipt-log" in said


def test_the_master_key_is_not_rotated_to_itself(database: str, tmp_path: Path) -> None:
    same = tmp_path / "same.key"
    same.write_text(b64encode(MASTER_KEY).decode())
    settings = {
        "KARGUZAR_DATABASE_URL": database,
        "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
    }
    ended = run(("master-key", "rotate", "--new-file", str(same)), tmp_path, **settings)
    assert ended.exit_code == 2
    assert "The new key is the old one" in ended.output
