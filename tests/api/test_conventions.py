import json
import re
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import app as _every_route  # noqa: F401 - its refusals are listed too
from api.problems import HANDLERS, problem_type, problem_types
from domain.case import NotFitting, Refusal
from tests.api.bodies import NOWHERE, appeal, begun, done, read, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server, fresh_key

APPEALS = "/api/v1/appeals"
METHODS = ("get", "post", "put", "delete", "patch")


def test_the_same_key_twice_gives_the_same_answer_and_is_recorded_once(
    as_: As, server: Server
) -> None:
    registrar, key, body = as_("registrar"), fresh_key(), appeal()
    first = registrar.post(APPEALS, json=body, headers=key)
    position = server.log_position()
    again = registrar.post(APPEALS, json=body, headers=key)
    assert (
        (again.status_code, again.content)
        == (first.status_code, first.content)
        == (
            201,
            first.content,
        )
    )
    assert again.headers["location"] == first.headers["location"]
    path = f"{first.headers['location']}/add-note"
    key = fresh_key()
    noted = [
        registrar.post(path, json={"text": "Zəng edildi"}, headers=key).content for _ in range(3)
    ]
    assert len(set(noted)) == 1
    assert server.log_position() == position + 1


def test_a_key_used_for_another_request_is_refused(as_: As, server: Server) -> None:
    registrar, key = as_("registrar"), fresh_key()
    path = f"{APPEALS}/{begun(registrar, 'appeals', appeal())}/add-note"
    assert registrar.post(path, json={"text": "birinci"}, headers=key).status_code == 200
    before = server.log_position()
    answer = registrar.post(path, json={"text": "ikinci"}, headers=key)
    refused(answer, 422, "key-used-before")
    assert "ikinci" not in answer.text
    refused(registrar.post(APPEALS, json=appeal(), headers=key), 422, "key-used-before")
    assert server.log_position() == before


def test_keys_of_different_clients_are_different_keys(server: Server) -> None:
    key, body = fresh_key(), appeal()
    ids = {
        server.client(server.token(PEOPLE["registrar"], client=name))
        .post(APPEALS, json=body, headers=key)
        .json()["id"]
        for name in ("portal", "call-centre")
    }
    assert len(ids) == 2


def test_without_a_key_the_same_request_is_another_one(as_: As) -> None:
    body = appeal()
    assert begun(as_("registrar"), "appeals", body) != begun(as_("registrar"), "appeals", body)


def test_location_etag_and_if_match_lead_from_one_request_to_the_next(as_: As) -> None:
    registrar = as_("registrar")
    made = registrar.post(APPEALS, json=appeal())
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    seen = registrar.get(made.headers["location"])
    assert (seen.json()["id"], seen.headers["etag"]) == (made.json()["id"], '"1"')

    def note(text: str, **headers: str) -> httpx.Response:
        path = f"{made.headers['location']}/add-note"
        return registrar.post(path, json={"text": text}, headers=headers)

    noted = note("bir", **{"If-Match": seen.headers["etag"]})
    assert (noted.status_code, noted.headers["etag"]) == (200, '"2"')
    refused(note("iki", **{"If-Match": seen.headers["etag"]}), 412, "stale-version")
    assert note("iki", **{"If-Match": "*"}).headers["etag"] == '"3"'
    assert note("üç", **{"If-Match": 'W/"3"'}).headers["etag"] == '"4"'
    assert registrar.get(made.headers["location"]).headers["etag"] == '"4"'


def test_a_repeat_with_its_old_etag_is_still_the_same_request(as_: As) -> None:
    registrar, headers = as_("registrar"), {**fresh_key(), "If-Match": '"1"'}
    path = f"{APPEALS}/{begun(registrar, 'appeals', appeal())}/add-note"
    answers = {
        registrar.post(path, json={"text": "Zəng edildi"}, headers=headers).text for _ in range(2)
    }
    assert len(answers) == 1


@pytest.fixture(scope="module")
def dozen(as_: As) -> list[str]:
    """Twelve appeals on a topic of their own."""
    registrar = as_("registrar")
    return [begun(registrar, "appeals", appeal(topic="paging")) for _ in range(12)]


@pytest.mark.parametrize(
    "order", ["-registered_on", "registered_on", "due_on", "-received_at", "received_at"]
)
def test_pages_lead_through_everything_exactly_once(as_: As, dozen: list[str], order: str) -> None:
    registrar = as_("registrar")
    query: dict[str, Any] = {"topic": "paging", "limit": 5, "order": order}
    query["wait_for"] = read(registrar, "positions")["position"]
    pages = [read(registrar, "appeals", **query)]
    while pages[-1]["cursor"]:
        pages.append(read(registrar, "appeals", **query, cursor=pages[-1]["cursor"]))
    rows = [row for page in pages for row in page["rows"]]
    assert [len(page["rows"]) for page in pages] == [5, 5, 2]
    assert sorted(row["case_id"] for row in rows) == sorted(dozen)
    keys = [(row[order.strip("-")], row["case_id"]) for row in rows]
    falling = order.startswith("-")
    assert all(a > b if falling else a < b for a, b in pairwise(keys))


@pytest.mark.parametrize("path", ["work?whose=unit", "deadlines"])
def test_work_and_deadlines_are_paged_too(as_: As, dozen: list[str], path: str) -> None:
    registrar = as_("registrar")
    position = read(registrar, "positions")["position"]
    address = f"/api/v1/{path}{'&' if '?' in path else '?'}limit=7&wait_for={position}"
    found: list[str] = []
    answer = registrar.get(address).json()
    while True:
        duties = [row.get("due", row) for row in answer["rows"]]
        found += [duty["case_id"] for duty in duties if duty.get("clock", "answer") == "answer"]
        if not answer["cursor"]:
            break
        answer = registrar.get(f"{address}&cursor={answer['cursor']}").json()
    assert all(found.count(case) == 1 for case in dozen)


def test_an_answer_tells_the_position_it_is_true_for(as_: As, server: Server) -> None:
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    receipt = done(registrar, f"appeals/{case}/add-note", {"text": "Zəng edildi"})
    position = receipt["position"]
    assert position == server.log_position()
    for path in ("cases", "appeals", "work", "deadlines", f"cases/{case}/deadlines"):
        assert read(registrar, path, wait_for=position)["position"] >= position
    for path in (f"cases/{case}", f"appeals/{case}", f"cases/{case}/history"):
        assert read(registrar, path)["position"] >= position
    told = read(registrar, "positions")
    assert told["position"] >= position
    assert {model["name"] for model in told["read_models"]} >= {"register", "work", "due_dates"}


def test_every_problem_has_its_own_type_and_sentence(server: Server) -> None:
    listed = server.public.get("/problems").json()
    assert listed == problem_types()
    refusals = [Refusal]
    for refusal in refusals:
        refusals.extend(refusal.__subclasses__())
    named = {problem_type(r) for r in refusals if r not in (Refusal, NotFitting)}
    assert named <= listed.keys()
    assert len(named) > 90
    slugs = (type_.removeprefix("/problems/") for type_ in listed)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    own = [e for e in HANDLERS if isinstance(e, type) and e.__module__.split(".")[0] != "litestar"]
    assert len(own) > 20
    for problem in listed.values():
        assert 400 <= problem["status"] < 600
        assert len(problem["title"]) > 10


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    answer = server.public.get("/schema/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_document_is_openapi_3_1_with_an_id_for_each_operation(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 110
    assert all(operation["summary"] for _, _, operation in operations(document))


def test_each_operation_has_an_example(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if path in ("/metrics", "/problems", "/api/v1/calendar-feed") or "/documents/" in path:
            continue
        if path.startswith("/api/v1/unit-reports/") and path.endswith("/form"):
            continue
        (content,) = (
            operation["requestBody"] if method == "post" else operation["responses"]["200"]
        )["content"].values()
        assert content.get("examples") or content["schema"]["examples"], (path, method)


@pytest.mark.parametrize(
    ("who", "path"),
    [("administrator", "deputies"), ("auditor", "findings"), ("controller", "destructions")],
)
def test_an_example_fits_whatever_names_it_is_given(
    as_: As, document: dict[str, Any], who: str, path: str
) -> None:
    (content,) = document["paths"][f"/api/v1/{path}"]["post"]["requestBody"]["content"].values()
    (example,) = content["schema"]["examples"]
    applicant = str(uuid4())
    person = {"id": applicant, "surname": "Həsənov", "name": "Rəşad"}
    begun(as_("registrar"), "appeals", appeal(applicant={"type": "individual", "person": person}))
    names = {"executor": "mammadov", "unit-head": "huseynova", NOWHERE: applicant}
    body = {
        field: names.get(value, value) if isinstance(value, str) else value
        for field, value in example.items()
    }
    answer = as_(who).post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    if path == "deputies":
        done(as_(who), f"deputies/{answer.json()['id']}/end", {"reason": "Sınaq"})


def test_each_operation_tells_its_problems(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        if not path.startswith("/api/"):
            continue
        responses = operation["responses"]
        assert {"400", "401", "503"} <= responses.keys(), path
        if "{" in path:
            assert {"403", "422"} <= responses.keys(), path
        for status, response in responses.items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], path


def test_the_documents_page_needs_no_outside_address(server: Server) -> None:
    page = server.public.get("/schema", follow_redirects=True)
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    addresses = set(re.findall(r"(?:src|href|url)\s*[=:]\s*[\"']?([^\"'\s>]+)", page.text))
    assert not [a for a in addresses if re.match(r"(https?:)?//", a)]
    assets = {a for a in addresses if a.startswith("/assets/")}
    assert len(assets) >= 3
    for asset in assets:
        answer = server.public.get(asset)
        assert answer.status_code == 200
        assert len(answer.content) > 100
