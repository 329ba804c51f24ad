"""Reports of units over HTTP: by JSON or form, compared with the log, disputed, put right."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest
from openpyxl import load_workbook

from infra.unit_report_form import MEDIA_TYPE
from tests.api.bodies import NOWHERE, appeal, begun, done, now, on, read, refused
from tests.api.conftest import As
from tests.api.serving import fresh_key, wait_until
from tests.domain.spec import BAKU

UNIT = "region-ganja"
FORM = "/api/v1/unit-reports/form"
BACK = 9
"""So many months ago no other test counts anything in this unit, nor `test_pages_reports`."""
ARRIVED = ((3, "post", False), (9, "post", True), (17, "by-hand", False))
"""Day of that month, channel, and whether the appeal is confidential."""


def month(back: int) -> date:
    """The first day of the month so many months ago."""
    first = now().date().replace(day=1)
    for _ in range(back):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def period(back: int) -> str:
    return f"{month(back):%Y-%m}"


def figure(value: int, breakdown: str | None = None, name: str = "appeal.received") -> Any:
    told = {"figure": name, "value": value}
    return told | {"breakdown": breakdown} if breakdown else told


def report(back: int, *figures: Any) -> dict[str, Any]:
    return {"unit": UNIT, "period": period(back), "figures": figures}


@pytest.fixture(scope="module")
def registered(as_: As) -> None:
    for day, channel, confidential in ARRIVED:
        on_day = month(BACK).replace(day=day)
        body = appeal(
            received_at=datetime.combine(on_day, time(10), BAKU).isoformat(),
            registered_on=str(on_day),
            channel=channel,
            confidential=confidential,
        )
        begun(as_("ganja"), "appeals", body)


def compared(client: httpx.Client, case: str, **query: Any) -> dict[str, Any]:
    """What the comparison says, once it was made."""
    path = f"/api/v1/unit-reports/{case}/differences"
    wait_until(lambda: client.get(path).status_code == 200, 25, "the report is compared")
    return read(client, f"unit-reports/{case}/differences", **query)


def filled(client: httpx.Client, back: int, fill: Callable[[Any], None]) -> bytes:
    """The form as the unit sends it back."""
    answer = client.get(FORM, params={"unit": UNIT, "period": period(back)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    workbook = load_workbook(BytesIO(answer.content))
    fill(workbook.active)
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def sent(client: httpx.Client, content: bytes, path: str = FORM, **headers: str) -> httpx.Response:
    return client.post(path, content=content, headers={"Content-Type": MEDIA_TYPE, **headers})


def row_of(sheet: Any, name: str, breakdown: str | None = None) -> int:
    (row,) = [
        row
        for row in range(8, sheet.max_row + 1)
        if (sheet.cell(row, 1).value, sheet.cell(row, 2).value) == (name, breakdown)
    ]
    return int(row)


@pytest.mark.usefixtures("registered")
def test_a_figure_that_differs_is_disputed_and_becomes_a_finding_with_a_life_of_its_own(
    as_: As,
) -> None:
    head, auditor = as_("ganja"), as_("auditor")
    claims = figure(2), figure(2, "channel=post"), figure(1, "channel=by-hand")
    case = begun(head, "unit-reports", report(BACK, *claims))
    told = compared(auditor, case)
    assert (told["state"], told["compared"], told["differing"]) == ("differs", 3, 1)
    (difference,) = told["figures"]
    assert difference == {
        "figure": "appeal.received",
        "breakdown": "channel=post",
        "claimed": 2,
        "counted": 1,
        "difference": 1,
        "finding": None,
    }
    assert told["known_at"] is not None
    assert len(compared(head, case, agreeing=True)["figures"]) == 3
    refused(
        auditor.post(f"/api/v1/unit-reports/{case}/accept-unit-report", json={}),
        409,
        "report-differs",
    )
    done(auditor, f"unit-reports/{case}/dispute-unit-report", {"answer_due_on": on(7)})
    (difference,) = compared(auditor, case)["figures"]
    finding = difference["finding"]
    wait_until(
        lambda: auditor.get(f"/api/v1/findings/{finding}").status_code == 200, 15, "it is a finding"
    )
    opened = read(auditor, f"findings/{finding}")
    assert (opened["began"]["kind"], opened["began"]["unit"]) == ("report-differs", UNIT)
    assert opened["began"]["source_case"] == case
    assert opened["began"]["opened_by"] == "auditor"
    assert "appeal.received channel=post: 2 / 1" in opened["began"]["text"]
    done(head, f"findings/{finding}/answer-finding", {"text": "Səhv sayılıb"})
    right = [figure(2), figure(1, "channel=post"), figure(1, "channel=by-hand")]
    correction = {"figures": right, "reason": "Poçt jurnalı yoxlanıb"}
    done(head, f"unit-reports/{case}/correct-unit-report", correction)
    agrees = compared(auditor, case)
    assert (agrees["state"], agrees["differing"], agrees["figures"]) == ("agrees", 0, [])
    done(auditor, f"unit-reports/{case}/accept-unit-report")
    done(auditor, f"findings/{finding}/accept-answer")
    done(auditor, f"findings/{finding}/close-finding")
    history = httpx.Headers({"Accept-Language": "en"})
    entries = auditor.get(f"/api/v1/cases/{case}/history", headers=history).json()["entries"]
    sentences = [entry["sentence"] for entry in entries]
    assert f"for {period(BACK)}" in sentences[0]
    assert "It came late." in sentences[0]
    assert "2 / 1" in sentences[2]
    assert sentences[-1] == "Auditor accepted the report."


def test_a_report_by_form_is_the_same_as_by_json_and_corrected_by_form_with_a_reason(
    as_: As,
) -> None:
    head, back = as_("ganja"), BACK + 1

    def two(sheet: Any) -> None:
        sheet.cell(row_of(sheet, "appeal.received"), 4).value = 0
        sheet.cell(row_of(sheet, "appeal.received", "channel=post"), 4).value = 1.0

    key = fresh_key()
    content = filled(head, back, two)
    answer = sent(head, content, **key)
    assert answer.status_code == 201, answer.text
    assert sent(head, content, **key).json() == answer.json()
    case = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/unit-reports/{case}"
    assert read(head, f"unit-reports/{case}")["standing"]["figures"] == [
        figure(0),
        figure(1, "channel=post"),
    ]
    told = compared(head, case)
    assert [(row["claimed"], row["counted"]) for row in told["figures"]] == [(1, 0)]

    def right(sheet: Any) -> None:
        two(sheet)
        sheet.cell(row_of(sheet, "appeal.received", "channel=post"), 4).value = 0

    path = f"/api/v1/unit-reports/{case}/form"
    problem = refused(sent(head, filled(head, back, right), path), 422, "reason-missing")
    assert "B5" in problem["detail"]
    other = filled(head, back + 1, right)
    refused(sent(head, other, path), 422, "form-of-another-report")
    refused(sent(head, other, path.replace(case, NOWHERE)), 404, "no-such-case")

    def with_reason(sheet: Any) -> None:
        right(sheet)
        sheet["B5"] = "Səhv sütun"

    assert sent(head, filled(head, back, with_reason), path).status_code == 200
    assert compared(head, case)["state"] == "agrees"
    row = next(
        row for row in read(head, "unit-reports", limit=200)["rows"] if row["case_id"] == case
    )
    assert (row["kind"], row["subkind"], row["unit"]) == ("unit-report", "monthly", UNIT)


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        (4, "=1+1", "cell-holds-formula"),
        (4, -1, "cell-not-a-count"),
        (4, 2.5, "cell-not-a-count"),
        (4, "çox", "cell-not-a-count"),
        (4, True, "cell-not-a-count"),
        (1, "=A9", "cell-holds-formula"),
        (1, "Alınmışdır!", "cell-not-of-the-form"),
        (1, "appeal.liked", "figure-unknown"),
    ],
    ids=["formula", "negative", "fraction", "text", "flag", "name-by-formula", "name", "unknown"],
)
@pytest.mark.usefixtures("unchanged")
def test_a_cell_that_is_wrong_is_named_and_nothing_is_recorded(
    as_: As, column: int, value: Any, name: str
) -> None:
    def wrong(sheet: Any) -> None:
        sheet["D8"] = 1
        sheet.cell(8, column).value = value

    answer = sent(as_("ganja"), filled(as_("ganja"), 14, wrong), **{"Accept-Language": "az"})
    problem = refused(answer, 422, name)
    assert ("appeal.liked" if name == "figure-unknown" else "AD"[column == 4] + "8") in problem[
        "detail"
    ]
    assert answer.headers["content-language"] == "az"


@pytest.mark.usefixtures("unchanged")
def test_what_is_no_filled_form_is_refused_whole(as_: As) -> None:
    head = as_("ganja")
    form = filled(head, 14, lambda _sheet: None)
    refused(sent(head, form), 422, "form-empty")
    refused(sent(head, b"figure,value"), 422, "form-not-readable")
    refused(sent(head, form[: len(form) // 2]), 422, "form-not-readable")
    refused(head.post(FORM, content=form), 415, "form-not-xlsx")
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(20_000_000))
    assert len(bomb.getvalue()) < 50_000
    refused(sent(head, bomb.getvalue()), 422, "form-too-large")
    refused(sent(head, form + bytes(60_000)), 413, "too-large")


@pytest.mark.usefixtures("unchanged")
def test_a_report_is_the_units_own_and_seen_by_those_above_it(as_: As) -> None:
    body = report(BACK + 3, figure(1))
    for name in ("executor", "clerk", "auditor", "analyst", "controller"):
        refused(as_(name).post("/api/v1/unit-reports", json=body), 403, "forbidden")
        refused(as_(name).get(FORM, params={"unit": UNIT, "period": "2026-03"}), 403, "forbidden")
    refused(as_("head").post("/api/v1/unit-reports", json=body), 422, "not-the-reporting-unit")
    own = as_("ganja")
    refused(own.post("/api/v1/unit-reports", json=report(0, figure(1))), 422, "period-not-over")
    liked = figure(1, name="appeal.liked")
    refused(own.post("/api/v1/unit-reports", json=report(BACK + 3, liked)), 422, "figure-unknown")
    refused(
        own.post("/api/v1/unit-reports", json=report(BACK + 3, figure(1) | {"value": -1})),
        422,
        "not-valid",
    )
    refused(
        own.get(FORM, params={"unit": "region-gence", "period": "2026-03"}), 422, "unknown-unit"
    )
    refused(own.get(FORM, params={"unit": UNIT, "period": "2026-3"}), 422, "period-not-readable")


def test_units_without_a_report_are_told_to_those_above_them(as_: As) -> None:
    back = BACK + 2
    asked = {"period": period(back)}
    before = read(as_("leader"), "unit-reports/outstanding", **asked)
    assert {UNIT, "pensions", "agency"} <= {*before["units"]}
    assert date.fromisoformat(before["due_on"]) > month(back) + timedelta(days=31)
    claim = report(back, figure(0))
    submitted = as_("ganja").post("/api/v1/unit-reports", json=claim)
    assert submitted.status_code == 201
    position = submitted.json()["position"]
    refused(as_("ganja").post("/api/v1/unit-reports", json=claim), 409, "report-there")
    after = read(as_("leader"), "unit-reports/outstanding", wait_for=position, **asked)
    assert UNIT not in after["units"]
    assert after["reported"] == before["reported"] + 1
    assert after["overdue"]
    running = as_("leader").get("/api/v1/unit-reports/outstanding", params={"period": period(0)})
    refused(running, 422, "period-not-over")
    own = read(as_("head"), "unit-reports/outstanding", **asked)
    assert (own["units"], own["reported"]) == (["pensions"], 0)
    refused(as_("executor").get("/api/v1/unit-reports/outstanding", params=asked), 403, "forbidden")
    case = submitted.json()["id"]
    refused(as_("head").get(f"/api/v1/unit-reports/{case}/differences"), 404, "no-such-case")
