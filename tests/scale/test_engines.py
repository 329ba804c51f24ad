"""Engines for whoever outgrows one machine find in the exports what the register has.

They are installed in .venv-scale, and run as programs of their own: `make test-scale`.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.exports import PURPOSE, Register, asked, demo_register

ROOT = Path(__file__).parents[2]
ENGINES = ROOT / ".venv-scale" / "bin" / "python"
SECONDS = 150
NO_JAVA = (
    "Java is missing: the export isn't read with Spark. Install a runtime of Java 17 or later, "
    "such as Debian's openjdk-17-jre-headless."
)


class Files(Struct):
    """The exports of one register."""

    register: Register
    parquet: Path
    xes: Path
    ocel: Path


@pytest.fixture(scope="module")
def files(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    folder = tmp_path_factory.mktemp("exports")
    with demo_register(postgres, folder / "settings", cases=200) as register:
        made = Files(register, folder / "parquet", folder / "log.xes", folder / "log.jsonocel")
        for words in (
            ("parquet", str(made.parquet)),
            ("xes", str(made.xes)),
            ("ocel", str(made.ocel)),
        ):
            ended = register.run("export", *words, "--purpose", PURPOSE)
            assert ended.exit_code == 0, ended.output
        yield made


@pytest.fixture(scope="module")
def reading(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Both engines at work at the same time, each with a processor of its own."""
    if not ENGINES.exists():
        pytest.skip("The engines aren't installed: make test-scale does that.")
    logs = tmp_path_factory.mktemp("engines")
    given = {"pm4py": (files.xes, files.ocel)} | ({"spark": (files.parquet,)} if java() else {})
    at_work = {}
    for engine, paths in given.items():
        with (logs / engine).open("wb") as log:
            at_work[engine] = subprocess.Popen(
                [ENGINES, f"tests/scale/totals_by_{engine}.py", *map(str, paths)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
            )
    try:
        yield {engine: (process, logs / engine) for engine, process in at_work.items()}
    finally:
        for process in at_work.values():
            process.kill()
            process.communicate()


def java() -> str | None:
    return shutil.which("java") or os.environ.get("JAVA_HOME")


def totals(reading: dict[str, Any], engine: str) -> dict[str, Any]:
    process, log = reading[engine]
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, log.read_text()[-3_000:]
    found: dict[str, Any] = json.loads(said)
    return found


@pytest.fixture(scope="module")
def by_spark(reading: dict[str, Any]) -> dict[str, Any]:
    if not java():
        pytest.skip(NO_JAVA)
    return totals(reading, "spark")


@pytest.fixture(scope="module")
def by_pm4py(reading: dict[str, Any]) -> dict[str, Any]:
    return totals(reading, "pm4py")


def rows(found: list[list[Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(map(tuple, found))


def follows(register: Register, by: str, *, kind: str | None = None) -> list[list[Any]]:
    """Which event comes behind which, how often, as the register's own log has it."""
    found = register.rows(
        "SELECT first, after, count(*) FROM (SELECT event AS first, lead(event) OVER "
        f"(PARTITION BY {by} ORDER BY position) AS after "
        "FROM read_models.trail t JOIN read_models.register r USING (case_id) "
        "WHERE NOT confidential AND (%s::text IS NULL OR r.kind = %s)) AS pairs "
        "WHERE after IS NOT NULL GROUP BY 1, 2",
        kind,
        kind,
    )
    return sorted(list(pair) for pair in found)


def test_spark_counts_what_duckdb_and_the_register_count(
    files: Files, by_spark: dict[str, Any]
) -> None:
    register = files.register
    assert rows(by_spark["cases"]) == Counter(
        register.rows(
            "SELECT kind, open, count(*) FROM read_models.register WHERE NOT confidential "
            "GROUP BY 1, 2"
        )
    )
    events = "SELECT month, activity, count(*) FROM t GROUP BY 1, 2"
    assert rows(by_spark["events"]) == Counter(asked(files.parquet, "events", events))
    occurrences = "SELECT month, occurrence, count(*), sum(amount)::int8 FROM t GROUP BY 1, 2"
    found = rows(by_spark["occurrences"])
    assert found == Counter(asked(files.parquet, "occurrences", occurrences))
    sums = dict(
        register.rows(
            "SELECT occurrence, sum(n)::int8 FROM read_models.occurrence_sums "
            "WHERE grain = 'month' AND unit = '' AND dimension = '' AND NOT confidential GROUP BY 1"
        )
    )
    counted: Counter[str] = Counter()
    for _, occurrence, count, _ in found:
        counted[occurrence] += count
    assert counted == sums


def test_spark_takes_each_column_for_what_it_is(by_spark: dict[str, Any]) -> None:
    types = dict(by_spark["events_columns"])
    assert types["recorded_at"] == "timestamp"
    assert types["recorded_on"] == "date"
    assert types["nth"] == "bigint"
    assert types["for_another"] == "boolean"
    assert types["month"] == "string"
    months = {month for month, *_ in by_spark["events"]}
    assert all(date.fromisoformat(f"{month}-01") for month in months)


def test_pm4py_finds_every_case_and_event_of_the_xes(
    files: Files, by_pm4py: dict[str, Any]
) -> None:
    register = files.register
    told = "FROM read_models.trail t JOIN read_models.register USING (case_id) "
    shown = f"{told} WHERE NOT confidential"
    assert by_pm4py["cases"] == register.one(f"SELECT count(DISTINCT case_id) {shown}")
    assert by_pm4py["events"] == register.one(f"SELECT count(*) {shown}")
    assert by_pm4py["resources"] == register.one(f"SELECT count(DISTINCT official) {shown}")
    activities = dict(register.rows(f"SELECT event, count(*) {shown} GROUP BY 1"))
    assert by_pm4py["activities"] == activities
    starts = dict(register.rows(f"SELECT event, count(*) {shown} AND t.version = 1 GROUP BY 1"))
    assert by_pm4py["starts"] == starts


def test_pm4pys_directly_follows_graph_is_the_logs(files: Files, by_pm4py: dict[str, Any]) -> None:
    assert by_pm4py["follows"] == follows(files.register, "case_id")
    assert len(by_pm4py["follows"]) > 50


def test_pm4py_finds_in_ocel_what_follows_within_each_kind_and_along_threads(
    files: Files, by_pm4py: dict[str, Any]
) -> None:
    register = files.register
    assert by_pm4py["object_events"] == by_pm4py["events"]
    assert by_pm4py["object_activities"] == by_pm4py["activities"]
    kinds = dict(by_pm4py["objects"])
    threads = kinds.pop("thread")
    assert kinds == dict(
        register.rows(
            "SELECT kind, count(*) FROM read_models.register WHERE NOT confidential GROUP BY 1"
        )
    )
    assert threads == register.one(
        "SELECT count(DISTINCT t.correlation_id) FROM read_models.trail t "
        "JOIN read_models.register USING (case_id) WHERE NOT confidential"
    )
    found = by_pm4py["follows_of_objects"]
    assert found["thread"] == follows(register, "t.correlation_id")
    for kind in ("appeal", "assignment", "reception", "media-inquiry"):
        assert found[kind] == follows(register, "case_id", kind=kind)
