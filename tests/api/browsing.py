"""A browser without scripts: it keeps cookies, and sends the forms of pages."""

import re
from collections.abc import Iterable
from html import unescape

import httpx

from application.caller import Role
from tests.api.serving import Person, Server

_HIDDEN = re.compile(r'<input type="hidden" name="csrf" value="([^"]+)">')


class Browser:
    """A reader of the pages of one server. Redirects are not followed unless asked for."""

    def __init__(self, server: Server, language: str = "en") -> None:
        self.server = server
        self.http = server.client(None)
        self.http.headers["Accept-Language"] = language

    def get(self, address: str, *, follow: bool = False) -> httpx.Response:
        return self.http.get(address, follow_redirects=follow)

    def post(self, address: str, csrf: str | None, **form: str | list[str]) -> httpx.Response:
        brought = {} if csrf is None else {"csrf": csrf}
        return self.http.post(address, data={**brought, **form})

    def sign_in(
        self, official: str, roles: Iterable[Role | str], leads_to: str | None = None
    ) -> httpx.Response:
        """By the page of the development issuer."""
        query = {"next": leads_to} if leads_to else {}
        shown = self.http.get("/sign-in", params=query)
        named = [str(role) for role in roles]
        return self.post("/sign-in", csrf_in(shown), official=official, roles=named)


def csrf_in(page: httpx.Response) -> str:
    """What the page's forms bring with them."""
    found = _HIDDEN.search(page.text)
    assert found, page.text
    return unescape(found[1])


def reading(server: Server, person: Person, language: str = "en") -> Browser:
    """A browser in which this person has signed in; they are entered in the register."""
    server.token(person)
    browser = Browser(server, language)
    answer = browser.sign_in(person.official, person.roles)
    assert answer.status_code == 303, answer.text
    return browser
