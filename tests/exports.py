"""Registers that are exported for analysts in tests, and what is asked of the files."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from click.testing import CliRunner, Result
from msgspec import Struct

from api.cli import main
from application.demo import seed_demo
from application.desk import Desk
from domain.envelope import Recorded
from infra.jurisdiction import terms_of
from projections import READ_MODELS
from projections.parquet_tables import MODELS
from tests.desks import MASTER_KEY, migrated_database, new_desk, recorded_by
from tests.orders import register_appeal
from tests.projections.logs import run_out, runner_for, tracking_in

TODAY = date(2026, 4, 6)
ZONE = "Asia/Baku"
PURPOSE = "workload-study"
_READ = [model for model in READ_MODELS if model.name in {*MODELS, "register"}]


class Register(Struct):
    """A demo's register, its log and its read models."""

    conninfo: str
    desk: Desk
    log: list[Recorded]
    settings: dict[str, str]

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.settings)

    def one(self, query: str, *values: Any) -> Any:
        with psycopg.connect(self.conninfo) as conn:
            row = conn.execute(query, values).fetchone()
        assert row
        return row[0]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.conninfo) as conn:
            return conn.execute(query, values).fetchall()


def follow(register: Register) -> None:
    tracking = tracking_in(register.conninfo)
    run_out(runner_for(register.desk, register.conninfo, tracking, _READ))
    tracking.datastore.close()


@contextmanager
def demo_register(postgres: str, settings: Path, *, cases: int) -> Iterator[Register]:
    """A register with so many cases of the demo, one of them confidential."""
    with migrated_database(postgres) as conninfo:
        desk = new_desk(conninfo, terms_of("az"))
        with psycopg.connect(conninfo, autocommit=True) as conn:
            seed_demo(desk, conn, today=TODAY, cases=cases - 1)
        desk.execute(register_appeal(confidential=True))
        environ = {
            "KARGUZAR_DATABASE_URL": conninfo,
            "KARGUZAR_DATA_DIR": str(settings),
            "KARGUZAR_MASTER_KEY": b64encode(MASTER_KEY).decode(),
        }
        made = Register(conninfo, desk, recorded_by(desk), environ)
        follow(made)
        yield made
        desk.close()


def asked(folder: Path, table: str, question: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers to a question about the files of a table, here ``t``."""
    with duckdb.connect() as conn:
        source = f"read_parquet('{folder}/{table}/*/*.parquet', hive_partitioning = true)"
        return conn.execute(question.replace("FROM t", f"FROM {source} AS t")).fetchall()
