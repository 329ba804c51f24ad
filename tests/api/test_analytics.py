"""The analysts' views over HTTP: who reads them, in which form, and what never stands in them."""

import asyncio
import csv
import fcntl
import io
import subprocess
import termios
import time
from array import array
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import psycopg
import pytest
from msgspec import json
from openpyxl import load_workbook
from pyarrow import parquet

from api.analytics import MEDIA_TYPES, POSITION_HEADER, asked_of
from api.media_types import chosen
from api.register_state import AppRequest
from infra.analysts import add_analyst, remove_analyst
from infra.keys import PersonKey
from infra.pseudonyms import Pseudonyms
from infra.row_formats import Format
from infra.view_export import PROGRAM, Export, Exports
from infra.view_export_process import Opening
from projections.analytics import VIEWS, RowFilter, ViewName
from tests.api.bodies import appeal, refused
from tests.api.conftest import As
from tests.api.serving import Server, command_line, listens, wait_until

JSON, CSV, XLSX, PARQUET = MEDIA_TYPES
CASES = "/api/v1/analytics/cases"


@pytest.fixture(scope="module")
def positions(as_: As) -> list[int]:
    """Of an open appeal and of a confidential one."""
    answers = [
        as_("registrar").post("/api/v1/appeals", json=appeal(topic=topic, confidential=hidden))
        for topic, hidden in (("analysts-open", False), ("analysts-hidden", True))
    ]
    return [answer.json()["position"] for answer in answers]


def asked(
    client: httpx.Client, accept: str = JSON, view: str = "cases", **query: Any
) -> httpx.Response:
    answer = client.get(f"/api/v1/analytics/{view}", params=query, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(accept)
    return answer


def in_rows(answer: httpx.Response) -> list[dict[str, str]]:
    """All as text, as CSV has it."""
    match answer.headers["content-type"].partition(";")[0]:
        case "application/json":
            found = answer.json()["rows"]
        case "text/csv":
            return list(csv.DictReader(io.StringIO(answer.text)))
        case media_type if media_type == XLSX:
            page = load_workbook(io.BytesIO(answer.content), read_only=True).worksheets[0]
            heads, *rows = page.iter_rows(values_only=True)
            found = [dict(zip(heads, row, strict=True)) for row in rows]
        case _:
            found = parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    return [{name: _text(value) for name, value in row.items()} for row in found]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(" 00:00:00")


@pytest.mark.parametrize("who", ["analyst", "auditor", "leader"])
def test_those_who_may_read_the_same_cases_none_of_them_confidential(
    as_: As, positions: list[int], who: str
) -> None:
    rows = in_rows(asked(as_(who), kind="appeal", wait_for=positions[-1]))
    topics = {row["topic"] for row in rows}
    assert "analysts-open" in topics
    assert "analysts-hidden" not in topics
    columns = [column.name for column in VIEWS[ViewName.CASES].columns]
    assert [*rows[0]] == columns


@pytest.mark.parametrize("who", ["registrar", "executor", "head", "controller", "administrator"])
def test_others_are_refused_with_the_roles_that_would_do(as_: As, who: str) -> None:
    for path in ("/api/v1/analytics", CASES):
        problem = refused(as_(who).get(path), 403, "forbidden")
        assert problem["detail"] == "This needs one of these roles: analyst, auditor, leader"


def test_each_form_has_the_same_rows(as_: As, positions: list[int]) -> None:
    query: dict[str, Any] = {"topic": "analysts-open", "wait_for": positions[0]}
    first, *others = (in_rows(asked(as_("analyst"), form, **query)) for form in MEDIA_TYPES)
    assert len(first) == 1
    assert first[0]["topic"] == "analysts-open"
    assert len(first[0]["case_pseudonym"]) == 32
    assert all(other == first for other in others)


def test_an_answer_says_the_position_it_is_true_for(as_: As, positions: list[int]) -> None:
    answer = asked(as_("analyst"), wait_for=positions[-1])
    assert answer.json()["position"] == int(answer.headers[POSITION_HEADER]) >= positions[-1]
    table = parquet.read_table(io.BytesIO(asked(as_("analyst"), PARQUET).content))
    assert int(table.schema.metadata[b"position"]) >= positions[-1]
    stands_for = table.schema.field("case_pseudonym").metadata[b"description"]
    assert stands_for.startswith(b"Stands for the case")


def test_another_reader_has_other_pseudonyms_and_the_same_reader_the_same(
    as_: As, positions: list[int]
) -> None:
    query: dict[str, Any] = {"topic": "analysts-open", "wait_for": positions[0]}
    once, again, other = (
        in_rows(asked(as_(who), **query))[0] for who in ("analyst", "analyst", "leader")
    )
    assert once == again
    assert once["case_pseudonym"] != other["case_pseudonym"]
    assert {**once, "case_pseudonym": "", "thread_pseudonym": ""} == {
        **other,
        "case_pseudonym": "",
        "thread_pseudonym": "",
    }


def test_an_official_with_a_login_has_the_pseudonyms_of_its_purpose(
    server: Server, as_: As, positions: list[int]
) -> None:
    pseudonyms = Pseudonyms.of(PersonKey(bytes(32)), "joint study")
    with psycopg.connect(server.conninfo, autocommit=True) as conn:
        add_analyst(conn, "joint_study", "joint study", pseudonyms, official="auditor")
        try:
            found = in_rows(asked(as_("auditor"), topic="analysts-open", wait_for=positions[0]))
            case = conn.execute(
                "SELECT case_id FROM read_models.register WHERE topic = 'analysts-open'"
            ).fetchone()
        finally:
            remove_analyst(conn, "joint_study")
    assert case
    assert found[0]["case_pseudonym"] == pseudonyms.of_case(case[0])


def test_rows_are_asked_for_by_columns_and_days(as_: As, positions: list[int]) -> None:
    analyst, last = as_("analyst"), positions[-1]
    day = in_rows(asked(analyst, topic="analysts-open", wait_for=last))[0]["registered_on"]
    same_day = {"from": day, "to": day, "unit": "records", "kind": "appeal"}
    assert in_rows(asked(analyst, topic="analysts-open", **same_day))
    assert len(in_rows(asked(analyst, to=day, limit=1))) == 1
    assert not in_rows(asked(analyst, unit="x' OR true --"))


@pytest.mark.parametrize(
    ("path", "query", "status", "problem"),
    [
        ("units", {"kind": "appeal"}, 422, "filter-not-in-view"),
        ("units", {"from": "2026-01-01"}, 422, "filter-not-in-view"),
        ("cases", {"region": "baku"}, 400, "unknown-parameter"),
        ("cases", {"from": "soon"}, 422, "not-valid"),
        ("cases", {"unit": "x\x00"}, 422, "not-valid"),
        ("cases", {"limit": 0}, 422, "not-valid"),
        ("persons", {}, 422, "not-valid"),
    ],
    ids=["no-kind", "no-day", "no-such-name", "no-date", "no-text", "no-rows", "no-view"],
)
def test_what_a_view_does_not_have_is_refused(
    as_: As, path: str, query: dict[str, Any], status: int, problem: str
) -> None:
    refused(as_("analyst").get(f"/api/v1/analytics/{path}", params=query), status, problem)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", JSON),
        ("text/html, */*;q=0.5", JSON),
        ("text/*", CSV),
        (f"{JSON};q=0.2, {PARQUET}", PARQUET),
        (f"{JSON};q=0, {CSV};q=0.1", CSV),
    ],
    ids=["unsaid", "anything", "any-text", "liked-better", "all-but-one"],
)
def test_the_form_is_the_one_that_the_reader_likes_best(accept: str, form: str) -> None:
    request = cast("AppRequest", SimpleNamespace(headers={"accept": accept}))
    assert chosen(request, [*MEDIA_TYPES]) == form


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0", "application/json;q=x"])
def test_another_form_is_not_to_be_had(as_: As, accept: str) -> None:
    answer = as_("analyst").get(CASES, headers={"Accept": accept})
    problem = refused(answer, 406, "media-type-not-offered")
    assert "text/csv" in problem["detail"]


def test_the_list_tells_each_view_with_its_columns_and_filters(as_: As) -> None:
    views = {view["name"]: view for view in as_("analyst").get("/api/v1/analytics").json()["views"]}
    assert views.keys() == {str(name) for name in VIEWS}
    assert views["cases"]["filters"] == ["kind", "unit", "topic", "from", "to"]
    assert views["units"]["filters"] == ["unit"]
    assert all(column["says"] for view in views.values() for column in view["columns"])


def test_a_read_is_on_record_with_what_was_asked(server: Server, as_: As) -> None:
    asked(as_("analyst"), CSV, unit="records", limit=3)
    with psycopg.connect(server.conninfo) as conn:
        row = conn.execute(
            "SELECT official, operation, query FROM karguzar.accesses "
            "WHERE action = 'analytics-read' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert row == (
        "analyst",
        "analytics.rows",
        {"view": "cases", "format": "csv", "unit": "records", "limit": 3},
    )


def exports_of(server: Server) -> list[Any]:
    return [each for each in server.family() if PROGRAM[-1] in command_line(each)]


@pytest.fixture
def many_rows(server: Server) -> Iterator[None]:
    """So many counts that no answer fits into what lies between server and reader."""
    with psycopg.connect(server.conninfo, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO read_models.occurrence_sums (unit, occurrence, dimension, grain, "
            "starts_on, kind, value, confidential, n, amount) SELECT '', 'received', 'topic', "
            "'month', '2001-01-01', 'many', (SELECT string_agg(md5(n || '-' || k), '') "
            "FROM generate_series(1, 16) AS k), false, 10, 10 FROM generate_series(1, 20000) AS n"
        )
        yield
        conn.execute("DELETE FROM read_models.occurrence_sums WHERE kind = 'many'")


@pytest.mark.usefixtures("many_rows")
def test_no_more_than_two_are_carried_out_at_once_and_who_goes_away_frees_a_place(
    server: Server, as_: As
) -> None:
    analyst, path = as_("analyst"), "/api/v1/analytics/counts"
    with (
        httpx.Client(base_url=server.base, headers=analyst.headers, timeout=60) as first,
        httpx.Client(base_url=server.base, headers=analyst.headers, timeout=60) as second,
        first.stream("GET", path),
    ):
        with second.stream("GET", path):
            assert len(exports_of(server)) == 2
            assert not any(map(listens, exports_of(server)))
            busy = analyst.get(path)
            refused(busy, 503, "exports-under-way")
            assert busy.headers["retry-after"]
        second.close()
        wait_until(lambda: len(exports_of(server)) == 1, 10, "the second has ended")
        wait_until(
            lambda: analyst.get(path, params={"limit": 5}).status_code == 200, 10, "a place is free"
        )
    wait_until(lambda: not exports_of(server), 10, "the first has ended")


@pytest.mark.parametrize("form", MEDIA_TYPES.values(), ids=str)
@pytest.mark.usefixtures("many_rows")
def test_an_export_ends_though_nobody_empties_the_full_pipe(server: Server, form: Format) -> None:
    asked_for = asked_of(VIEWS[ViewName("counts")], RowFilter(), form)
    nobody = Pseudonyms(bytes(32))
    order = Exports(server.conninfo, lambda _: nobody).order(asked_for, "nobody reads")
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as export:
        assert export.stdin
        assert export.stdout
        export.stdin.write(json.encode(order) + b"\n")
        export.stdin.flush()
        assert json.decode(export.stdout.readline(), type=Opening).error is None
        wait_until(lambda: _readable(export.stdout) > 1 << 15, 20, "the pipe is full")
        time.sleep(0.5)
        export.stdin.close()
        assert export.wait(8) == 1


def _readable(pipe: Any) -> int:
    counted = array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, counted)
    return counted[0]


async def waiting_process() -> Process:
    """One that ends, as an export does, when nobody holds its standard input any longer."""
    return await create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)


def test_an_export_that_nobody_begins_to_read_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.view_export._UNREAD_SECONDS", 0)

    async def begun() -> int:
        process = await waiting_process()
        export = Export(process, 1)
        status = await asyncio.wait_for(process.wait(), 10)
        assert export.position == 1
        return status

    assert asyncio.run(begun()) == 0


@pytest.mark.usefixtures("many_rows")
def test_rows_that_end_before_their_time_are_not_taken_for_all(server: Server, as_: As) -> None:
    with as_("analyst").stream("GET", "/api/v1/analytics/counts") as answer:
        pieces = answer.iter_raw()
        next(pieces)
        (export,) = exports_of(server)
        export.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)


def test_the_server_itself_never_loads_what_writes_parquet(server: Server, as_: As) -> None:
    asked(as_("analyst"), PARQUET)
    for worker in server.workers():
        loaded = Path(f"/proc/{worker.pid}/maps").read_text()
        assert "httptools" in loaded
        assert "pyarrow" not in loaded
