"""The pages in a real browser: all that only shows there, with a picture of each.

The pictures and the milliseconds to the first paint are left in `.screenshots`.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from msgspec import Struct
from playwright.sync_api import expect

from api.pages.places import PLACES
from api.pages.words import LANGUAGES
from application.caller import Role
from application.demo_cast import DEMO_CALLERS
from tests.api.bodies import NOWHERE, appeal
from tests.api.serving import Server
from tests.browser.conftest import Visiting, token_of
from tests.browser.visiting import AXE, SCREENSHOTS, Visit
from tests.domain.spec import BAKU

OPEN = "#n-open"
BRIEFED = datetime.now(BAKU) - timedelta(days=20)
NEEDS_AXE = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is missing: run make browser, which needs npm"
)


class Looked(Struct, frozen=True):
    """A page and who looks at it; ``{case}`` in its path stands for an appeal."""

    name: str
    path: str
    role: Role | None
    status: int = 200


PAGES = [
    Looked("sign-in", "/sign-in", None),
    Looked("start", "/", Role.REGISTRAR),
    Looked("leadership", "/pages/leadership", Role.LEADER),
    Looked("unit", "/pages/unit", Role.UNIT_HEAD),
    Looked("control", "/pages/control", Role.CONTROLLER),
    Looked("reception", "/pages/reception", Role.RECEPTION_CLERK),
    Looked("media", "/pages/media", Role.PRESS_OFFICER),
    Looked("analyst", "/pages/analyst", Role.ANALYST),
    Looked("list", "/pages/list?figure=overdue", Role.LEADER),
    Looked("audit", "/pages/audit", Role.AUDITOR),
    Looked("case", "/pages/cases/{case}", Role.AUDITOR),
    Looked("audit-case", "/pages/audit/cases/{case}", Role.AUDITOR),
    Looked("reports", "/pages/reports", Role.LEADER),
    Looked(
        "report-changed",
        f"/pages/reports/changed?kind=annual&period={BRIEFED.year}&since={BRIEFED.date()}T00:00Z",
        Role.LEADER,
    ),
    Looked("claims", "/pages/claims", Role.UNIT_HEAD),
    Looked("no-such-case", f"/pages/cases/{NOWHERE}", Role.LEADER, status=404),
]


@pytest.fixture(scope="module")
def case(agency: Server) -> str:
    """The appeal of the demo with the longest history among the newest."""
    with httpx.Client(
        base_url=agency.base,
        headers={"Authorization": f"Bearer {token_of(agency, Role.AUDITOR)}"},
        timeout=30,
    ) as auditor:
        rows = auditor.get("/api/v1/appeals", params={"limit": 50}).json()["rows"]
        longest = max(rows, key=lambda row: (row["version"], row["case_id"]))
    return str(UUID(longest["case_id"]))


@pytest.fixture(scope="module")
def paints() -> Iterator[dict[str, int | None]]:
    paints: dict[str, int | None] = {}
    yield paints
    (SCREENSHOTS / "first-paint.json").write_text(json.dumps(paints, indent=1))


def test_every_place_is_looked_at() -> None:
    assert {place.path for place in PLACES} <= {page.path for page in PAGES}


@NEEDS_AXE
@pytest.mark.parametrize("looked", PAGES, ids=lambda looked: looked.name)
def test_a_page_keeps_nobody_out(
    visiting: Visiting, case: str, paints: dict[str, int | None], looked: Looked
) -> None:
    visit = visiting(looked.role)
    visit.open(looked.path.format(case=case), status=looked.status)
    paints[looked.name] = visit.painted()
    visit.picture(f"{looked.name}-light")
    assert visit.barriers() == []
    assert visit.beyond() == []
    visit.page.emulate_media(color_scheme="dark")
    visit.picture(f"{looked.name}-dark")
    assert visit.barriers("color-contrast") == []
    visit.page.emulate_media(color_scheme="light", media="print")
    visit.picture(f"{looked.name}-print")
    expect(visit.page.get_by_role("navigation").first).not_to_be_visible()
    visit.page.emulate_media(media="screen")
    visit.on_a_phone()
    visit.picture(f"{looked.name}-phone")
    assert visit.beyond() == []
    told = f"status of {looked.status} "
    assert [fault for fault in visit.faults() if told not in fault] == []


@NEEDS_AXE
@pytest.mark.parametrize("language", LANGUAGES)
def test_leadership_reads_in_each_language(visiting: Visiting, language: str) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/leadership")
    visit.page.locator(f'.choice a[hreflang="{language}"]').click()
    visit.drawn()
    assert visit.page.locator("html").get_attribute("lang") == language
    assert "lang=" not in visit.page.url
    visit.picture(f"leadership-{language}")
    assert visit.barriers() == []
    assert visit.beyond() == []
    visit.on_a_phone()
    visit.picture(f"leadership-{language}-phone")
    assert visit.beyond() == []
    assert visit.faults() == []


def test_a_reader_begins_at_their_own_page_and_is_gone_after_signing_out(
    visiting: Visiting,
) -> None:
    visit = visiting(Role.EXECUTOR)
    visit.page.goto("/")
    expect(visit.page.locator(".reader-name")).to_be_visible()
    visit.page.locator('form[action="/sign-out"] button').click()
    visit.page.wait_for_url("**/sign-out")
    visit.page.goto("/pages/unit")
    assert visit.page.url.startswith(f"{visit.base}/sign-in")
    visit.sign_in(Role.UNIT_HEAD, DEMO_CALLERS[Role.UNIT_HEAD][0])
    assert visit.page.url == f"{visit.base}/pages/unit"
    assert visit.faults() == []


def test_a_figure_leads_to_its_cases_and_they_to_their_history(visiting: Visiting) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/leadership")
    figure = visit.page.locator("#n-overdue")
    told = int(figure.inner_text())
    figure.click()
    listed: list[str] = []
    while True:
        visit.page.wait_for_load_state()
        listed += visit.page.locator("table.cases tbody th a").all_inner_texts()
        if not visit.page.locator(".more a").count():
            break
        visit.page.locator(".more a").click()
    assert len(listed) == told > 0
    number = visit.page.locator("table.cases tbody th a").last
    expected = number.inner_text()
    number.click()
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text(expected)
    expect(visit.page.locator(".timeline > li").first).to_be_visible()
    assert visit.faults() == []


def test_an_open_page_follows_the_register_and_keeps_the_readers_place(
    visiting: Visiting, agency: Server
) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/leadership")
    opened = visit.page.locator("details[id] summary").last
    opened.focus()
    opened.press("Enter")
    visit.page.evaluate("() => { window.unloaded = false; window.scrollTo(0, 300); }")
    before = int(visit.page.locator(OPEN).inner_text())
    registrar = agency.client(token_of(agency, Role.REGISTRAR))
    answer = registrar.post("/api/v1/appeals", json=appeal())
    assert answer.status_code == 201, answer.text
    expect(visit.page.locator(OPEN)).to_have_text(str(before + 1))
    visit.drawn()
    assert visit.page.evaluate("() => window.unloaded === false && window.scrollY") == 300
    expect(visit.page.locator("details[id][open]").last).to_be_visible()
    assert visit.page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
    expect(visit.page.get_by_role("status").first).not_to_be_empty()
    assert visit.faults() == []


def test_an_open_page_reads_itself_anew_when_another_day_begins(visiting: Visiting) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/leadership")
    with visit.page.expect_request(lambda request: "hx-request" in request.headers):
        visit.page.evaluate(
            "() => htmx.trigger('#figures-moved', 'sse:moved', { data: JSON.stringify({"
            " position: Number(document.getElementById('figures').dataset.position),"
            " day: '9999-12-31' }) })"
        )


def test_all_of_a_page_is_reached_with_the_keyboard_alone(visiting: Visiting) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/leadership")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("() => document.activeElement.className") == "skip"
    visit.picture("leadership-skip")
    reached = _walk(visit)
    there = visit.page.evaluate(
        "() => [...document.querySelectorAll('a[href], button, select, input, summary')]"
        ".filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.type !== 'hidden')"
        ".length"
    )
    assert len(reached) >= there > 30
    assert [each for each in reached if not each["outline"]] == []
    visit.page.keyboard.press("Home")
    visit.page.locator(".skip").focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("() => document.activeElement.id") == "content"
    visit.page.locator("#n-overdue").focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/pages/list?*")
    assert visit.faults() == []


def test_a_chosen_theme_stays(visiting: Visiting) -> None:
    visit = visiting(Role.LEADER)
    visit.open("/pages/reports")
    visit.page.locator('.choice a[href*="theme=dark"]').click()
    visit.open("/pages/leadership")
    assert visit.page.locator("html").get_attribute("data-theme") == "dark"
    visit.page.locator('.choice a[href*="theme=auto"]').click()
    visit.page.wait_for_load_state()
    assert visit.page.locator("html").get_attribute("data-theme") is None
    assert visit.faults() == []


def _walk(visit: Visit) -> list[dict[str, object]]:
    """Each element that Tab leads to until it begins anew, and whether its focus shows."""
    reached: list[dict[str, object]] = []
    while len(reached) < 500:
        here = visit.page.evaluate(
            """() => {
              const it = document.activeElement, style = getComputedStyle(it);
              if (it === document.body || it.dataset.walked) return null;
              it.dataset.walked = "yes";
              const wide = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
              return { html: it.outerHTML.slice(0, 100), outline: wide >= 2 };
            }"""
        )
        if here is None:
            return reached
        reached.append(here)
        visit.page.keyboard.press("Tab")
    raise AssertionError(f"Tab leads nowhere: {reached[-1]}")
