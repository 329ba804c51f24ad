"""What all pages have in common: their frame, the ways between them, language and theme.

A page is a template that extends `base.html`, the words in `words/<language>/<page>.toml`, and a
handler that answers with `page(request, "<page>.html", …)`. In every template there are

- ``words("page.key", n=3)`` and its methods (`api.pages.words.Words`);
- ``shell``: the Shell, with the reader, the places to go to, and ``csrf`` for forms;
- ``here(name=value)``: the present address with these parameters set, or without where None;
- ``asset("pages/app.css")``: the address of a file under `api/assets`.

`base.html` has the blocks title, head, content, truth and scripts; its macros are in `parts.html`.
With ``live=True`` the page listens to /pages/events: what has
``hx-trigger="sse:moved throttle:2s"`` loads itself anew.
"""

from collections.abc import Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.enums import MediaType
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.template.config import TemplateConfig
from msgspec import Struct

from api.language import language_of
from api.pages.places import PLACES, Place, may_open
from api.pages.session import browser_cookie
from api.pages.words import LANGUAGES, OWN_NAMES, Words, words_of
from api.register_state import AppRequest, caller_of, register_of
from api.tokens import Bearer

LANGUAGE, THEME = "karguzar-language", "karguzar-theme"
THEMES = ("auto", "light", "dark")
ASSETS = Path(__file__).parents[1] / "assets"
_TEMPLATES = Path(__file__).with_name("templates")
_PREFERENCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "lang": (LANGUAGE, LANGUAGES),
    "theme": (THEME, THEMES),
}
_YEAR_SECONDS = 365 * 24 * 3600


class Link(Struct, frozen=True):
    """``name`` is a key of words, or a name as it is; ``current`` says that one is there.

    ``code`` is that of a language.
    """

    name: str
    href: str
    current: bool = False
    code: str = ""


class Reader(Struct, frozen=True):
    """Who is signed in; ``roles`` are codes, which have words under ``shell.roles``."""

    name: str
    unit: str
    roles: list[str]


class Shell(Struct, frozen=True, kw_only=True):
    """The frame. ``reader`` is None for a page without a session."""

    language: str
    theme: str
    languages: list[Link]
    themes: list[Link]
    places: list[Link]
    reader: Reader | None
    csrf: str
    live: bool


def page(
    request: AppRequest,
    template: str,
    *,
    live: bool = False,
    status_code: int = 200,
    **context: Any,
) -> Template:
    """The page in the reader's language and theme; *context* is what the template names."""
    words = words_for(request)
    return Template(
        template_name=template,
        context={
            "words": words,
            "shell": _shell(request, live=live),
            "here": partial(here, request),
            **context,
        },
        status_code=status_code,
        media_type=MediaType.HTML,
        headers={"Content-Language": words.language, "Vary": "Cookie, Accept-Language"},
    )


def words_for(request: AppRequest) -> Words:
    """The words of the language that the reader chose, or else of the browser's."""
    return words_of(reader_language(request), register_of(request).settings.time_zone)


def reader_language(request: AppRequest) -> str:
    """The language chosen on the pages, or else the first of the browser's that they speak."""
    chosen = request.cookies.get(LANGUAGE)
    return chosen if chosen in LANGUAGES else language_of(request, LANGUAGES)


def here(request: AppRequest, **changes: Any) -> str:
    """This page's address, its parameters changed; one that becomes None is left out."""
    given: dict[str, Any] = {
        name: value
        for name, value in parse_qsl(
            request.scope["query_string"].decode("latin-1"), keep_blank_values=True
        )
        if name not in _PREFERENCES
    }
    given |= changes
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return request.url.path + (f"?{query}" if query else "")


def preference(request: AppRequest) -> Redirect | None:
    """The same page without ``lang`` and ``theme`` in its address, now kept in a cookie."""
    cookies = []
    for name, (cookie, choices) in _PREFERENCES.items():
        if (asked := request.query_params.get(name)) is None:
            continue
        if asked in choices:
            secure = is_secure(request)
            cookies.append(browser_cookie(cookie, asked, _YEAR_SECONDS, secure=secure))
    if not request.query_params.keys() & _PREFERENCES.keys():
        return None
    return Redirect(here(request), status_code=303, cookies=cookies)


def is_secure(request: AppRequest) -> bool:
    """Whether readers come over TLS."""
    public = register_of(request).settings.public_url
    return public.startswith("https:") if public else request.url.scheme == "https"


def start_of(request: AppRequest) -> Place | None:
    """The place where this reader begins."""
    roles = caller_of(request).roles
    return next((place for place in PLACES if roles & place.begins), None)


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Names that a template doesn't get are faults, and all that is put in is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


@cache
def asset(name: str) -> str:
    """The address of a file under `api/assets`: another one as soon as its content is another."""
    digest = sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
    return f"/assets/{name}?v={digest}"


def _shell(request: AppRequest, *, live: bool) -> Shell:
    bearer = request.scope.get("user")
    reader, places = None, []
    if isinstance(bearer, Bearer):
        caller = caller_of(request)
        names, actor = register_of(request).names(), caller.actor
        reader = Reader(
            names.official(actor.official), names.unit(actor.unit), sorted(map(str, caller.roles))
        )
        places = [
            Link(place.name, place.path, current=request.url.path.startswith(place.path))
            for place in PLACES
            if may_open(caller, place)
        ]
    language = reader_language(request)
    theme = request.cookies.get(THEME, THEMES[0])
    theme = theme if theme in THEMES else THEMES[0]
    return Shell(
        language=language,
        theme=theme,
        languages=[
            Link(OWN_NAMES[each], here(request, lang=each), each == language, each)
            for each in LANGUAGES
        ],
        themes=[Link(each, here(request, theme=each), each == theme) for each in THEMES],
        places=places,
        reader=reader,
        csrf=str(request.scope.get("auth") or "") if reader else "",
        live=live and reader is not None,
    )
