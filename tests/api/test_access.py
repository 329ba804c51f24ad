"""Who may do and see what, over HTTP: the routes are those of the OpenAPI document."""

import re
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import httpx
import pytest

from api.commands import command_name
from api.examples import example_of
from application.caller import Role
from application.rights import RIGHTS
from domain.case import CaseKind
from domain.kinds import KINDS, Kind
from tests.api.bodies import (
    NOWHERE,
    appeal,
    assignment,
    begun,
    calendar_decision,
    cause,
    destruction,
    done,
    finding,
    identity,
    inquiry,
    of_somebody_forgotten,
    of_two_signatories,
    read,
    reception,
    refused,
    unit_report,
)
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Person, Server

PUBLIC = {"/live", "/ready", "/metrics", "/problems"}
ROLES = [role for role in Role if role is not Role.SYSTEM]
BODIES: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "appeals": ("registrar", appeal),
    "receptions": ("clerk", reception),
    "media-inquiries": ("press", inquiry),
    "assignments": ("controller", assignment),
    "calendar-decisions": ("controller", calendar_decision),
    "findings": ("auditor", finding),
    "causes": ("controller", cause),
    "destructions": ("controller", destruction),
    "unit-reports": ("head", partial(unit_report, unit="pensions")),
}

OF_ALL = frozenset({CaseKind.CALENDAR_DECISION, CaseKind.DESTRUCTION})
OF_UNITS = [kind for kind in KINDS.values() if kind.kind not in OF_ALL]
"""A decision on the calendar concerns every unit, a destruction may be approved in any."""


def addresses(server: Server) -> list[tuple[str, str]]:
    document = server.public.get("/schema/openapi.json").json()
    return [
        (method, re.sub(r"\{digest\}", "0" * 64, re.sub(r"\{\w+_id\}", NOWHERE, path)))
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_no_route_but_the_public_ones_answers_without_a_token(server: Server) -> None:
    asked = addresses(server)
    assert len(asked) > 110
    for method, path in asked:
        answer = server.public.request(method, path, json={} if method == "post" else None)
        if path in PUBLIC:
            assert answer.status_code == 200, path
        else:
            refused(answer, 401, "token-refused")


@pytest.fixture(scope="module")
def cases(as_: As) -> dict[str, str]:
    """One case of each kind, by resource."""
    begun(as_("registrar"), "appeals", of_somebody_forgotten())
    signed = begun(as_("registrar"), "appeals", of_two_signatories())
    return {
        "identities": begun(as_("registrar"), "identities", identity(signed)),
        **{name: begun(as_(who), name, body()) for name, (who, body) in BODIES.items()},
    }


@pytest.fixture(scope="module")
def one_role(server: Server) -> dict[Role, httpx.Client]:
    """For each role an official of the top unit, who sees what isn't confidential."""
    return {
        role: server.client(server.token(Person(f"with-{role}", "agency", frozenset({role}))))
        for role in ROLES
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.resource)
@pytest.mark.usefixtures("unchanged")
def test_no_role_gives_a_command_that_is_not_its_right(
    cases: dict[str, str], one_role: dict[Role, httpx.Client], kind: Kind
) -> None:
    for command in kind.commands:
        path = f"/api/v1/{kind.resource}"
        if command is not kind.begins:
            path += f"/{cases[kind.resource]}/{command_name(command)}"
        for role in ROLES:
            if role not in RIGHTS[kind.kind][command]:
                answer = one_role[role].post(path, json=example_of(command))
                refused(answer, 403, "forbidden")


@pytest.mark.parametrize("kind", OF_UNITS, ids=lambda kind: kind.resource)
@pytest.mark.usefixtures("unchanged")
def test_a_right_to_the_command_is_no_right_to_another_units_case(
    cases: dict[str, str], server: Server, kind: Kind
) -> None:
    stranger = Person("stranger", "region-ganja", frozenset(ROLES[:7]))
    client = server.client(server.token(stranger))
    for command in kind.commands:
        if command is not kind.begins and RIGHTS[kind.kind][command] & stranger.roles:
            path = f"/api/v1/{kind.resource}/{cases[kind.resource]}/{command_name(command)}"
            refused(client.post(path, json=example_of(command)), 404, "no-such-case")


def shown(client: httpx.Client, case: str, person: str) -> set[str]:
    """The ways in which the client sees the case."""
    position = read(client, "positions")["position"]
    ways = {}
    for path in (
        f"cases/{case}",
        f"appeals/{case}",
        f"cases/{case}/history",
        f"cases/{case}/deadlines",
        f"cases/{case}/thread",
        f"threads/{case}",
    ):
        wait = {"wait_for": position} if "thread" in path else {}
        answer = client.get(f"/api/v1/{path}", params=wait)
        ways[path.replace(case, "*")] = answer.status_code == 200
        if answer.status_code != 200:
            refused(answer, 404, "no-such-case")
    for path in (
        "cases",
        "appeals",
        "cases?text=gizlinc",
        "work?whose=mine",
        "work?whose=unit",
        "deadlines",
        f"persons/{person}/cases",
    ):
        address = f"/api/v1/{path}{'&' if '?' in path else '?'}limit=200&wait_for={position}"
        answer = client.get(address)
        if answer.status_code == 200:
            ways[path.replace(person, "*")] = case in answer.text
        else:
            refused(answer, 403, "forbidden")
            ways[path.replace(person, "*")] = False
    return {way for way, seen in ways.items() if seen}


@pytest.fixture(scope="module", params=[False, True], ids=["open", "confidential"])
def assigned(as_: As, request: pytest.FixtureRequest) -> tuple[bool, str, str]:
    """An appeal, confidential or not, in the hands of pensions; its id and its applicant's."""
    registrar = as_("registrar")
    body = appeal(subject="Gizlinc iş", confidential=request.param)
    case = begun(registrar, "appeals", body)
    work = {"unit": "pensions", "main_executor": "mammadov"}
    done(registrar, f"appeals/{case}/assign-appeal", work)
    person = read(registrar, f"appeals/{case}")["began"]["applicant"]["person"]["id"]
    return request.param, case, person


@pytest.mark.parametrize(
    ("who", "sees_open", "sees_confidential"),
    [
        ("registrar", True, True),
        ("executor", True, True),
        ("head", True, False),
        ("controller", True, False),
        ("leader", True, False),
        ("auditor", True, True),
        ("press", False, False),
        ("clerk", False, False),
        ("ganja", False, False),
        ("analyst", False, False),
        ("administrator", False, False),
    ],
)
def test_lists_and_single_reads_follow_the_same_rule(
    as_: As, assigned: tuple[bool, str, str], who: str, sees_open: bool, sees_confidential: bool
) -> None:
    confidential, case, person = assigned
    ways = shown(as_(who), case, person)
    if who == "analyst" and not confidential:
        assert ways == {"cases", "appeals"}, "lists without what is personal"
        return
    read_one_by_one = {
        "cases/*",
        "appeals/*",
        "cases/*/history",
        "cases/*/deadlines",
        "cases/*/thread",
        "threads/*",
        "cases",
        "appeals",
        "cases?text=gizlinc",
        "deadlines",
        "persons/*/cases",
    }
    sees = sees_confidential if confidential else sees_open
    assert ways - {"work?whose=mine", "work?whose=unit"} == (read_one_by_one if sees else set())
    if not sees:
        assert not ways


def test_a_case_of_the_unit_below_is_seen_above_and_not_beside(as_: As, server: Server) -> None:
    case = begun(as_("ganja"), "appeals", appeal())
    path = f"/api/v1/appeals/{case}"
    assert as_("controller").get(path).status_code == 200
    refused(as_("registrar").get(path), 404, "no-such-case")
    head = Person("deputy", "social", frozenset({Role.UNIT_HEAD}))
    refused(server.client(server.token(head)).get(path), 404, "no-such-case")


def test_a_thread_shows_only_the_cases_the_reader_may_see(as_: As) -> None:
    clerk, press = as_("clerk"), as_("press")
    seen = begun(press, "media-inquiries", inquiry())
    body = assignment(source="media-inquiry", source_case=seen, confidential=True)
    hidden = begun(as_("controller"), "assignments", body)
    position = read(clerk, "positions")["position"]
    entries = read(as_("auditor"), f"threads/{seen}", wait_for=position)["entries"]
    assert {entry["case_id"] for entry in entries} == {seen, hidden}
    assert {e["case_id"] for e in read(press, f"threads/{seen}")["entries"]} == {seen}
    refused(clerk.get(f"/api/v1/threads/{seen}"), 404, "no-such-case")


def test_the_analyst_sees_no_personal_field(as_: As) -> None:
    registrar, analyst = as_("registrar"), as_("analyst")
    case = begun(registrar, "appeals", appeal(topic="for-analysts"))
    position = read(registrar, "positions")["position"]
    page = read(analyst, "cases", topic="for-analysts", wait_for=position)
    (row,) = page["rows"]
    assert (row["case_id"], row["subject"]) == (case, None)
    assert (row["topic"], row["channel"]) == ("for-analysts", "post")
    for path in (f"cases/{case}", f"cases/{case}/history", f"cases/{case}/deadlines"):
        refused(analyst.get(f"/api/v1/{path}"), 404, "no-such-case")
    for path in ("work", "deadlines", f"persons/{NOWHERE}/cases", "cases?text=Pensiya"):
        refused(analyst.get(f"/api/v1/{path}"), 403, "forbidden")


def test_the_administrator_sees_no_content(as_: As, cases: dict[str, str]) -> None:
    administrator = as_("administrator")
    assert administrator.get("/api/v1/positions").status_code == 200
    for resource, case in cases.items():
        refused(administrator.get(f"/api/v1/{resource}"), 403, "forbidden")
        refused(administrator.get(f"/api/v1/{resource}/{case}"), 404, "no-such-case")


def test_the_auditor_reads_everything_and_writes_only_findings_and_causes(
    as_: As, cases: dict[str, str], server: Server
) -> None:
    auditor = as_("auditor")
    before = server.log_position()
    for resource, case in cases.items():
        assert read(auditor, f"{resource}/{case}")["id"] == case
        assert read(auditor, f"cases/{case}/history")["entries"]
        content = b"x"
        document = f"/api/v1/cases/{case}/documents/{sha256(content).hexdigest()}"
        refused(auditor.put(document, content=content), 403, "forbidden")
    for method, path in addresses(server):
        resource = path.removeprefix("/api/v1/").partition("/")[0]
        kind = next((kind for kind in KINDS.values() if kind.resource == resource), None)
        if method == "post" and kind:
            named = {command_name(command): command for command in kind.commands}
            command = named.get(path.rpartition("/")[2], kind.begins)
            if Role.AUDITOR in RIGHTS[kind.kind][command]:
                continue
            body: dict[str, Any] = example_of(command)
            refused(
                auditor.post(path.replace(NOWHERE, cases[resource]), json=body), 403, "forbidden"
            )
    assert server.log_position() == before


def test_people_of_the_tests_have_every_role() -> None:
    assert {role for person in PEOPLE.values() for role in person.roles} == set(ROLES)
