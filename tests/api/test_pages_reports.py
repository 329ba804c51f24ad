"""The pages of reports and of what units claim: files as the API's, and a claim judged by forms."""

import re
from datetime import datetime, time
from io import BytesIO
from typing import Any

import httpx
import psycopg
import pytest
from openpyxl import load_workbook

from api.pages.words import LANGUAGES
from infra.unit_report_form import MEDIA_TYPE, REASON
from tests.api.bodies import appeal, begun, done, on, read
from tests.api.browsing import Browser, csrf_in, reading
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server, wait_until
from tests.api.test_unit_reports import month, period, row_of
from tests.domain.spec import BAKU

BACK = 7
"""So many months ago no other test counts anything in the unit of Ganja."""
CHANGED = 8
"""So many months ago nothing else is registered, and nothing corrected."""
_KEY = re.compile(r'name="key" value="([0-9a-f]{32})"')


@pytest.fixture(scope="module")
def leader(server: Server) -> Browser:
    return reading(server, PEOPLE["leader"])


@pytest.fixture(scope="module")
def head(server: Server) -> Browser:
    return reading(server, PEOPLE["ganja"])


@pytest.fixture(scope="module")
def auditor(server: Server) -> Browser:
    return reading(server, PEOPLE["auditor"])


@pytest.fixture(scope="module", autouse=True)
def received(as_: As) -> None:
    """Two appeals came to the unit in that month, and are counted."""
    day = month(BACK).replace(day=3)
    arrived = datetime.combine(day, time(10), BAKU).isoformat()
    body = appeal(received_at=arrived, registered_on=str(day))
    case, _ = [begun(as_("ganja"), "appeals", body) for _ in range(2)]
    given = {"unit": "region-ganja", "main_executor": "valiyev", "resolution": "Baxılsın"}
    receipt = done(as_("ganja"), f"appeals/{case}/assign-appeal", given)
    read(as_("leader"), "dashboards/leadership", wait_for=receipt["position"])


def sent(browser: Browser, content: bytes) -> httpx.Response:
    shown = browser.get(f"/pages/claims?period={period(BACK)}")
    key = _KEY.search(shown.text)
    assert key, shown.text
    return browser.http.post(
        "/pages/claims",
        data={"csrf": csrf_in(shown), "key": key[1]},
        files={"file": ("report.xlsx", content, MEDIA_TYPE)},
    )


def filled(browser: Browser, value: int, reason: str | None = None) -> bytes:
    """The form as the page gives it, with one figure in it."""
    answer = browser.get(f"/pages/claims/form?period={period(BACK)}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    workbook = load_workbook(BytesIO(answer.content))
    sheet: Any = workbook.active
    sheet.cell(row_of(sheet, "appeal.received"), 4).value = value
    if reason:
        sheet[REASON].value = reason
    content = BytesIO()
    workbook.save(content)
    return content.getvalue()


def compared(browser: Browser, claim: str) -> str:
    """The page of the claim, once the register has compared it."""
    wait_until(
        lambda: "still comparing" not in browser.get(claim).text, 25, "the claim is compared"
    )
    return browser.get(claim).text


@pytest.mark.parametrize("form", ["json", "xlsx"])
def test_a_report_taken_from_the_page_is_the_apis_to_the_byte(
    leader: Browser, as_: As, form: str
) -> None:
    position = read(as_("leader"), "dashboards/leadership")["about"]["position"]
    asked = f"period={period(1)}&as_of={position}"
    by_page = leader.get(f"/pages/reports/file?kind=monthly&form={form}&{asked}")
    assert by_page.status_code == 200, by_page.text
    accept = {"Accept": by_page.headers["content-type"], "Accept-Language": "en"}
    by_api = as_("leader").get(f"/api/v1/reports/monthly?{asked}", headers=accept)
    assert by_page.content == by_api.content
    assert by_page.headers["content-disposition"] == by_api.headers["content-disposition"]


@pytest.mark.parametrize("kind", ["monthly", "quarterly", "half-yearly", "annual"])
def test_the_page_offers_periods_whose_reports_there_are(leader: Browser, kind: str) -> None:
    shown = leader.get(f"/pages/reports?kind={kind}")
    ways = re.findall(r'href="(/pages/reports/file\?[^"]+form=json[^"]*)"', shown.text)
    assert len(ways) > 3
    assert leader.get(ways[0].replace("&amp;", "&")).status_code == 200


def test_analysts_are_offered_ended_quarters_alone(server: Server) -> None:
    analyst = reading(server, PEOPLE["analyst"])
    shown = analyst.get("/pages/reports").text
    ways = re.findall(r'href="(/pages/reports/file\?[^"]+form=json[^"]*)"', shown)
    assert len(ways) > 3
    assert all("kind=quarterly" in way for way in ways)
    assert 'name="as_of"' not in shown
    assert analyst.get(ways[0].replace("&amp;", "&")).status_code == 200


def test_a_page_tells_what_has_changed_in_a_report_and_by_which_case(
    leader: Browser, head: Browser, as_: As
) -> None:
    since = read(as_("leader"), "dashboards/leadership")["about"]["position"]
    late = month(CHANGED).replace(day=9)
    arrived = datetime.combine(late, time(10), BAKU).isoformat()
    body = appeal(received_at=arrived, registered_on=str(late), topic="pensions")
    case = begun(as_("ganja"), "appeals", body)
    correction = {"entry": "topic", "value": "benefits", "approved_by": "huseynova"}
    receipt = done(
        as_("ganja"), f"appeals/{case}/correct-entry", correction | {"reason": "Səhv yazılıb"}
    )
    read(as_("leader"), "dashboards/leadership", wait_for=receipt["position"])
    [way] = re.findall(
        rf'href="/pages/reports/since\?([^"]+period={period(CHANGED)}[^"]*)"',
        leader.get("/pages/reports?kind=monthly&unit=region-ganja").text,
    )
    way = way.replace("&amp;", "&")
    assert 'action="/pages/reports/changed"' in leader.get(f"/pages/reports/since?{way}").text
    shown = leader.get(f"/pages/reports/changed?{way}&since={since}").text
    events = re.findall(rf'href="/pages/cases/{case}#event-(\d+)"', shown)
    assert events == ["1", "2"]
    assert "Appeals: Received</th>" in shown
    assert "Topic: pensions" in shown
    assert "Topic: benefits" in shown
    assert leader.get(f"/pages/cases/{case}").text.count('id="event-2"') == 1
    whose = f"/pages/reports/changed?kind=monthly&period={period(CHANGED)}&since={since}"
    assert f"/pages/cases/{case}#event-1" in head.get(whose).text
    nothing = leader.get(f"{whose}&as_of={since}").text
    assert "Nothing has changed in this period." in nothing
    assert leader.get(f"{whose}&as_of=1").status_code == 422
    assert leader.get(whose.replace(f"since={since}", "since=soon")).status_code == 422


def test_what_has_changed_names_no_case_that_the_reader_may_not_see(
    leader: Browser, as_: As
) -> None:
    since = read(as_("leader"), "dashboards/leadership")["about"]["position"]
    late = month(CHANGED).replace(day=10)
    arrived = datetime.combine(late, time(10), BAKU).isoformat()
    case = begun(as_("ganja"), "appeals", appeal(received_at=arrived, registered_on=str(late)))
    hide = {"entry": "confidential", "value": "true", "approved_by": "huseynova", "reason": "M"}
    receipt = done(as_("ganja"), f"appeals/{case}/correct-entry", hide)
    read(as_("leader"), "dashboards/leadership", wait_for=receipt["position"])
    asked = f"kind=monthly&period={period(CHANGED)}&since={since}"
    shown = leader.get(f"/pages/reports/changed?{asked}").text
    assert case not in shown
    assert "not for you to see" in shown


def test_analysts_are_not_told_what_has_changed(server: Server) -> None:
    analyst = reading(server, PEOPLE["analyst"])
    assert "/pages/reports/since" not in analyst.get("/pages/reports").text
    asked = "kind=quarterly&period=2020-Q1"
    assert analyst.get(f"/pages/reports/since?{asked}").status_code == 403
    assert analyst.get(f"/pages/reports/changed?{asked}&since=1").status_code == 403


def test_reports_are_refused_to_roles_that_they_are_not_for(server: Server) -> None:
    clerk = reading(server, PEOPLE["clerk"])
    assert clerk.get("/pages/reports").status_code == 403
    asked = f"kind=monthly&form=json&period={period(1)}"
    assert clerk.get(f"/pages/reports/file?{asked}").status_code == 403
    head = reading(server, PEOPLE["head"])
    assert head.get(f"/pages/reports/file?{asked}&unit=records").status_code == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_reports_and_claims_speak_every_language(server: Server, language: str) -> None:
    browser = reading(server, PEOPLE["ganja"], language)
    changed = f"/pages/reports/changed?kind=monthly&period={period(BACK)}&since=1"
    for path in ("/pages/reports?kind=quarterly", changed, "/pages/claims"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text


def test_a_unit_sends_its_report_by_the_page_and_the_auditor_disputes_what_differs(
    head: Browser, auditor: Browser
) -> None:
    before = auditor.get(f"/pages/claims?period={period(BACK)}").text
    assert "<li>region-ganja</li>" in before
    missing = not_reported(before)
    listed = before.partition('class="missing"')[2].partition("</ul>")[0]
    assert missing == listed.count("<li>")
    assert '<span class="mark">overdue</span>' in before
    answer = sent(head, filled(head, 5))
    assert answer.status_code == 303, answer.text
    claim = answer.headers["location"]
    shown = compared(auditor, claim)
    assert "1 figure differs" in shown
    row = shown.partition('class="count differs"')[2].partition("</td>")[0]
    assert row.endswith(">+3")
    assert 'value="dispute"' in shown
    assert 'value="accept"' not in shown
    assert 'value="dispute"' not in head.get(claim).text
    key = _KEY.search(shown)
    assert key
    csrf = csrf_in(auditor.get(claim))
    judged = {"command": "dispute", "answer_due_on": on(7), "key": key[1]}
    for _ in range(2):
        assert auditor.post(claim, csrf, **judged).status_code == 303
    assert 'href="/pages/cases/' in auditor.get(claim).text.partition("<tbody")[2]
    after = auditor.get(f"/pages/claims?period={period(BACK)}").text
    assert "<li>region-ganja</li>" not in after
    assert not_reported(after) == missing - 1
    assert auditor.get(f"/pages/claims?period={period(0)}").status_code == 422


def not_reported(shown: str) -> int:
    """How many units the choice of the period says have given no report."""
    found = re.search(r" selected>[^<]*· (\d+) units not reported", shown)
    assert found, shown
    return int(found[1])


def test_what_is_no_form_of_ours_is_refused_and_nothing_recorded(
    server: Server, head: Browser
) -> None:
    before = given_by_units(server)
    assert sent(head, b"no workbook").status_code == 422
    shown = head.get("/pages/claims")
    assert head.http.post("/pages/claims", data={"csrf": csrf_in(shown)}).status_code == 422
    assert head.http.post("/pages/claims", data={"key": "0" * 32}).status_code == 403
    nobody = f"/pages/claims/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    assert head.post(nobody, csrf_in(shown), command="accept").status_code == 403
    assert head.post(nobody, csrf_in(shown), command="burn").status_code == 422
    assert given_by_units(server) == before


def given_by_units(server: Server) -> Any:
    """How many events reports of units have; the watch gives notices in between."""
    with psycopg.connect(server.conninfo) as conn:
        return conn.execute(
            "SELECT count(*) FROM karguzar.register_events WHERE topic LIKE 'unit-report-%'"
        ).fetchone()
