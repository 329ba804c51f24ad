"""Whatever somebody typed or wrote: a case file can be made, and shows it as it stands."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from api import case_file
from infra.typesetting import as_pages, as_pdf
from infra.typesetting.letters import NO_LETTER, letters, settable
from tests.case_files import TAKEN, office
from tests.desks import migrated_database, new_desk

TYPED = (
    "what",
    "reason",
    "name",
    "who",
    "by",
    "subject",
    "reply_text",
    "note",
    "text",
    "steps",
    "fields",
    "taken",
)
SCRIPTS = "王小明 مرحبا שלום नमस्ते 한글 ไทย 😀👨\u200d👩 ა\u0301 e\u0301 \u202egro\u2066"
CONTROLS = "".join(map(chr, range(32))) + "\x7f\x85\u2028\ufeff\ufffe\uffff\ue000\U000f0000\ud800"
MARKUP = '#panic("x") $ #{ ] */ // <a> @b \\u{1} `raw` = heading\n- list & <svg>'


@pytest.fixture(scope="module")
def content(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the template sets of a case."""
    seen: list[Any] = []

    def kept(template: str, content: Any, at: Any) -> bytes:
        seen.append(to_builtins(content))
        return as_pdf(template, content, at)

    with pytest.MonkeyPatch.context() as patch, migrated_database(postgres) as conninfo:
        patch.setattr(case_file, "as_pdf", kept)
        desk = new_desk(conninfo)
        with office(conninfo, desk, Path(tmp_path_factory.mktemp("outside"))) as found:
            found.taken()
        desk.close()
    content: dict[str, Any]
    (content,) = seen
    return content


def typed(content: Any, text: str) -> Any:
    """The same with *text* wherever people's words stand."""
    if isinstance(content, dict):
        return {name: _typed(name, value, text) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [typed(each, text) for each in content]
    return content


def _typed(name: str, value: Any, text: str) -> Any:
    if name == "headings":
        return value
    return _anew(value, text) if name in TYPED else typed(value, text)


def _anew(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text
    if isinstance(value, list | tuple):
        return [_anew(each, text) for each in value]
    return value


@seed(20260406)
@settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=200))
@example(text=SCRIPTS)
@example(text=CONTROLS)
@example(text=MARKUP)
@example(text="".join(sorted(letters())))
def test_any_text_can_be_set(content: dict[str, Any], text: str) -> None:
    changed = typed(content, text)
    assert changed["document"]["history"][0]["what"] == text
    assert as_pdf("case_file", changed, TAKEN.at).startswith(b"%PDF-")


def test_what_no_font_has_shows_as_a_sign_and_the_rest_as_it_stands() -> None:
    assert settable({"王": ["Ərizə 王", 7, None]}) == {"王": [f"Ərizə {NO_LETTER}", 7, None]}
    assert settable("ქართული Türkçe русский\n№ 5") == "ქართული Türkçe русский\n№ 5"
    assert settable("a\u202eb\ufeffc\x00d") == NO_LETTER.join("abcd")


def test_a_text_is_no_markup(content: dict[str, Any]) -> None:
    plain, marked = (as_pages("case_file", typed(content, text), TAKEN.at) for text in ("*a*", "a"))
    assert plain != marked
