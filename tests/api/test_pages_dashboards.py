"""The dashboards as pages: the API's numbers, each with the way to its cases."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import psycopg
import pytest
from msgspec import json

from api.dashboard_pages import DashboardPage
from api.pages.words import LANGUAGES, Words
from tests.api.bodies import appeal, begun, done, inquiry, now, read
from tests.api.browsing import Browser, reading
from tests.api.conftest import As
from tests.api.drawn_charts import drawn, marks
from tests.api.serving import PEOPLE, Server
from tests.domain.spec import BAKU

READERS = {
    "leadership": "leader",
    "unit": "head",
    "control": "controller",
    "reception": "clerk",
    "media": "press",
    "analyst": "analyst",
}
FIRST_READ = {
    "leadership": ("open", "overdue", "due-this-week"),
    "unit": ("open", "overdue", "due-this-week"),
    "control": ("open", "overdue", "due-this-week"),
    "reception": ("sessions-held", "people-received", "sessions-planned"),
    "media": ("media-open", "media-received", "media-answered"),
}
ENGLISH = Words("en", BAKU)
_LINKED = re.compile(r'<a class="number" id="[^"]+" data-number href="([^"]+)">([^<]+)</a>')
_PLAIN = re.compile(r'<span class="number" id="([^"]+)" data-number[^>]*>([^<]+)</span>')
_CHART = re.compile(
    r'<figure class="chart" id="chart-([^"]+)">.*?<script type="application/json">(.*?)</script>',
    re.DOTALL,
)
_POSITION = re.compile(r'id="figures" class="figures" data-position="(\d+)"')
_CASES = re.compile(r'<a href="/pages/cases/([0-9a-f-]{36})">')


@pytest.fixture(scope="module", autouse=True)
def work(as_: As) -> None:
    """Appeals with pensions, one of them overdue for long, and an inquiry: all are counted."""
    registrar = as_("registrar")
    given = {"unit": "pensions", "main_executor": "mammadov", "resolution": "Baxılsın"}
    long_ago = now() - timedelta(days=120)
    arrived = {"received_at": long_ago.isoformat(), "registered_on": str(long_ago.date())}
    cases = [
        begun(registrar, "appeals", appeal(topic="pension", region="az-ga", **more))
        for more in ({}, {}, arrived)
    ]
    for case in cases:
        done(registrar, f"appeals/{case}/assign-appeal", given)
    begun(as_("press"), "media-inquiries", inquiry())
    receipt = done(as_("executor"), f"appeals/{cases[-1]}/accept-appeal")
    read(as_("leader"), "dashboards/leadership", wait_for=receipt["position"])


@pytest.fixture(scope="module")
def browsers(server: Server) -> dict[str, Browser]:
    return {page: reading(server, PEOPLE[part]) for page, part in READERS.items()}


def told(found: Any) -> Iterator[tuple[str, int | None]]:
    """Every count in an answer of the API that leads to its cases, with the way."""
    if isinstance(found, dict):
        if found.get("drill"):
            yield found["drill"], found["value"] if "figure" in found else found["count"]
        for each in found.values():
            yield from told(each)
    elif isinstance(found, list):
        for each in found:
            yield from told(each)


def shown(html: str) -> list[tuple[str, str]]:
    """The linked numbers of a page: their ways and texts."""
    return [(unescape(href), unescape(text)) for href, text in _LINKED.findall(html)]


def both(browser: Browser, as_: As, page: str, query: str = "") -> tuple[str, dict[str, Any]]:
    """The page and the API's answer, true for one position."""
    for _ in range(20):
        html = browser.get(f"/pages/{page}{query}").text
        answer = as_(READERS[page]).get(f"/api/v1/dashboards/{page}{query}").json()
        position = _POSITION.search(html)
        assert position, html
        if int(position[1]) == answer["about"]["position"]:
            return html, answer
    raise AssertionError("the log does not come to rest")


@pytest.mark.parametrize("page", [page for page in READERS if page != "analyst"])
def test_every_number_of_a_page_is_the_apis_and_leads_to_its_cases(
    browsers: dict[str, Browser], as_: As, page: str
) -> None:
    html, answer = both(browsers[page], as_, page)
    by_api = dict(told(answer))
    numbers = shown(html)
    of_steps = 0
    for href, text in numbers:
        drill = href.removeprefix("/pages/list?")
        if drill in by_api:
            assert text == ENGLISH.number(by_api[drill] or 0), drill
        else:
            of_steps += 1
    assert of_steps <= 2 * len(answer.get("course", {"steps": []})["steps"])
    assert {href.partition("figure=")[2].partition("&")[0] for href, _ in numbers} >= {
        *FIRST_READ[page]
    }
    # What has a number and no way to cases are times and marks, which are of no cases.
    assert _PLAIN.findall(html) == []


def test_the_numbers_of_a_chart_are_those_of_its_days_and_add_up(
    browsers: dict[str, Browser], as_: As
) -> None:
    html, answer = both(browsers["leadership"], as_, "leadership")
    steps = answer["course"]["steps"]
    for step in steps:
        day = step["starts_on"]
        (text,) = {
            text
            for href, text in shown(html)
            if href == f"/pages/list?figure=received&from={day}&to={day}"
        }
        assert text == ENGLISH.number(step["received"])
    assert sum(step["received"] for step in steps) == answer["received"]["value"]


def test_every_chart_of_a_page_is_drawn_for_print_with_all_it_has(
    browsers: dict[str, Browser],
) -> None:
    seen = set()
    for page in READERS:
        for name, text in _CHART.findall(browsers[page].get(f"/pages/{page}").text):
            seen.add(name)
            spec = json.decode(text)
            shapes, texts = marks(drawn(spec))
            values = spec["data"]["values"]
            parts = spec["encoding"]["color"]["scale"]["domain"]
            lines = {value["part"] for value in values} if spec["mark"]["type"] == "line" else ()
            told = [value for value in values if value["count"] is not None]
            assert shapes == len(told) + len(lines) > 0, (page, name)
            assert set(parts) <= set(texts), (page, name)
            assert {value["name"] for value in values if "name" in value} <= set(texts)
    assert len(seen) >= 3


def test_a_number_leads_to_a_list_of_just_as_many_cases_on_record(
    server: Server, browsers: dict[str, Browser], as_: As
) -> None:
    html, answer = both(browsers["unit"], as_, "unit")
    assert answer["overdue"]["value"] > 0
    (way,) = {href for href, _ in shown(html) if href.endswith(answer["overdue"]["drill"])}
    listed = browsers["unit"].get(way)
    cases = _CASES.findall(listed.text)
    assert len(cases) == answer["overdue"]["value"]
    with psycopg.connect(server.conninfo) as conn:
        row = conn.execute(
            "SELECT action, cases::text[] FROM karguzar.accesses"
            " WHERE operation = 'pages.list' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert row
    assert row[0] == "list-read"
    assert set(cases) <= set(row[1])


def test_analysts_are_told_counts_without_a_way_to_cases(
    browsers: dict[str, Browser], as_: As
) -> None:
    html, answer = both(browsers["analyst"], as_, "analyst")
    assert shown(html) == []
    assert answer["about"]["left_out"] == ["confidential", "small-counts"]
    small = [row for row in answer["channels"]["rows"] if row["count"] is None]
    channels = html.partition('id="h-channels"')[2].partition("</section>")[0]
    assert channels.count("not told") == len(small)
    assert browsers["analyst"].get("/pages/list?figure=open").status_code == 403


@pytest.mark.parametrize(
    ("page", "part"),
    [("leadership", "head"), ("control", "executor"), ("media", "clerk"), ("analyst", "leader")],
)
def test_a_page_is_refused_to_roles_that_it_is_not_for(
    server: Server, page: str, part: str
) -> None:
    answer = reading(server, PEOPLE[part]).get(f"/pages/{page}")
    assert answer.status_code == 403
    assert "figures" not in answer.text


def test_a_head_is_not_told_the_figures_of_another_unit(browsers: dict[str, Browser]) -> None:
    assert browsers["unit"].get("/pages/unit?unit=pensions").status_code == 200
    assert browsers["unit"].get("/pages/unit?unit=records").status_code == 403


def test_what_is_asked_wrongly_is_refused(browsers: dict[str, Browser]) -> None:
    for query in (
        "from=2026-13-01",
        "from=2026-02-01&to=2026-01-01",
        "figure=open",
        "from=1500-01-01",
    ):
        assert browsers["leadership"].get(f"/pages/leadership?{query}").status_code in (400, 422)
    assert browsers["leadership"].get("/pages/list?figure=everything").status_code == 422


def test_a_period_and_a_unit_are_chosen_by_a_form(browsers: dict[str, Browser], as_: As) -> None:
    html, answer = both(
        browsers["leadership"], as_, "leadership", "?unit=pensions&from=2026-01-01&to=2026-10-31"
    )
    assert answer["course"]["grain"] == "month"
    assert '<option value="pensions" selected>' in html
    assert 'value="2026-01-01"' in html
    assert "The whole register" not in html
    assert "1 January 2026" in html
    whole = browsers["leadership"].get("/pages/leadership?unit=&from=2026-01-01&to=2026-10-31")
    assert whole.status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(browsers: dict[str, Browser], language: str) -> None:
    words = Words(language, BAKU)
    for page in DashboardPage:
        browser, spoken = browsers[page].http, {"Accept-Language": language}
        answer = browser.get(f"/pages/{page}", headers=spoken)
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text
        assert words(f"shell.places.{page}") in unescape(answer.text)
        if page in FIRST_READ:
            first = words(f"figures.names.{FIRST_READ[page][0]}")
            assert first in unescape(answer.text)
            listed = browser.get(f"/pages/list?figure={FIRST_READ[page][0]}", headers=spoken)
            assert listed.status_code == 200


def test_a_page_that_reads_itself_anew_is_on_record_once_an_hour(
    server: Server, browsers: dict[str, Browser]
) -> None:
    address, anew = "/pages/media?from=2026-01-01", {"HX-Request": "true"}

    def on_record() -> int:
        with psycopg.connect(server.conninfo) as conn:
            row = conn.execute(
                "SELECT count(*) FROM karguzar.accesses WHERE operation = 'pages.media'"
            ).fetchone()
        assert row
        return int(row[0])

    before = on_record()
    hour = time.time() // 3600
    for _ in range(3):
        assert browsers["media"].http.get(address, headers=anew).status_code == 200
    most = 1 + int(time.time() // 3600 - hour)
    assert 1 <= on_record() - before <= most
    before = on_record()
    other = browsers["media"].http.get("/pages/media?from=2026-02-01", headers=anew)
    assert other.status_code == 200
    assert on_record() == before + 1
    for _ in range(2):
        browsers["media"].get(address)
    assert on_record() == before + 3


def test_figures_read_on_a_page_are_on_record(server: Server, browsers: dict[str, Browser]) -> None:
    browsers["control"].get("/pages/control")
    with psycopg.connect(server.conninfo) as conn:
        row = conn.execute(
            "SELECT action, query->>'page' FROM karguzar.accesses"
            " WHERE operation = 'pages.control' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert row == ("counts-read", "control")
