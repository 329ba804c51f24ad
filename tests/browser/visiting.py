"""A reader before a real browser: Debian's chromium, driven by Playwright."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from application.caller import Role
from tests.api.serving import ROOT

SCREENSHOTS = ROOT / ".screenshots"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WCAG_2_2_AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 320, "height": 640}
_PATIENCE = 45_000
"""Milliseconds; how long a page takes says how busy the machine is."""
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_DRAWN = """
() => document.readyState === "complete"
   && [...document.querySelectorAll(".chart-drawn")].every((e) => e.querySelector("svg"))
   && !document.querySelector(".chart-drawing")
"""
_CUT_OFF = """
() => [...document.querySelectorAll(".chart-drawn svg")].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const { left, right, width } = text.getBoundingClientRect();
    const out = left < frame.left - 1 || right > frame.right + 1;
    return out && width && getComputedStyle(text).opacity !== "0";
  }).map((text) => text.textContent);
})
"""
_PAINTED = """
() => performance.getEntriesByName("first-contentful-paint").map((e) => Math.round(e.startTime))[0]
"""


def missing() -> str | None:
    """What has to be installed before pages can be looked at, and how."""
    if _program() is None:
        return "chromium is missing: run make browser as root, or install chromium"
    return None


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser that ends with the block."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=_program())
        yield browser
        browser.close()


class Visit:
    """One reader's time at the pages of *base*.

    Nothing leaves for another host: such a request is a fault and is not sent.
    """

    def __init__(self, browser: Browser, base: str, *, locale: str = "az-AZ") -> None:
        self.base = base
        self._faults: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=base, locale=locale, viewport=DESK, reduced_motion="reduce"
        )
        self.context.set_default_timeout(_PATIENCE)
        self.context.route("**/*", self._let_through)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self._faults.append(f"error: {error}"))
        self.page.on(
            "console",
            lambda said: (
                self._faults.append(f"{said.type}: {said.text}")
                if said.type in ("error", "warning")
                else None
            ),
        )

    def _let_through(self, route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(self.base).netloc:
            route.fallback()
            return
        self._faults.append(f"another host: {route.request.url}")
        route.abort()

    def sign_in(self, role: Role, official: str) -> None:
        """As this official of the demo, by the button that the page offers."""
        self.page.goto("/")
        form = self.page.locator(
            f'form:has(input[name="official"][value="{official}"])'
            f':has(input[type="hidden"][name="roles"][value="{role}"])'
        )
        form.get_by_role("button").click()
        self.drawn()

    def open(self, path: str, *, status: int = 200) -> None:
        """The page as it is by day on a desk."""
        self.page.set_viewport_size(DESK)
        self.page.emulate_media(color_scheme="light", media="screen", reduced_motion="reduce")
        answer = self.page.goto(path)
        assert answer
        assert answer.status == status, path
        self.drawn()

    def faults(self) -> list[str]:
        """What happened since the last look, and never may."""
        found, self._faults = self._faults, []
        return found

    def drawn(self) -> None:
        """Wait until all charts stand."""
        self.page.wait_for_function(_DRAWN)

    def painted(self) -> int | None:
        """Milliseconds from asking to the first content on the screen."""
        painted: int | None = self.page.evaluate(_PAINTED)
        return painted

    def barriers(self, *rules: str) -> list[str]:
        """What keeps readers out by axe, by WCAG 2.2 AA or these *rules* alone."""
        only = (
            {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG_2_2_AA}
        )
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(_axe())
        options = json.dumps({"runOnly": only, "resultTypes": ["violations"]})
        found: dict[str, Any] = self.page.evaluate(f"() => axe.run(document, {options})")
        assert found["passes"], "axe looked at nothing"
        return [
            f"{rule['id']}: {node['html'][:160]} ({'; '.join(_why(node))})"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def on_a_phone(self) -> None:
        """The same page again, 320 pixels wide."""
        self.page.set_viewport_size(PHONE)
        self.page.reload()
        self.drawn()

    def beyond(self) -> list[str]:
        """What doesn't fit: the page into the screen, a text into its chart."""
        wide: int = self.page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        cut: list[str] = self.page.evaluate(_CUT_OFF)
        return [*([f"the page by {wide} pixels"] if wide > 0 else []), *cut]

    def picture(self, name: str) -> None:
        """Keep the whole page as it looks now under `.screenshots`."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def close(self) -> None:
        self.context.close()


def _why(node: dict[str, Any]) -> list[str]:
    return [each["message"] for each in (*node["any"], *node["all"], *node["none"])][:2]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
