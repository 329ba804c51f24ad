"""Reports over HTTP: who gets which, in which form, and what changed them since."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import docx
import httpx
import openpyxl
import psycopg
import pytest
from msgspec import json

from api.report_making import Report, RestatedReport
from domain.report_definition import DEFINITION_VERSION, METRICS
from domain.report_period import PeriodKind, ReportPeriod
from infra.reports.words import LANGUAGES, words
from tests.api.bodies import appeal, begun, done, now, read, refused
from tests.api.serving import PEOPLE, Server, served
from tests.desks import migrated_database

REPORTS = "/api/v1/reports"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
RECEIVED = "appeal.received"


class Told:
    """A server in which some appeals were registered, and the clients of its people."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.as_ = {name: server.client(server.token(who)) for name, who in PEOPLE.items()}
        registrar = self.as_["registrar"]
        self.cases = [
            begun(registrar, "appeals", appeal(topic="pensions", channel=channel))
            for channel in ("post", "post", "e-mail", "post", "e-mail", "post")
        ]
        self.year = str(now().year)
        self.quarter = f"{now().year - 1}-Q4"
        long_ago = str(date(now().year - 1, 11, 3))
        arrived = {"received_at": f"{long_ago}T10:00:00+04:00", "registered_on": long_ago}
        for channel in ("post", "post", "e-mail", "post", "e-mail", "post"):
            begun(registrar, "appeals", appeal(topic="pensions", channel=channel, **arrived))
        self.secret = begun(registrar, "appeals", appeal(topic="pensions", confidential=True))
        body = {"unit": "pensions", "main_executor": "mammadov", "resolution": "Baxılsın"}
        done(registrar, f"appeals/{self.cases[0]}/assign-appeal", body)
        self.position = server.log_position()

    def asked(self, who: str, kind: str = "annual", **query: Any) -> httpx.Response:
        headers = {"Accept": query.pop("accept", "application/json")}
        given = {"period": self.year, "as_of": self.position, **query}
        query = {name: value for name, value in given.items() if value is not None}
        return self.as_[who].get(f"{REPORTS}/{kind}", params=query, headers=headers)

    def ended_quarter(self, **query: Any) -> dict[str, Any]:
        """What an analyst may ask for."""
        return {"kind": "quarterly", "period": self.quarter, "as_of": None, **query}

    def report(self, who: str, kind: str = "annual", **query: Any) -> Report:
        answer = self.asked(who, kind, **query)
        assert answer.status_code == 200, answer.text
        return json.decode(answer.content, type=Report)


@pytest.fixture(scope="module")
def told(postgres: str, server_dir: Any) -> Iterator[Told]:
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "reports", conninfo, wait_seconds="10") as server,
    ):
        yield Told(server)


def figure(report: Report, metric: str, by: str = "", value: str = "") -> Any:
    return next(
        (f.now for f in report.figures if (f.metric, f.by, f.value) == (metric, by, value)), None
    )


def test_a_leader_is_told_of_the_whole_register_without_what_is_confidential(told: Told) -> None:
    report = told.report("leader")
    assert (report.unit, report.confidential_counted) == (None, False)
    assert (report.position, report.definition) == (told.position, DEFINITION_VERSION)
    assert figure(report, "appeal.received") == 6
    assert figure(report, "appeal.received", "channel", "post") == 4
    assert {f.metric for f in report.figures} == set(METRICS)
    assert report.reconciles


def test_an_auditor_counts_confidential_cases_too(told: Told) -> None:
    assert figure(told.report("auditor"), "appeal.received") == 7


def test_a_head_is_told_of_the_own_unit(told: Told) -> None:
    report = told.report("head")
    assert report.unit == "pensions"
    assert (figure(report, "appeal.came"), figure(report, "appeal.closing")) == (1, 1)
    refused(told.asked("head", unit="press"), 403, "forbidden")


def test_analysts_are_told_no_small_counts(told: Told) -> None:
    report = told.report("analyst", **told.ended_quarter(wait_for=told.position))
    assert not report.small_counts_told
    assert figure(report, "appeal.received") == 6
    assert figure(report, "appeal.received", "channel", "post") is None
    assert not [f for f in report.figures if f.now is not None and 0 < f.now < 5]
    refused(told.asked("analyst", "annual/restated", since=1, as_of=None), 403, "forbidden")


def test_the_course_of_the_year_adds_up_to_what_was_received(told: Told) -> None:
    report = told.report("auditor")
    months = [each for each in report.figures if (each.metric, each.by) == (RECEIVED, "month")]
    assert sum(each.now or 0 for each in months) == figure(report, RECEIVED)
    assert sum(each.before or 0 for each in months) == 6
    [november] = [each for each in months if each.value == "11"]
    assert november.before == 6


@pytest.mark.parametrize("accept", ["application/json", XLSX])
def test_analysts_are_told_nothing_by_months(told: Told, accept: str) -> None:
    asked = told.ended_quarter(accept=accept)
    texts = {}
    for who in ("leader", "analyst"):
        content = told.asked(who, **asked).content
        if accept == XLSX:
            book = openpyxl.load_workbook(BytesIO(content))
            texts[who] = str([[*sheet.tables] for sheet in book.worksheets])
        else:
            texts[who] = content.decode()
    marks = ["appeal_over_time"] if accept == XLSX else ['"by":"month"', '"value":"11"']
    assert all(mark in texts["leader"] for mark in marks)
    assert not any(mark in texts["analyst"] for mark in marks)


@pytest.mark.parametrize("kind", ["monthly", "quarterly", "half-yearly", "annual"])
def test_analysts_get_ended_quarters_as_of_now_alone(told: Told, kind: str) -> None:
    today = now().date()
    periods = {str(ReportPeriod.with_day(PeriodKind(kind), today))}
    if kind == "quarterly":
        refused(
            told.asked("analyst", **told.ended_quarter(as_of=told.position)),
            422,
            "ended-quarters-only",
        )
    else:
        periods.add(str(ReportPeriod.with_day(PeriodKind(kind), today).previous))
    for period in periods:
        asked = told.ended_quarter(kind=kind, period=period)
        refused(told.asked("analyst", **asked), 422, "ended-quarters-only")
        assert told.asked("leader", **asked).status_code == 200


def test_administrators_get_no_reports(told: Told) -> None:
    refused(told.asked("administrator"), 403, "forbidden")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"period": "2026-13"}, "period-not-readable"),
        ({"period": "2026-10"}, "period-of-another-kind"),
        ({"period": "2190"}, "period-not-begun"),
        ({"unit": "nowhere"}, "no-such-unit"),
        ({"definition": 99}, "no-such-definition"),
        ({"as_of": 1 << 40}, "as-of-ahead"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused(
    told: Told, query: dict[str, Any], problem: str
) -> None:
    refused(told.asked("auditor", **query), 422, problem)


def test_another_form_is_not_offered(told: Told) -> None:
    refused(told.asked("leader", accept="text/html"), 406, "media-type-not-offered")


@pytest.mark.parametrize("accept", [XLSX, DOCX, PDF, "application/json"])
def test_the_same_report_has_the_same_bytes_whatever_comes_later(told: Told, accept: str) -> None:
    first = told.asked("leader", accept=accept, language="az")
    begun(told.as_["registrar"], "appeals", appeal(topic="pensions"))
    with psycopg.connect(told.server.conninfo) as conn:
        conn.execute("UPDATE karguzar.units SET name = name || '+' WHERE unit = 'pensions'")
    position = read(told.as_["registrar"], "positions")["position"]
    again = told.asked("leader", accept=accept, language="az", wait_for=position)
    assert (first.status_code, first.headers["content-type"]) == (200, accept)
    assert again.content == first.content
    assert len(first.content) > 3_000


def test_the_workbook_has_its_tables_and_charts(told: Told) -> None:
    answer = told.asked("leader", accept=XLSX, language="en")
    book = openpyxl.load_workbook(BytesIO(answer.content))
    said = words("en")
    assert len(book.sheetnames) == 1 + len(said.sections)
    course = book.worksheets[2]
    by_month = [
        [cell.value for cell in row] for row in course[course.tables["t_appeal_over_time"].ref]
    ]
    assert [row[0] for row in by_month[1:]] == [*said.months]
    assert sum(row[1] or 0 for row in by_month[1:]) == 6
    assert len(getattr(course, "_charts")) == 2  # noqa: B009
    balance = book.worksheets[1]
    table = balance.tables["t_balance_by_kind"]
    rows = [[cell.value for cell in row] for row in balance[table.ref]]
    received = rows[0].index(said.metrics["received"])
    [appeals] = [row for row in rows if row[0] == said.kinds["appeal"]]
    assert appeals[received] == 6
    charts: list[Any] = [each for sheet in book.worksheets for each in getattr(sheet, "_charts")]  # noqa: B009
    assert len(charts) >= 3
    names = [name for sheet in book.worksheets for name in sheet.tables]
    assert len(names) == len(set(names)) > 15


def test_the_document_has_its_tables_and_pictures(told: Told) -> None:
    answer = told.asked("leader", accept=DOCX, language="en")
    document = docx.Document(BytesIO(answer.content))
    assert document.paragraphs[0].text == f"Annual report: {told.year}"
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {"Appeals", "Received", str(told.position)} <= set(texts)
    assert len(document.inline_shapes) >= 3
    assert document.core_properties.created is not None


def test_who_holds_the_cases_is_drawn_as_shares(told: Told) -> None:
    answer = told.asked("leader", accept=DOCX, language="en", unit="pensions")
    pictures = docx.Document(BytesIO(answer.content)).inline_shapes
    drawn = {each._inline.docPr.get("descr") for each in pictures}
    assert "Appeals: Open at the end \N{EN DASH} With whom" in drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_in_the_readers_language(told: Told, language: str) -> None:
    answer = told.as_["leader"].get(
        f"{REPORTS}/annual",
        params={"period": told.year, "as_of": told.position},
        headers={"Accept": XLSX, "Accept-Language": language},
    )
    book = openpyxl.load_workbook(BytesIO(answer.content))
    assert told.year in str(book.worksheets[0]["A1"].value)
    assert book.worksheets[0]["B5"].value == words(language).whole


def test_a_correction_afterwards_is_named(told: Told) -> None:
    correction = {"entry": "topic", "value": "benefits", "approved_by": "huseynova"}
    body = correction | {"reason": "Səhv daxil edilib"}
    case = told.cases[1]
    done(told.as_["registrar"], f"appeals/{case}/correct-entry", body)
    position = told.server.log_position()
    query = {"since": told.position, "as_of": position}
    answer = told.asked("leader", "annual/restated", **query)
    assert answer.status_code == 200, answer.text
    found = json.decode(answer.content, type=RestatedReport)
    [event] = [each for each in found.events if each.event == "entry-corrected"]
    rows = read(told.as_["registrar"], "appeals", topic="benefits")["rows"]
    [number] = [row["number"] for row in rows if row["case_id"] == case]
    assert (str(event.case_id), event.number, event.position) == (case, number, position)
    [benefits] = [
        each
        for each in found.figures
        if (each.metric, each.by, each.value) == ("appeal.received", "topic", "benefits")
    ]
    assert (benefits.was, benefits.now) == (0, 1)
    as_pdf = told.asked("leader", "annual/restated", accept=PDF, language="ka", **query)
    assert as_pdf.content.startswith(b"%PDF")


def test_what_a_case_was_is_not_told_once_it_is_confidential(told: Told) -> None:
    before = told.server.log_position()
    hide = {"entry": "confidential", "value": "true", "approved_by": "huseynova", "reason": "M"}
    done(told.as_["registrar"], f"appeals/{told.cases[2]}/correct-entry", hide)
    position = told.server.log_position()
    answer = told.asked("leader", "annual/restated", since=before, as_of=position)
    found = json.decode(answer.content, type=RestatedReport)
    [event] = found.events
    assert (event.position, event.event) == (position, "entry-corrected")
    assert (event.case_id, event.number, event.removed, event.added) == (None, None, [], [])
    [received] = [each for each in found.figures if (each.metric, each.by) == (RECEIVED, "")]
    assert received.now == (received.was or 0) - 1


def test_who_is_shown_a_report_is_on_record(told: Told) -> None:
    told.report("leader", unit="social")
    with psycopg.connect(told.server.conninfo) as conn:
        row = conn.execute(
            "SELECT official, action, query, position FROM karguzar.accesses "
            "WHERE operation = 'reports.read' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    asked = {"period": told.year, "unit": "social"}
    assert row == ("minister", "counts-read", asked, told.position)
