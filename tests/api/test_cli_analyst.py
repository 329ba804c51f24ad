"""`karguzar analyst`: the logins it makes let in, and what it refuses it says in a sentence."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from api.cli import main
from infra.analysts import analysts, remove_analyst
from tests.desks import MASTER_KEY, migrated_database

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def register(postgres: str) -> Iterator[str]:
    with migrated_database(postgres) as conninfo:
        yield conninfo
        with psycopg.connect(conninfo, autocommit=True) as conn:
            for each in analysts(conn):
                remove_analyst(conn, each.login)


@pytest.fixture
def run(register: str, tmp_path: Path) -> Run:
    settings = {
        "KARGUZAR_DATABASE_URL": register,
        "KARGUZAR_DATA_DIR": str(tmp_path),
        "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
    }
    unset = dict.fromkeys(name for name in os.environ if name.startswith("KARGUZAR_"))
    return lambda *words: CliRunner().invoke(main, ["analyst", *words], env=unset | settings)


def test_a_login_is_made_lets_in_is_listed_and_goes(run: Run, register: str) -> None:
    name = f"cli_{uuid4().hex[:8]}"
    made = run("add", name, "--purpose", "workload", "--official", "analyst", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert (told["login"], told["purpose"]) == (name, "workload")
    with psycopg.connect(register, user=name, password=told["password"]) as analyst:
        assert analyst.execute("SELECT count(*) FROM cases").fetchone() == (0,)
    found = json.loads(run("list", "--json").stdout)
    assert [each for each in found if each["login"] == name] == [
        {"login": name, "purpose": "workload", "official": "analyst", "connections": 3}
    ]
    assert name in run("list").output
    assert run("remove", name).exit_code == 0
    assert json.loads(run("list", "--json").stdout) == []


def test_a_password_stands_in_no_table_and_is_another_each_time(run: Run) -> None:
    first, second = (
        run("add", f"cli_{uuid4().hex[:8]}", "--purpose", "workload").output for _ in range(2)
    )
    passwords = {
        line.removeprefix("Password: ")
        for line in f"{first}\n{second}".splitlines()
        if line.startswith("Password: ")
    }
    assert len(passwords) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "Deniz", "--purpose", "workload"), "small letters"),
        (("add", "deniz", "--purpose", "Workload!"), "A purpose has"),
        (("add", "postgres", "--purpose", "workload"), "choose another"),
        (("remove", "nobody_here"), "karguzar analyst list shows them"),
    ],
    ids=["no-login", "no-purpose", "taken", "unknown"],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    run: Run, words: tuple[str, ...], sentence: str
) -> None:
    refused = run(*words)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.output.split())
