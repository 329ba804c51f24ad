"""Every problem has its sentence in every language, and the server answers in the reader's."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import api.app
import api.cli
from api.problems import OF_THE_FRAMEWORK, STATUS, problem_type, problem_types, title_of
from api.refusals import LANGUAGES, Fields, Told, refusals, told
from application.access import ROLES_NEEDED, Forbidden
from application.caller import Role
from application.sight_of_fields import NOT_SEEN
from domain.case import NotFitting, Refusal
from domain.rule import UnknownRule
from domain.term import StillPaused
from tests.api.bodies import NOWHERE, appeal, begun, refused
from tests.api.conftest import As
from tests.api.serving import Server
from tests.test_borders import ROOT

ASSEMBLED = (api.app, api.cli)
"""Whatever the server and the command line import can refuse."""

TRANSLATED = LANGUAGES[1:]
TECHNICAL = re.compile(
    r"\{\w+\}|[A-Z]+:[A-Z]+:[A-Z]+|\bTO\b|T16|Idempotency-Key|Access-Reason|\bAccept\b"
    r"|application/json|/schema|\d{4}-\d\d-\d\dT[\d:+]+|\d{4}-[QH]\d"
    r"|SHA-256|JSON|UTF-8|PUT|KARGUZAR_[A-Z_]+|cursor|header|token|\bid\b"
)
LETTERS = {
    "az": re.compile(r"[a-zçəğıöşüİ]*", re.IGNORECASE),
    "tr": re.compile(r"[a-zçğıöşüâîİ]*", re.IGNORECASE),
    "ka": re.compile(r"[ა-ჰ]*"),
    "ru": re.compile(r"[\u0430-\u044f\u0451]*", re.IGNORECASE),
}


def named() -> Iterator[type[Exception]]:
    """Every refusal and error that has a type of its own."""
    waiting = list(STATUS)
    while waiting:
        error = waiting.pop()
        waiting.extend(error.__subclasses__())
        if error not in (Refusal, NotFitting) and error.__module__.split(".")[0] != "tests":
            yield error


def slugs() -> set[str]:
    of_ours = {problem_type(error) for error in named()}
    return {type_.rpartition("/")[2] for type_ in of_ours} | OF_THE_FRAMEWORK.keys()


def values_of_each() -> dict[str, set[str]]:
    """By slug what an error of this type carries: the parameters it is made with."""
    carried: dict[str, set[str]] = {slug: set() for slug in OF_THE_FRAMEWORK}
    carried["not-valid"] = set(Fields.__struct_fields__)
    for error in named():
        if "__init__" in vars(error) and error is not Refusal:
            names = set(inspect.signature(error).parameters)
            carried[problem_type(error).rpartition("/")[2]] = names
    return carried


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_problem_has_a_sentence_and_no_other_has(language: str) -> None:
    titles = set(refusals(language).titles)
    assert slugs() - titles == set(), "without a sentence"
    assert titles - slugs() == set(), "the sentence of no problem"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_detail_names_all_that_its_error_carries(language: str) -> None:
    details = refusals(language).details
    named_in = {
        slug: {slot.field for part in template.parts for slot in part.slots}
        for slug, template in details.items()
    }
    assert named_in == values_of_each()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_one_in_its_own_letters(language: str) -> None:
    known = refusals(language)
    details = [template.outline for template in known.details.values()]
    for text in [*known.titles.values(), *details]:
        assert text.rstrip("]").endswith((".", "?")), text
        assert text == text.strip()
        assert "  " not in text
        for word in re.findall(r"[^\W\d_]+", TECHNICAL.sub("", text)):
            assert LETTERS[language].fullmatch(word), (word, text)
    assert not [title for title in known.titles.values() if "{" in title or "[" in title]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_was_left_in_english(language: str) -> None:
    english = {problem["title"] for problem in problem_types().values()}
    spoken = {problem["title"] for problem in problem_types(language).values()}
    assert not english & spoken


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_refusal_that_only_says_its_sentence_says_it_in_the_readers_language(
    language: str,
) -> None:
    for error in named():
        if not issubclass(error, Refusal) or "__init__" in vars(error):
            continue
        said = in_language(error(), language)
        assert said.detail == said.title != title_of(error)
        assert said.languages == language


def in_language(error: Exception, language: str) -> Told:
    english = Told(title_of(type(error)), str(error), "en")
    return told(problem_type(type(error)), english, error, language)


def whys() -> set[str]:
    """Why something is forbidden: what `Forbidden` is called with where it is raised."""
    found = {*NOT_SEEN.values()}
    for layer in ("api", "application"):
        for path in (ROOT / layer).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Forbidden":
                    found |= {
                        str(each.value) for each in node.args if isinstance(each, ast.Constant)
                    }
    return {*found, ROLES_NEEDED, Forbidden().why}


@pytest.mark.parametrize("language", TRANSLATED)
def test_why_something_is_forbidden_is_told_in_every_language(language: str) -> None:
    words = refusals(language).reader.language.words
    assert words.keys() == whys()
    for text in words.values():
        for word in re.findall(r"[^\W\d_]+", text):
            assert LETTERS[language].fullmatch(word), (word, text)
    for why in whys():
        said = in_language(Forbidden(why), language)
        assert (said.detail, said.languages) == (f"{words[why]}.", language)


def test_the_roles_that_would_do_are_told() -> None:
    needed = Forbidden(ROLES_NEEDED, {Role.REGISTRAR, Role.CONTROLLER})
    assert str(needed) == "This needs one of these roles: controller, registrar"
    said = in_language(needed, "az")
    assert said.detail == "Bunun üçün bu rollardan biri lazımdır: controller, registrar."


def test_values_are_told_in_the_sentence() -> None:
    paused = in_language(StillPaused(date(2026, 3, 9), 4), "az")
    assert paused.detail == (
        "Müddətin axını 09.03.2026 tarixindən dayandırılıb; müddətin qalan günlərinin sayı: 4."
    )
    near = in_language(UnknownRule("az-a-gem", ["az-a-gen", "az-a-fwd"]), "az")
    assert near.detail == "“az-a-gem” qaydası yoxdur. Oxşar qaydalar: az-a-gen, az-a-fwd."
    assert in_language(UnknownRule("x", []), "ru").detail == "Правила «x» нет."


def test_particulars_without_values_stay_in_english_and_the_header_says_so() -> None:
    english = Told("The case has changed.", "You have seen version 1; now it is 2", "en")
    said = told("/problems/stale-version", english, None, "tr")
    assert said.title == "Dosya siz okuduktan sonra değişmiş: yeniden okuyun."
    assert (said.detail, said.languages) == (english.detail, "tr, en")


def test_a_problem_without_a_sentence_is_told_in_english() -> None:
    english = Told("A new one.", "A new one.", "en")
    assert told("/problems/a-new-one", english, None, "az") == english


def asked(as_: As, path: str, language: str | None) -> dict[str, Any]:
    headers = {"Accept-Language": language} if language else {}
    answer = as_("registrar").get(f"/api/v1/{path}", headers=headers)
    problem = refused(answer, 404, "no-such-case")
    return {**problem, "language": answer.headers["content-language"]}


def test_the_server_refuses_in_azerbaijani(as_: As) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    path, headers = f"/api/v1/appeals/{case}", {"Accept-Language": "az-AZ,az;q=0.9,en;q=0.8"}
    answer = registrar.post(f"{path}/reopen-appeal", json={"reason": "Səhv"}, headers=headers)
    problem = refused(answer, 409, "not-closed")
    sentence = "Müraciətin icrası tamamlanmayıb: onu yenidən icraata götürməyə ehtiyac yoxdur."
    assert problem["title"] == problem["detail"] == sentence
    assert answer.headers["content-language"] == "az"


def test_a_wrong_form_is_told_with_its_fields_and_machines_read_the_same(as_: As) -> None:
    registrar, wrong = as_("registrar"), appeal(channel="pigeon")
    english = registrar.post("/api/v1/appeals", json=wrong)
    answer = registrar.post("/api/v1/appeals", json=wrong, headers={"Accept-Language": "az"})
    problem = refused(answer, 422, "not-valid")
    assert problem["title"] == "Sorğu tələb olunan formada deyil: göstərilən sahələri düzəldin."
    assert problem["detail"] == (
        "Sorğunu düzəldib yenidən göndərin. Düzəldiləcək sahələr: channel."
    )
    assert problem["errors"] == english.json()["errors"]


@pytest.mark.parametrize(
    ("asking", "answered"),
    [
        (None, "en"),
        ("", "en"),
        ("de, fr;q=0.5", "en"),
        ("*", "en"),
        ("az;q=0", "en"),
        ("az; q=x", "en"),
        ("de, tr; q=0.4, ru;q=0.7", "ru"),
        ("ka-GE", "ka"),
        ("en-GB, az;q=0.9", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_or_else_english(
    as_: As, asking: str | None, answered: str
) -> None:
    problem = asked(as_, f"cases/{NOWHERE}", asking)
    assert problem["language"] == answered
    if answered == "en":
        assert problem["title"] == "There is no such case, or you may not see it."
    else:
        assert problem["title"] == refusals(answered).titles["no-such-case"]


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [("/nowhere", 404, "not-found"), ("/api/v1/appeals", 401, "token-refused")],
)
def test_what_is_refused_before_any_route_is_told_too(
    server: Server, path: str, status: int, slug: str
) -> None:
    answer = server.public.get(path, headers={"Accept-Language": "az"})
    assert refused(answer, status, slug)["title"] == refusals("az").titles[slug]
