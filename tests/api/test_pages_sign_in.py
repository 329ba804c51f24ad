"""Sessions of the pages: how one begins, what it is good for, and what it isn't."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from api.limits import PerMinute, TooManyRequests
from api.pages.refused import SignInRefused, TokenTooLong
from api.pages.session import CookieSeal, Session, cookies_of, session_in
from api.pages.sign_in import FLOW, Flow, SignIn, local, sign_in_back
from application.caller import Role
from infra.issuer_keys import Configuration
from infra.page_settings import PageSettings
from infra.sign_in import CodeFlow, CodeRefused, IssuerUnreachable
from tests.api.bodies import appeal, begun, refused
from tests.api.browsing import Browser, csrf_in, reading
from tests.api.issuers import Issuer, issuing, missing
from tests.api.serving import PEOPLE, Server, served
from tests.desks import migrated_database

SEAL = CookieSeal(b"k" * 32)
RESOURCE = "urn:karguzar"
PAGES = PageSettings(client_id="pages", client_secret=None, scope="openid", resource=None)


class Sent(Struct):
    """A cookie as it comes with an answer."""

    value: str
    attributes: frozenset[str]


def sent(answer: httpx.Response) -> dict[str, Sent]:
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        pair, *attributes = header.split("; ")
        name, _, value = pair.partition("=")
        found[name] = Sent(value, frozenset(each.lower() for each in attributes))
    return found


def test_in_development_one_signs_in_as_whom_one_likes_and_begins_at_the_roles_page(
    server: Server,
) -> None:
    browser = Browser(server)
    assert browser.get("/").headers["location"] == "/sign-in"
    signed_in = browser.sign_in("auditor", [Role.AUDITOR])
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/")
    assert browser.get("/").headers["location"] == "/pages/audit"
    page = browser.get("/pages/audit")
    assert page.status_code == 200
    assert "Auditor" in page.text


def test_the_page_that_was_asked_for_is_shown_after_signing_in(server: Server) -> None:
    browser = Browser(server)
    sent_away = browser.get("/pages/audit")
    at = urlsplit(sent_away.headers["location"])
    assert (at.path, parse_qs(at.query)) == ("/sign-in", {"next": ["/pages/audit"]})
    signed_in = browser.sign_in("auditor", [Role.AUDITOR], leads_to="/pages/audit")
    assert signed_in.headers["location"] == "/pages/audit"


def test_the_session_is_sealed_unreadable_for_scripts_and_not_sent_by_other_sites(
    server: Server,
) -> None:
    browser = Browser(server)
    signed_in = browser.sign_in("auditor", [Role.AUDITOR])
    cookie = sent(signed_in)["karguzar-session"]
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= cookie.attributes
    assert "eyJ" not in cookie.value
    assert signed_in.headers["cache-control"] == "no-store"


def test_neither_token_nor_session_stands_in_a_page_or_its_address(server: Server) -> None:
    browser = reading(server, PEOPLE["auditor"])
    session = session_in(CookieSeal(server.settings.master_key), dict(browser.http.cookies))
    assert session
    page = browser.get("/pages/audit")
    for secret in (session.token, browser.http.cookies["karguzar-session"]):
        assert secret not in page.text
        assert secret not in str(page.url)
    assert session.csrf in page.text


def test_the_api_takes_no_session(server: Server) -> None:
    browser = reading(server, PEOPLE["registrar"])
    before = server.log_position()
    refused(browser.http.get("/api/v1/cases"), 401, "token-refused")
    refused(browser.http.post("/api/v1/appeals", json=appeal()), 401, "token-refused")
    assert server.log_position() == before


def test_the_pages_take_no_bearer_token(server: Server) -> None:
    auditor = server.client(server.token(PEOPLE["auditor"]))
    answer = auditor.get("/pages/audit")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("csrf", [None, "", "made-up"], ids=["missing", "empty", "made up"])
def test_a_form_without_the_sessions_word_is_refused(server: Server, csrf: str | None) -> None:
    browser = reading(server, PEOPLE["auditor"])
    answer = browser.post("/pages/audit", csrf, number="A-1/2026")
    assert answer.status_code == 403
    assert "not of this session" in answer.text


def test_the_word_of_another_session_is_refused(server: Server) -> None:
    other = csrf_in(reading(server, PEOPLE["auditor"]).get("/pages/audit"))
    browser = reading(server, PEOPLE["auditor"])
    assert browser.post("/pages/audit", other, number="A-1/2026").status_code == 403
    own = csrf_in(browser.get("/pages/audit"))
    assert browser.post("/pages/audit", own, number="nothing-such").status_code == 200


def test_another_site_can_neither_sign_somebody_in_nor_out(server: Server) -> None:
    stranger = Browser(server)
    answer = stranger.post("/sign-in", "made-up", official="auditor", roles=["auditor"])
    assert answer.status_code == 403
    assert "karguzar-session" not in sent(answer)
    browser = reading(server, PEOPLE["auditor"])
    assert browser.post("/sign-out", "made-up").status_code == 403
    assert browser.get("/pages/audit").status_code == 200


def test_signing_out_leaves_nothing_in_the_browser(server: Server) -> None:
    browser = reading(server, PEOPLE["auditor"])
    out = browser.post("/sign-out", csrf_in(browser.get("/pages/audit")))
    assert out.headers["location"] == "/sign-out"
    assert "karguzar-session" not in browser.http.cookies
    assert "signed out" in browser.get("/sign-out").text
    assert browser.get("/pages/audit").status_code == 303


def test_nobody_signs_in_who_is_not_entered_and_no_program(server: Server) -> None:
    browser = Browser(server)
    assert browser.sign_in("nobody-at-all", [Role.AUDITOR]).status_code == 403
    assert browser.sign_in("auditor", ["system"]).status_code == 303
    assert "None of the pages" in browser.get("/", follow=True).text


def test_a_site_that_made_its_name_lead_here_gets_no_sign_in(server: Server) -> None:
    answer = server.public.get("/sign-in", headers={"Host": f"evil.example:{server.port}"})
    assert answer.status_code == 503
    assert "karguzar-sign-in" not in sent(answer)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=200))
def test_signing_in_never_leads_to_another_site(address: str) -> None:
    for given_ in (address, f"/pages/{address}", f"//{address}", f"/\\{address}"):
        leads_to = local(given_)
        assert leads_to == "/" or leads_to.startswith("/pages/")
        assert not {"\\", "\r", "\n"} & set(leads_to)


@settings(max_examples=30, deadline=None)
@given(token=st.text(max_size=6_000), csrf=st.text(max_size=40))
def test_what_was_sealed_is_opened_and_nothing_else_is(token: str, csrf: str) -> None:
    session = Session(token, int(time.time()) + 60, csrf)
    cookies = {each.key: each.value or "" for each in cookies_of(SEAL, session, secure=True)}
    assert all(len(value) <= 3_800 for value in cookies.values())
    assert session_in(SEAL, cookies) == session
    assert session_in(CookieSeal(b"o" * 32), cookies) is None
    spoilt = cookies | {"karguzar-session": cookies["karguzar-session"][:-2] + "AA"}
    assert session_in(SEAL, spoilt) in (None, session)
    assert SEAL.opened("".join(cookies.values()), Flow) is None


def test_a_session_ends_with_its_token() -> None:
    with freeze_time("2026-03-02 09:00:00"):
        session = Session("token", int(time.time()) + 600, "csrf")
        cookies = {each.key: each.value or "" for each in cookies_of(SEAL, session, secure=True)}
        assert session_in(SEAL, cookies)
    with freeze_time("2026-03-02 09:10:00"):
        assert session_in(SEAL, cookies) is None


def test_a_token_that_no_browser_would_keep_is_refused_as_such() -> None:
    with pytest.raises(TokenTooLong):
        cookies_of(SEAL, Session("t" * 16_000, int(time.time()) + 600, "csrf"), secure=True)


@pytest.mark.parametrize("junk", ["", "A", "%%%", "ə", urlsafe_b64encode(b"x" * 40).decode()])
def test_junk_is_no_session(junk: str) -> None:
    assert session_in(SEAL, {"karguzar-session": junk}) is None


class Signing:
    """A reader on the way through a real issuer."""

    def __init__(self, server: Server, issuer: Issuer) -> None:
        self.browser = Browser(server)
        self.issuer = issuer

    def begin(self, leads_to: str = "/pages/audit") -> httpx.URL:
        """The address at the issuer that the reader is sent to."""
        sent_on = self.browser.http.get("/sign-in", params={"next": leads_to})
        assert sent_on.status_code == 303, sent_on.text
        return httpx.URL(sent_on.headers["location"])

    def through(self, at: httpx.URL, sub: str, unit: str, roles: list[str]) -> str:
        """The address that the issuer sends the reader back to."""
        hint = json.dumps({"sub": sub, "unit": unit, "roles": roles})
        with httpx.Client(base_url=self.issuer.url) as http:
            leads_to = http.get(at.copy_merge_params({"login_hint": hint})).headers["location"]
            for _ in range(4):
                if leads_to.startswith(self.browser.server.base):
                    return str(leads_to)
                leads_to = http.get(leads_to).headers["location"]
        raise AssertionError(f"the issuer led no way back: {leads_to}")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    with issuing() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def elsewhere(postgres: str, server_dir: Path, issuer: Issuer) -> Iterator[Server]:
    """A server whose readers sign in with that issuer."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "pages",
            conninfo,
            token_issuer=issuer.url,
            pages_client_id="pages",
            pages_client_secret="only-for-tests",
            pages_scope="openid register",
            pages_resource=RESOURCE,
        ) as server,
    ):
        yield server


def test_a_reader_signs_in_with_the_issuer_by_code_and_pkce(
    elsewhere: Server, issuer: Issuer
) -> None:
    signing = Signing(elsewhere, issuer)
    at = signing.begin()
    asked = parse_qs(at.query.decode())
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    back = signing.through(at, "auditor", "agency", ["auditor"])
    signed_in = signing.browser.get(back)
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/pages/audit")
    page = signing.browser.get("/pages/audit")
    assert page.status_code == 200
    assert "Auditor" in page.text
    cookie = sent(signed_in)["karguzar-session"]
    (left,) = [each for each in cookie.attributes if each.startswith("max-age=")]
    assert 590 <= int(left.removeprefix("max-age=")) <= 600


def test_a_code_is_of_no_use_in_another_browser(elsewhere: Server, issuer: Issuer) -> None:
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "auditor", "agency", ["auditor"])
    stranger = Browser(elsewhere)
    answer = stranger.get(back)
    assert answer.status_code == 400
    assert "not begun in this browser" in answer.text
    stranger.get("/sign-in")
    assert stranger.get(back).status_code == 400
    assert "karguzar-session" not in stranger.http.cookies


def test_whoever_comes_without_a_sign_in_begun_keeps_nobody_behind_the_same_address_out(
    elsewhere: Server, issuer: Issuer
) -> None:
    most = elsewhere.settings.tokens.refused_tokens_per_minute
    stranger = Browser(elsewhere)
    assert {stranger.get("/sign-in/callback").status_code for _ in range(most + 1)} == {400}
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "auditor", "agency", ["auditor"])
    assert signing.browser.get(back).status_code == 303


def asked_back(refused_codes: PerMinute) -> Callable[[], Awaitable[object]]:
    """Somebody who comes back from an issuer that refuses the code, once for each call."""

    class Refusing(CodeFlow):
        async def token(self, code: str, verifier: str, back: str) -> str:  # noqa: ARG002
            raise CodeRefused

    code_flow = Refusing("https://issuer.example", PAGES)
    way = SignIn(SEAL, code_flow, None, refused_codes)
    flow = SEAL.sealed(Flow("state", "verifier", "/", int(time.time()) + 60))
    state = SimpleNamespace(
        sign_in=way, register=SimpleNamespace(settings=SimpleNamespace(public_url="https://here"))
    )
    request = SimpleNamespace(
        app=SimpleNamespace(state=state),
        cookies={FLOW: flow},
        client=SimpleNamespace(host="192.0.2.1"),
    )
    return lambda: sign_in_back.fn(request, code="code", answered="state")


def test_codes_that_the_issuer_refuses_are_counted() -> None:
    once = asked_back(PerMinute(2))
    for refusal in (SignInRefused, SignInRefused, TooManyRequests):
        with pytest.raises(refusal):
            asyncio.run(once())  # type: ignore[arg-type]


class Told:
    """What an issuer says of itself, where it can be asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def __call__(self, issuer: str) -> Configuration:
        self.asked += 1
        if self.away:
            raise OSError
        return Configuration(issuer, issuer, f"{issuer}/auth", f"{issuer}/token", f"{issuer}/out")


def test_an_issuer_is_asked_once_for_all_and_one_that_is_away_not_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, now = Told(), [0.0]
    monkeypatch.setattr("infra.sign_in.configuration", told)
    code_flow = CodeFlow("https://issuer.example", PAGES, clock=lambda: now[0])

    async def ways_out() -> list[str | BaseException | None]:
        return await asyncio.gather(
            *(code_flow.way_out() for _ in range(5)), return_exceptions=True
        )

    async def come_and_go() -> None:
        told.away = True
        for seconds, asked in ((0.0, 1), (4.0, 1), (6.0, 2)):
            now[0] = seconds
            assert {type(each) for each in await ways_out()} == {IssuerUnreachable}
            assert told.asked == asked
        told.away, now[0] = False, 12.0
        found = await ways_out()
        assert (len({*found}), told.asked) == (1, 3)
        told.away, now[0] = True, 400.0
        assert (await ways_out(), told.asked) == (found, 4)

    asyncio.run(come_and_go())


def test_a_code_is_good_once(elsewhere: Server, issuer: Issuer) -> None:
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "auditor", "agency", ["auditor"])
    flow = dict(signing.browser.http.cookies)
    assert signing.browser.get(back).status_code == 303
    again = Browser(elsewhere)
    again.http.cookies.update(flow)
    answer = again.get(back)
    assert answer.status_code == 403
    assert "did not sign you in" in answer.text


def test_the_issuers_refusal_is_told(elsewhere: Server, issuer: Issuer) -> None:
    signing = Signing(elsewhere, issuer)
    (state,) = parse_qs(signing.begin().query.decode())["state"]
    answer = signing.browser.http.get(
        "/sign-in/callback", params={"error": "access_denied", "state": state}
    )
    assert answer.status_code == 403
    assert "did not sign you in" in answer.text


def test_who_is_not_entered_is_told_so_at_once(elsewhere: Server, issuer: Issuer) -> None:
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "stranger", "agency", ["auditor"])
    answer = signing.browser.get(back)
    assert answer.status_code == 403
    assert "not entered in the register" in answer.text
    assert "karguzar-session" not in signing.browser.http.cookies


def test_with_an_issuer_nobody_signs_in_by_choosing_who(elsewhere: Server) -> None:
    browser = Browser(elsewhere)
    browser.get("/sign-in")
    answer = browser.post("/sign-in", "made-up", official="auditor", roles=["auditor"])
    assert answer.status_code == 503
    assert "karguzar-session" not in sent(answer)


def test_signing_out_offers_to_sign_out_at_the_issuer_too(
    elsewhere: Server, issuer: Issuer
) -> None:
    page = Browser(elsewhere).get("/sign-out")
    assert f'href="{issuer.url}/session/end?client_id=pages"' in page.text


def test_a_case_of_the_api_is_read_on_the_pages(elsewhere: Server, issuer: Issuer) -> None:
    token = issuer.official_token("aliyev", unit="records", roles=["registrar"])
    case = begun(elsewhere.client(token), "appeals", appeal())
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "auditor", "agency", ["auditor"])
    signing.browser.get(back)
    page = signing.browser.get(f"/pages/cases/{case}")
    assert "A-1/2026" in page.text


def test_a_page_that_listens_does_not_keep_the_server_from_ending(
    elsewhere: Server, issuer: Issuer
) -> None:
    signing = Signing(elsewhere, issuer)
    back = signing.through(signing.begin(), "auditor", "agency", ["auditor"])
    signing.browser.get(back)
    with signing.browser.http.stream("GET", "/pages/events") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: moved"
        elsewhere.process.terminate()
        list(lines)
    elsewhere.process.wait(20)
    assert '"level":"error"' not in elsewhere.log.read_text()
