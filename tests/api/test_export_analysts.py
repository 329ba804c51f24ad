"""What analysts take away: Parquet brought up step by step, the event log, and what reads them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from psycopg import AsyncConnection
from pyarrow import parquet as pq

from application.caller import Role
from domain.case import CaseKind
from domain.record import CorrectEntry
from infra.pseudonyms import Pseudonyms
from projections.parquet_export import Exported, ParquetExport
from projections.parquet_tables import TABLES
from tests.desks import MASTER_KEY, migrated_database, new_desk
from tests.exports import PURPOSE, ZONE, Register, asked, demo_register, follow
from tests.orders import caller, order
from tests.projections.logs import append

CASES = 60
ROOT = Path(__file__).parents[2]
KEY = Pseudonyms(MASTER_KEY)
SEES_ALL = caller("aliyev", "records", Role.REGISTRAR, Role.AUDITOR)


@pytest.fixture(scope="module")
def register(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with demo_register(postgres, tmp_path_factory.mktemp("settings"), cases=CASES) as made:
        yield made


@pytest.fixture(scope="module")
def folder(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole register, exported by the command."""
    made = tmp_path_factory.mktemp("export") / "parquet"
    ended = register.run("export", "parquet", str(made), "--purpose", PURPOSE)
    assert ended.exit_code == 0, ended.output
    return made


def exported(conninfo: str, folder: Path, purpose: str = PURPOSE) -> Exported:
    async def export() -> Exported:
        async with await AsyncConnection.connect(conninfo, autocommit=True) as conn:
            return await ParquetExport(conn, purpose, KEY, ZONE).bring_up(folder)

    return asyncio.run(export())


def killed(conninfo: str, folder: Path, batch: int) -> None:
    words = [sys.executable, "-m", "tests.killed_export", conninfo, str(folder), PURPOSE, ZONE]
    ended = subprocess.run([*words, str(batch)], cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def state(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "export.json").read_text())
    return found


def test_duckdb_finds_the_registers_own_counts(register: Register, folder: Path) -> None:
    assert Counter(asked(folder, "cases", "SELECT kind, open, month FROM t")) == Counter(
        register.rows(
            "SELECT kind, open, to_char(registered_on, 'YYYY-MM') FROM read_models.register "
            "WHERE NOT confidential"
        )
    )
    assert Counter(asked(folder, "events", "SELECT activity, unit, month FROM t")) == Counter(
        register.rows(
            "SELECT event, t.unit, to_char(recorded_at AT TIME ZONE %s, 'YYYY-MM') "
            "FROM read_models.trail t JOIN read_models.register USING (case_id) "
            "WHERE NOT confidential",
            ZONE,
        )
    )


def test_duckdb_finds_the_sums_that_dashboards_and_reports_read(
    register: Register, folder: Path
) -> None:
    months = (
        "SELECT occurrence, kind, "
        "coalesce(date_trunc('month', on_day)::date, 'infinity'::date)::text, "
        "count(*), sum(amount)::int8 FROM t GROUP BY 1, 2, 3"
    )
    kept = register.rows(
        "SELECT occurrence, kind, starts_on::text, sum(n)::int8, sum(amount)::int8 "
        "FROM read_models.occurrence_sums WHERE grain = 'month' AND unit = '' AND dimension = '' "
        "AND NOT confidential GROUP BY 1, 2, 3"
    )
    assert len(kept) > 20
    assert sorted(asked(folder, "occurrences", months)) == sorted(kept)


def test_nobody_and_no_confidential_case_is_named(register: Register, folder: Path) -> None:
    whole = b"".join(
        bytes(str(pq.read_table(path).to_pylist()), "utf-8") for path in folder.rglob("*.parquet")
    )
    named = register.rows("SELECT case_id::text, number, subject FROM read_models.register")
    officials = register.rows("SELECT DISTINCT official FROM read_models.trail")
    assert len(named) == CASES
    for told in {text for row in named + officials for text in row if text}:
        assert told.encode() not in whole, told
    hidden = {
        KEY.of_case(case_id)
        for (case_id,) in register.rows(
            "SELECT case_id FROM read_models.register WHERE confidential"
        )
    }
    assert hidden
    again = folder.with_name("under-the-tests-key")
    exported(register.conninfo, again)
    shown = {case for (case,) in asked(again, "events", "SELECT DISTINCT case_pseudonym FROM t")}
    assert len(shown) == CASES - len(hidden)
    assert not hidden & shown


def test_every_column_says_what_it_holds(folder: Path) -> None:
    for table in TABLES:
        path = next((folder / table.name).rglob("*.parquet"))
        schema = pq.read_schema(path)
        described = {field.name: field.metadata[b"description"].decode() for field in schema}
        assert described == {field.name: field.description for field in table.fields}
        assert all(described.values())
        assert schema.metadata[b"description"].decode() == table.description
        assert state(folder)["tables"][table.name]["columns"] == described


def test_the_order_of_events_survives_sorting_by_time(register: Register, folder: Path) -> None:
    by_time = "SELECT activity, month FROM t ORDER BY recorded_at"
    as_logged = register.rows(
        "SELECT event, to_char(recorded_at AT TIME ZONE %s, 'YYYY-MM') FROM read_models.trail t "
        "JOIN read_models.register USING (case_id) WHERE NOT confidential ORDER BY position",
        ZONE,
    )
    assert asked(folder, "events", by_time) == as_logged


def test_a_second_export_writes_nothing_where_nothing_happened(
    register: Register, folder: Path
) -> None:
    before = files(folder)
    ended = register.run("export", "parquet", str(folder), "--purpose", PURPOSE, "--json")
    told = json.loads(ended.output)
    assert told["written"] == {"cases": 0, "events": 0, "occurrences": 0}
    assert told["rows"] == {
        name: len(asked(folder, name, "SELECT 1 FROM t")) for name in told["rows"]
    }
    assert told["position"] == len(register.log)
    assert files(folder) == before


@pytest.fixture
def growing(postgres: str, register: Register) -> Iterator[Callable[[float, float], Register]]:
    """A register that gets a share of the demo's log at a time."""
    with migrated_database(postgres) as conninfo:
        desk = new_desk(conninfo)
        made = Register(conninfo, desk, [], {})

        def grow(since: float, until: float) -> Register:
            whole = register.log
            append(desk, whole[int(len(whole) * since) : int(len(whole) * until)])
            follow(made)
            return made

        yield grow
        desk.close()


def test_step_by_step_and_killed_in_between_it_becomes_what_it_is_at_once(
    growing: Callable[[float, float], Register], tmp_path: Path
) -> None:
    steps = tmp_path / "steps"
    conninfo = growing(0, 0.4).conninfo
    killed(conninfo, steps, 4)
    begun = state(steps)
    assert begun["position"] == 0
    assert len(begun["under_way"]["done"]["cases"]) == 3
    assert list(steps.rglob(".*.unfinished"))
    growing(0.4, 0.6)
    finished = exported(conninfo, steps)
    assert finished.written["cases"] < 2 * finished.rows["cases"]
    growing(0.6, 0.8)
    killed(conninfo, steps, 2)
    assert state(steps)["position"] == finished.position
    growing(0.8, 1)
    last = exported(conninfo, steps)
    at_once = tmp_path / "at-once"
    whole = exported(conninfo, at_once)
    assert files(steps) == files(at_once)
    assert state(steps) | {"under_way": None} == state(at_once)
    assert (last.rows, last.position) == (whole.rows, whole.position)
    assert not list(steps.rglob(".*.unfinished"))


def test_a_month_is_written_again_only_where_something_changed(
    growing: Callable[[float, float], Register], tmp_path: Path
) -> None:
    conninfo = growing(0, 0.95).conninfo
    exported(conninfo, tmp_path)
    before = files(tmp_path)
    growing(0.95, 1)
    later = exported(conninfo, tmp_path)
    after = files(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert 0 < len(changed) <= sum(later.written.values()) < len(after)


def test_what_becomes_confidential_leaves_every_month_and_comes_back_with_the_decision(
    growing: Callable[[float, float], Register], tmp_path: Path
) -> None:
    register = growing(0, 1)
    exported(register.conninfo, tmp_path)
    (case_id,) = register.rows(
        "SELECT t.case_id FROM read_models.trail t JOIN read_models.register r USING (case_id) "
        "WHERE r.kind = 'appeal' AND NOT confidential GROUP BY 1 "
        "HAVING count(DISTINCT date_trunc('month', recorded_at)) > 1 ORDER BY 1 LIMIT 1"
    )[0]
    of_case = f"case_pseudonym = '{KEY.of_case(case_id)}'"

    def rows() -> list[int]:
        return [
            len(asked(tmp_path, table.name, f"SELECT 1 FROM t WHERE {of_case}")) for table in TABLES
        ]

    public = rows()
    assert all(public)
    for confidential in ("true", "false"):
        command = CorrectEntry(
            entry="confidential", value=confidential, approved_by="huseynova", reason="səhv"
        )
        register.desk.execute(order(CaseKind.APPEAL, case_id, command, SEES_ALL))
        follow(register)
        exported(register.conninfo, tmp_path)
        if confidential == "true":
            assert rows() == [0, 0, 0]
    assert [now >= before for now, before in zip(rows(), public, strict=True)] == [True] * 3


def test_a_folder_of_another_purpose_register_or_use_is_left_as_it_is(
    register: Register, folder: Path, tmp_path: Path
) -> None:
    before = files(folder)
    ended = register.run("export", "parquet", str(folder), "--purpose", "another-study")
    assert ended.exit_code == 1
    assert f"for the purpose {PURPOSE}" in " ".join(ended.output.split())
    assert files(folder) == before
    (tmp_path / "letter.txt").write_text("…")
    ended = register.run("export", "parquet", str(tmp_path), "--purpose", PURPOSE)
    assert ended.exit_code == 1
    assert "name an empty folder" in " ".join(ended.output.split())
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == ["letter.txt"]


def test_what_was_made_from_other_tables_is_written_anew(
    register: Register, tmp_path: Path
) -> None:
    exported(register.conninfo, tmp_path)
    whole = files(tmp_path)
    old = state(tmp_path)
    old["made_from"]["register_history"] = "0"
    (tmp_path / "export.json").write_text(json.dumps(old))
    left = tmp_path / "cases" / "month=1999-01" / "part-0.parquet"
    left.parent.mkdir()
    left.write_bytes(b"of a form that is gone")
    again = exported(register.conninfo, tmp_path)
    assert again.written["cases"] == len([name for name in whole if name.startswith("cases")]) + 1
    assert files(tmp_path) == whole


def test_two_purposes_have_no_pseudonym_in_common(register: Register, tmp_path: Path) -> None:
    seen = []
    for purpose in ("first-study", "second-study"):
        file = tmp_path / f"{purpose}.xes"
        assert register.run("export", "xes", str(file), "--purpose", purpose).exit_code == 0
        seen.append({name for trace in traces(file) for name in pseudonyms_in(trace)})
    assert len(seen[0]) == len(seen[1]) > CASES
    assert not seen[0] & seen[1]


XES = "{http://www.xes-standard.org/}"
TOLD_OF_A_CASE = {"kind", "subkind", "unit", "channel", "topic", "result"}
"""Beside its pseudonyms. Region and kind of applicant stand in counts alone."""


def traces(file: Path) -> list[ET.Element]:
    return ET.parse(file).getroot().findall(f"{XES}trace")  # noqa: S314 - our own


def texts(element: ET.Element) -> dict[str, str]:
    return {each.get("key", ""): each.get("value", "") for each in element}


def pseudonyms_in(trace: ET.Element) -> Iterator[str]:
    yield texts(trace)["concept:name"]
    yield texts(trace)["thread"]
    for event in trace.findall(f"{XES}event"):
        yield texts(event)["org:resource"]


def logged(register: Register, kind: str) -> Sequence[list[str]]:
    found = register.rows(
        "SELECT array_agg(event ORDER BY t.version) FROM read_models.trail t "
        "JOIN read_models.register r USING (case_id) "
        "WHERE NOT confidential AND kind = %s GROUP BY case_id",
        kind,
    )
    return sorted(events for (events,) in found)


def test_xes_has_a_trace_for_each_case_with_its_events_in_order(
    register: Register, tmp_path: Path
) -> None:
    file = tmp_path / "appeals.xes"
    words = ("export", "xes", str(file), "--purpose", PURPOSE, "--kind", "appeal", "--json")
    told = json.loads(register.run(*words).output)
    found = [
        [texts(event)["concept:name"] for event in trace.findall(f"{XES}event")]
        for trace in traces(file)
    ]
    assert sorted(found) == logged(register, "appeal")
    assert (told["cases"], told["events"]) == (len(found), sum(map(len, found)))
    assert {texts(trace)["kind"] for trace in traces(file)} == {"appeal"}
    of_case = {name for trace in traces(file) for name in texts(trace) if name}
    assert of_case == {"concept:name", "thread", *TOLD_OF_A_CASE}


def test_ocel_has_each_case_as_an_object_and_ties_it_to_its_thread(
    register: Register, tmp_path: Path
) -> None:
    file = tmp_path / "register.jsonocel"
    told = json.loads(
        register.run("export", "ocel", str(file), "--purpose", PURPOSE, "--json").output
    )
    log = json.loads(file.read_text())
    kinds = Counter(each["type"] for each in log["objects"])
    threads = register.one(
        "SELECT count(DISTINCT t.correlation_id) FROM read_models.trail t "
        "JOIN read_models.register USING (case_id) WHERE NOT confidential"
    )
    assert kinds.pop("thread") == threads
    assert kinds == dict(
        register.rows(
            "SELECT kind, count(*) FROM read_models.register WHERE NOT confidential GROUP BY 1"
        )
    )
    assert (told["cases"], told["events"]) == (kinds.total(), len(log["events"]))
    assert {each["name"] for each in log["objectTypes"]} == {*kinds, "thread"}
    of_case = {each["name"] for of in log["objectTypes"] for each in of["attributes"]}
    of_object = {each["name"] for of in log["objects"] for each in of.get("attributes", ())}
    assert of_case == of_object == TOLD_OF_A_CASE - {"kind"}
    assert {each["name"] for each in log["eventTypes"]} == {each["type"] for each in log["events"]}
    ids = {each["id"]: each["type"] for each in log["objects"]}
    assert len(ids) == len(log["objects"])
    for event in log["events"]:
        of, thread = (ids[tie["objectId"]] for tie in event["relationships"])
        assert (of in kinds, thread) == (True, "thread")


def test_a_file_that_is_there_is_not_written_over(register: Register, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    file.write_text("mine")
    ended = register.run("export", "xes", str(file), "--purpose", PURPOSE)
    assert ended.exit_code == 2
    assert "name another file" in " ".join(ended.output.split())
    assert file.read_text() == "mine"


def test_a_purpose_that_is_none_is_refused(register: Register, tmp_path: Path) -> None:
    ended = register.run("export", "ocel", str(tmp_path / "log"), "--purpose", "Təhlil!")
    assert ended.exit_code == 2
    assert "A purpose has" in ended.output
    assert not list(tmp_path.iterdir())


NOTEBOOK = ROOT / "docs" / "notebooks" / "five-questions.ipynb"


_FILL = """
import os, sys
import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

source, filled, connection = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
kernel = KernelManager(kernel_name="python3", transport="ipc", connection_file=connection)
NotebookClient(notebook, km=kernel, timeout=60).execute(env=dict(os.environ))
nbformat.write(notebook, filled)
"""


@pytest.fixture(scope="module")
def answers(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the notebook answers to each question, by the tag of its cell."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs aren't kept"
    filled = tmp_path_factory.mktemp("notebook") / "filled.ipynb"
    # In a process of its own: what the kernel's client leaves open ends with it.
    subprocess.run(
        [sys.executable, "-c", _FILL, NOTEBOOK, filled, filled.with_name("kernel.json")],
        env={**os.environ, "KARGUZAR_EXPORT": str(folder)},
        check=True,
        timeout=120,
    )
    notebook = nbformat.read(filled, as_version=4)  # type: ignore[no-untyped-call]
    found = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", ()):
            (output,) = cell.outputs
            found[tag] = output["data"].get("text/markdown") or output["data"]["image/svg+xml"]
    return found


def told(markdown: str) -> list[dict[str, str]]:
    """The rows of a table in Markdown."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines()]
    return [dict(zip(lines[0], row, strict=True)) for row in lines[2:]]


def test_the_notebook_tells_where_time_goes(register: Register, answers: dict[str, str]) -> None:
    kept = register.rows(
        "SELECT kind, value, sum(n)::int8 FROM read_models.occurrence_sums "
        "WHERE occurrence = 'held-ball' AND dimension = 'outcome' AND grain = 'month' "
        "AND unit = '' AND NOT confidential GROUP BY 1, 2 HAVING sum(n) >= 5"
    )
    found = {
        (row["kind"], row["whose turn"], int(row["times"]))
        for row in told(answers["where-time-goes"])
    }
    assert found == set(kept)
    assert answers["chart-of-time"].startswith("<svg")
    steps = told(answers["which-steps"])
    assert [int(row["days"]) for row in steps] == sorted(
        (int(row["days"]) for row in steps), reverse=True
    )
    assert all(int(row["times"]) >= 5 for row in steps)


def test_the_notebook_tells_who_comes_back(register: Register, answers: dict[str, str]) -> None:
    for tag, by in (("who-comes-back", "topic"), ("to-whom", "unit")):
        kept = register.rows(
            f"SELECT o.{by}, count(*), count(*) FILTER (WHERE o.repeat) "
            "FROM read_models.occurrences o JOIN read_models.register r USING (case_id) "
            "WHERE occurrence = 'received' AND r.kind = 'appeal' AND NOT r.confidential "
            "GROUP BY 1 HAVING count(*) >= 5"
        )
        rows = told(answers[tag])
        found = {(row[by], int(row["appeals"]), int(row["repeats"])) for row in rows}
        assert found
        assert found == set(kept)


def test_the_notebook_tells_who_answers_late(register: Register, answers: dict[str, str]) -> None:
    kept = register.rows(
        "SELECT unit, sum(n)::int8, coalesce(sum(n) FILTER (WHERE value = 'false'), 0)::int8 "
        "FROM read_models.occurrence_sums WHERE occurrence = 'answered' AND kind = 'appeal' "
        "AND dimension = 'on_time' AND grain = 'month' AND unit <> '' AND NOT confidential "
        "GROUP BY 1 HAVING sum(n) >= 5"
    )
    rows = told(answers["who-answers-late"])
    found = {(row["unit"], int(row["answers"]), int(row["late"])) for row in rows}
    assert found
    assert found == set(kept)


def test_the_notebook_tells_what_the_season_brings(
    register: Register, answers: dict[str, str]
) -> None:
    kept = dict(
        register.rows(
            "SELECT to_char(registered_on, 'YYYY-MM'), count(*) FROM read_models.register "
            "WHERE kind = 'appeal' AND legacy_number IS NULL AND NOT confidential GROUP BY 1"
        )
    )
    rows = told(answers["what-season-brings"])
    assert [row["month"] for row in rows] == sorted(kept)[1:-1]
    assert {row["month"]: int(row["appeals"]) for row in rows}.items() <= kept.items()
    assert "p = " in answers["season-or-chance"]


def test_the_notebook_tells_what_extensions_did(
    register: Register, answers: dict[str, str]
) -> None:
    kept = register.one(
        "SELECT count(*) FROM read_models.occurrences JOIN read_models.register r USING (case_id) "
        "WHERE occurrence = 'answered' AND r.kind = 'appeal' AND NOT r.confidential"
    )
    rows = told(answers["what-extensions-did"])
    assert sum(int(row["answers"]) for row in rows) == kept
