"""The frame of the pages: languages, themes, refusals, a case to read, the audit's beginning."""

import asyncio
import json
import re
import time
import tomllib
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock
from uuid import UUID

import httpx
import psycopg
import pytest
from msgspec.structs import replace
from psycopg import AsyncConnection

from api.pages import events
from api.pages.places import PLACES
from api.pages.routes import PAGES
from api.pages.shell import ASSETS
from api.pages.words import LANGUAGES
from application.caller import Role
from infra.proofs import Proofs, Standing
from projections import written_days
from projections.history import case_rows
from tests.api.bodies import NOWHERE, appeal, begun, now, read
from tests.api.browsing import Browser, csrf_in, reading
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Person, Server, wait_until

_OUTSIDE = re.compile(r"""(?:src|href|action)=["'](?!/|#)""")
_WRITTEN_IN = re.compile(
    r"<script(?![^>]*src=)(?![^>]*application/json)[^>]*>|<style|\son\w+=|\sstyle="
)


@pytest.fixture(scope="module")
def case(as_: As) -> str:
    """An appeal at pensions, whose subject is marked."""
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal(subject="Nişanlanmış mövzu"))
    answer = registrar.post(
        f"/api/v1/appeals/{case}/assign-appeal",
        json={"unit": "pensions", "main_executor": "mammadov", "resolution": "Baxılsın"},
    )
    assert answer.is_success, answer.text
    return case


@pytest.fixture(scope="module")
def auditor(server: Server) -> Browser:
    return reading(server, PEOPLE["auditor"])


@pytest.fixture(scope="module")
def head(server: Server) -> Browser:
    return reading(server, PEOPLE["head"])


def recorded(server: Server, case: str) -> Iterator[tuple[str, str, str]]:
    """Who looked at the case by which operation, and what that was."""
    with psycopg.connect(server.conninfo) as conn:
        yield from conn.execute(
            "SELECT official, operation, action FROM karguzar.accesses "
            "WHERE cases @> ARRAY[%s::uuid] ORDER BY id",
            (case,),
        ).fetchall()


def test_a_case_is_told_as_a_timeline_with_its_due_dates(auditor: Browser, case: str) -> None:
    page = auditor.get(f"/pages/cases/{case}")
    assert page.status_code == 200
    assert "Nişanlanmış mövzu" in page.text
    assert page.text.count('<li id="event-') == 2
    assert "The appeal was registered on" in page.text
    assert "Law 1308-IVQ" in page.text
    assert "True for position" in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_is_told_and_dated_in_the_readers_language(
    server: Server, as_: As, case: str, language: str
) -> None:
    reader = reading(server, PEOPLE["auditor"], language=language)
    page = unescape(reader.get(f"/pages/cases/{case}").text)
    spoken = {"Accept-Language": language}
    history = as_("auditor").get(f"/api/v1/cases/{case}/history", headers=spoken).json()
    assert [entry for entry in history["entries"] if entry["sentence"] not in page] == []
    assert f"<dd>{written_days.day(now().date(), language)}</dd>" in page


def test_reading_a_case_on_a_page_is_on_record(server: Server, auditor: Browser, case: str) -> None:
    auditor.get(f"/pages/cases/{case}")
    assert ("auditor", "pages.case", "case-opened") in set(recorded(server, case))


def test_a_hidden_case_is_not_to_be_told_from_one_that_does_not_exist(
    server: Server, case: str
) -> None:
    stranger = reading(server, PEOPLE["ganja"])
    hidden = stranger.get(f"/pages/cases/{case}")
    nothing = stranger.get(f"/pages/cases/{NOWHERE}")
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.text.replace(case, "") == nothing.text.replace(str(NOWHERE), "")
    assert ("valiyev", "pages.case", "read-refused") in set(recorded(server, case))


def test_a_page_shows_of_a_case_what_the_api_shows_the_same_reader(
    server: Server, as_: As, case: str
) -> None:
    for part in ("auditor", "leader", "head", "press"):
        by_api = as_(part).get(f"/api/v1/cases/{case}/history", headers={"Accept-Language": "en"})
        page = reading(server, PEOPLE[part]).get(f"/pages/cases/{case}")
        assert page.status_code == by_api.status_code, part
        if by_api.is_success:
            told = [entry["sentence"] for entry in by_api.json()["entries"]]
            shown = re.findall(r'<p class="what">(.*?)</p>', page.text, re.DOTALL)
            assert [unescape(each) for each in shown] == told, part


def test_each_event_that_leads_to_the_signed_root_is_shown_as_signed(
    auditor: Browser, head: Browser, as_: As, case: str
) -> None:
    reason = {"Access-Reason": "to have a checkpoint"}
    assert as_("auditor").get(f"/api/v1/cases/{case}/file", headers=reason).is_success
    page = auditor.get(f"/pages/cases/{case}").text
    assert page.count("state-proved") == page.count('<li id="event-') == 2
    assert "2 events lead to the root" in page
    assert 'class="proof"' not in head.get(f"/pages/cases/{case}").text


def test_an_event_that_was_altered_does_not_lead_to_the_signed_root(
    server: Server, as_: As, case: str
) -> None:
    reason = {"Access-Reason": "to have a checkpoint"}
    assert as_("auditor").get(f"/api/v1/cases/{case}/file", headers=reason).is_success

    async def standing() -> Standing | None:
        async with await AsyncConnection.connect(server.conninfo) as conn:
            first, second = await case_rows(conn, UUID(case))
            altered = replace(first, state=first.state[:-1] + b"\x00")
            return await Proofs(server.settings.proof.log_origin).standing(conn, [altered, second])

    found = asyncio.run(standing())
    assert found
    assert (len(found.proved), len(found.differing)) == (1, 1)
    assert max(found.proved | found.differing) <= found.size
    assert min(found.differing) < min(found.proved)


def test_an_auditor_finds_a_case_by_its_number_and_no_address_tells_what_was_typed(
    server: Server, auditor: Browser, as_: As, case: str
) -> None:
    number = read(as_("auditor"), f"appeals/{case}")["began"]["number"]
    written = f"A-{number['sequence']}/{number['year']}"
    wait_until(
        lambda: bool(read(as_("auditor"), "cases?limit=200")["rows"]), 10, "the list has come"
    )
    search = auditor.get("/pages/audit")

    def found() -> httpx.Response:
        return auditor.post("/pages/audit", csrf_in(search), number=written)

    wait_until(lambda: found().status_code == 303, 10, "the register has come to the case")
    assert found().headers["location"] == f"/pages/cases/{case}"
    assert ("auditor", "pages.audit-search", "search-made") in set(recorded(server, case))
    nothing = auditor.post("/pages/audit", csrf_in(search), number="Z-999/1999")
    assert nothing.status_code == 200
    assert "No case has this number" in nothing.text


def test_an_auditor_sees_who_saw_a_case(auditor: Browser, head: Browser, case: str) -> None:
    head.get(f"/pages/cases/{case}")
    page = auditor.get(f"/pages/audit/cases/{case}")
    assert page.status_code == 200
    assert "Huseynova" in page.text
    assert "pages.case" in page.text


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_a_place_is_closed_to_roles_that_have_no_part_in_it(server: Server, place: str) -> None:
    (asked,) = [each for each in PLACES if each.name == place]
    others = frozenset(Role) - asked.open - asked.begins - {Role.SYSTEM}
    outsider = reading(server, Person("outsider", "agency", others))
    answer = outsider.get(asked.path)
    assert answer.status_code == 403
    assert "You are signed in as" in answer.text
    assert f'href="{asked.path}"' not in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_the_language_that_was_chosen(server: Server, case: str, language: str) -> None:
    browser = reading(server, PEOPLE["auditor"], language="en")
    chosen = browser.get(f"/pages/cases/{case}?lang={language}")
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/pages/cases/{case}")
    page = browser.get(f"/pages/cases/{case}")
    assert f'<html lang="{language}"' in page.text
    assert page.headers["content-language"] == language


def test_without_a_choice_a_page_speaks_the_browsers_language(server: Server) -> None:
    for accepted, language in (("ka, en;q=0.5", "ka"), ("fr, ru;q=0.9", "ru"), ("fr", "az")):
        page = Browser(server, accepted).get("/sign-in")
        assert f'<html lang="{language}"' in page.text


def test_a_refusal_is_told_in_the_language_that_was_chosen(server: Server) -> None:
    browser = reading(server, PEOPLE["head"], language="en")
    browser.get("/pages/audit?lang=ru")
    answer = browser.get("/pages/audit?nothing=1")
    assert answer.status_code == 400
    assert '<html lang="ru"' in answer.text
    assert "исправьте или удалите" in answer.text


def test_the_theme_is_kept_and_nonsense_is_not(server: Server) -> None:
    browser = Browser(server)
    browser.get("/sign-in?theme=dark")
    assert 'data-theme="dark"' in browser.get("/sign-in").text
    browser.get("/sign-in?theme=pink&lang=xx")
    page = browser.get("/sign-in").text
    assert 'data-theme="dark"' in page
    browser.get("/sign-in?theme=auto")
    assert "data-theme" not in browser.get("/sign-in").text


def test_an_address_that_leads_nowhere_says_so_as_a_page(auditor: Browser) -> None:
    answer = auditor.get("/pages/nothing-such")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert auditor.http.get("/nothing-such").headers["content-type"].startswith("application/")


def test_a_parameter_that_a_page_does_not_know_is_refused(auditor: Browser) -> None:
    assert auditor.get("/pages/audit?units=pensions").status_code == 400


def test_no_page_has_a_script_of_its_own_or_asks_anybody_else(auditor: Browser, case: str) -> None:
    for address in ("/pages/audit", f"/pages/cases/{case}", "/pages/nothing-such", "/sign-in"):
        page = auditor.get(address)
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        assert not _OUTSIDE.search(page.text), address
        assert not _WRITTEN_IN.search(page.text), address


def test_every_asset_that_a_page_names_is_there_under_its_digest(auditor: Browser) -> None:
    page = auditor.get("/pages/audit").text
    named = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert any("app.css" in each for each in named)
    for address in named:
        answer = auditor.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert address.endswith(f"?v={sha256(answer.content).hexdigest()[:12]}")


def test_what_browsers_are_given_of_others_is_what_was_taken_from_them() -> None:
    listed = tomllib.loads((ASSETS / "vendor" / "VERSIONS.toml").read_text())
    scripts = {path.name for path in (ASSETS / "vendor").glob("*.js")}
    assert scripts == listed.keys()
    for name, said in listed.items():
        assert sha256((ASSETS / "vendor" / name).read_bytes()).hexdigest() == said["sha256"]
        assert Path(ASSETS / "vendor" / f"{name.removesuffix('.min.js')}.LICENSE").is_file()


def test_open_pages_are_told_that_the_figures_moved(
    server: Server, auditor: Browser, as_: As
) -> None:
    with auditor.http.stream("GET", "/pages/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        moved = positions_in(stream)
        before = next(moved)
        case = begun(as_("registrar"), "appeals", appeal())
        position = read(as_("auditor"), f"cases/{case}/history")["position"]
        after = next(each for each in moved if each > before)
        assert before < after <= max(position, server.log_position())


def positions_in(stream: httpx.Response) -> Iterator[int]:
    event = ""
    for line in stream.iter_lines():
        if line.startswith("event:"):
            event = line.removeprefix("event:").strip()
        elif line.startswith("data:") and event == "moved":
            yield json.loads(line.removeprefix("data:"))["position"]


def test_open_pages_are_told_that_another_day_began(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    days = iter([first, first, second, second])
    monkeypatch.setattr(events, "today_at", lambda _: next(days))
    monkeypatch.setattr(events, "LOOK_SECONDS", 0)
    monkeypatch.setattr(events, "register_of", MagicMock())
    request = MagicMock()
    request.user.claims.exp = time.time() + 60
    request.app.state.moves.position = AsyncMock(return_value=7)
    request.app.state.ending.side_effect = [False, False, False, False, True]

    async def told() -> list[Any]:
        return [json.loads(str(message.data)) async for message in events._told(request)]

    assert asyncio.run(told()) == [
        {"position": 7, "day": "2026-10-01"},
        {"position": 7, "day": "2026-10-02"},
    ]


def test_who_has_no_session_is_told_nothing_and_asks_no_more(server: Server) -> None:
    assert Browser(server).get("/pages/events").status_code == 204


def test_a_part_of_a_page_leads_to_signing_in_when_the_session_has_ended(server: Server) -> None:
    answer = Browser(server).http.get("/pages/audit", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=/pages/audit"


def test_every_place_in_the_navigation_leads_to_a_page() -> None:
    there = {path for handler in PAGES for path in handler.paths}
    assert {place.path for place in PLACES} <= there


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_a_place_opens_to_each_of_its_roles_and_the_look_is_on_record(
    server: Server, place: str
) -> None:
    (asked,) = [each for each in PLACES if each.name == place]
    for role in sorted(asked.open | asked.begins):
        browser = reading(server, Person(f"one-{role}", "agency", frozenset({role})))
        page = browser.get(asked.path)
        assert page.status_code == 200, (role, page.text)
        assert f'<a href="{asked.path}" aria-current="page">' in page.text
        with psycopg.connect(server.conninfo) as conn:
            seen = conn.execute(
                "SELECT operation FROM karguzar.accesses WHERE official = %s", (f"one-{role}",)
            ).fetchall()
        assert any(operation.startswith("pages.") for (operation,) in seen), role


@pytest.mark.parametrize("part", sorted(PEOPLE))
def test_everybody_begins_somewhere(server: Server, part: str) -> None:
    page = reading(server, PEOPLE[part]).get("/", follow=True)
    assert page.status_code == 200
    assert page.url.path == "/" or page.url.path in {place.path for place in PLACES}
