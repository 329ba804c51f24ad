"""Every route, as the server's own document lists them, gives a case to nobody who may not see it.

A new route is asked like all others; what stands in its address and query is made from their
types. Marked words are planted in a case that is open and in one that is confidential, and looked
for in every answer.
"""

import re
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import httpx
import jwt
import pytest
from litestar.routes import ASGIRoute, HTTPRoute
from msgspec import Struct

from api.app import build_app
from api.authentication import PUBLIC
from api.commands import command_name
from application.caller import Role
from application.rights import RIGHTS
from domain.kinds import KINDS
from tests.api.bodies import (
    NOWHERE,
    appeal,
    assignment,
    begun,
    done,
    inquiry,
    read,
    reception,
    refused,
)
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Person, Server

ANSWER_WITHOUT_A_TOKEN = {
    "/live",
    "/ready",
    "/metrics",
    "/problems",
    "/calendar/{file:str}",
    "/assets",
    "/schema",
    "/sign-in",
    "/sign-in/callback",
    "/sign-out",
}
"""The address of a calendar holds a secret of its own; the rest tells nothing of any case."""

ROLES = [role for role in Role if role is not Role.SYSTEM]
AT_WORK = frozenset(ROLES[:7])
READ_BY_AUDITORS = {
    "cases.get",
    "cases.history",
    "cases.thread",
    "cases.deadlines",
    "cases.read-document",
    "cases.list",
    "appeals.list",
    "appeals.get",
    "threads.history",
    "persons.cases",
    "repeats.group",
    "repeats.people",
    "deadlines.list",
    "work.list",
}
"""Where the planted words have to be found by whoever may: else this test looks at nothing."""

OTHER_KINDS = ("assignments", "media-inquiries", "receptions")
TODAY = time.strftime("%Y-%m-%d")
OF_THE_CASE = {
    "unit": "pensions",
    "executor": "mammadov",
    "official": "mammadov",
    "topic": "pensions",
    "channel": "post",
    "kind": "appeal",
    "whose": "unit",
    "rule": "az-a-gen",
    "since": "1",
}

METHODS = ("get", "post", "put", "patch", "delete")


class Operation(Struct, frozen=True):
    """One request of the document; ``example`` is its body, where it takes one."""

    name: str
    method: str
    path: str
    places: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    needed: frozenset[str]
    example: Any

    @property
    def of_a_case(self) -> bool:
        return any(place == "digest" or place.endswith("_id") for place in self.places)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path} ({self.name})"


class Planted(Struct, frozen=True):
    """A case that is looked for, and all that would give it away.

    Media inquiries and receptions are confidential by no entry of their own, and not marked then.
    """

    word: str
    case: str
    person: str
    document: str
    others: tuple[str, ...]

    @property
    def words(self) -> set[str]:
        return {self.word}

    @property
    def ids(self) -> set[str]:
        return {self.case, self.person, *self.others}

    def address(self, operation: Operation) -> str:
        """The operation's address with what belongs to this case in each of its places."""
        path = operation.path
        for place in operation.places:
            path = path.replace(f"{{{place}}}", self._in(place, path, operation))
        return path

    def _in(self, place: str, path: str, operation: Operation) -> str:
        if place == "digest":
            return self.document
        if place == "person_id":
            return self.person
        if operation.parameters[place].get("format") == "uuid":
            kinds = dict(zip(OTHER_KINDS, self.others, strict=True))
            return kinds.get(path.split("/")[3], self.case)
        if "enum" in operation.parameters[place]:
            return str(operation.parameters[place]["enum"][0])
        raise AssertionError(f"{operation}: say in Planted._in what stands in {{{place}}}")


NOTHING = Planted("Heçnə", NOWHERE, NOWHERE, "0" * 64, (NOWHERE,) * 3)


@pytest.fixture(scope="module")
def operations(server: Server) -> list[Operation]:
    document = server.public.get("/schema/openapi.json").json()
    found = [
        _operation(method, path, told, document)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS
    ]
    assert len(found) > 120
    return found


def _operation(method: str, path: str, told: dict[str, Any], document: dict[str, Any]) -> Operation:
    parameters = {
        parameter["name"]: _resolved(parameter.get("schema", {}), document)
        for parameter in told.get("parameters", ())
        if parameter["in"] in ("path", "query")
    }
    needed = frozenset(
        parameter["name"]
        for parameter in told.get("parameters", ())
        if parameter["in"] == "query" and parameter.get("required")
    )
    contents = told.get("requestBody", {}).get("content", {})
    schema = contents.get("application/json", {}).get("schema", {})
    return Operation(
        name=told["operationId"],
        method=method,
        path=path,
        places=tuple(re.findall(r"\{(\w+)\}", path)),
        parameters=parameters,
        needed=needed,
        example=next(iter(schema.get("examples", ())), None),
    )


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the first one of several that isn't null."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _resolved(document["components"]["schemas"][name], document)
    options = [each for each in schema.get("oneOf", schema.get("anyOf", ())) if each]
    several = [each for each in options if each.get("type") != "null"]
    return _resolved(several[0], document) if several else schema


@pytest.fixture(scope="module")
def open_case(as_: As) -> Planted:
    return _planted(as_, "Aşkarsöz", confidential=False)


@pytest.fixture(scope="module")
def secret_case(as_: As) -> Planted:
    return _planted(as_, "Gizlisöz", confidential=True)


def _planted(as_: As, word: str, *, confidential: bool) -> Planted:
    """An appeal in work with all that hangs on one, and a case of each other kind."""
    registrar, executor = as_("registrar"), as_("executor")
    named = {"surname": word, "name": word}
    case = begun(
        registrar,
        "appeals",
        appeal(
            subject=f"{word} işi",
            text=word,
            confidential=confidential,
            applicant={"type": "individual", "person": named},
        ),
    )
    done(
        registrar,
        f"appeals/{case}/assign-appeal",
        {"unit": "pensions", "main_executor": "mammadov", "resolution": f"{word} dərkənarı"},
    )
    done(executor, f"appeals/{case}/accept-appeal")
    content = f"{word} sənədi".encode()
    digest = sha256(content).hexdigest()
    stored = executor.put(f"/api/v1/cases/{case}/documents/{digest}", content=content)
    assert stored.status_code == 204
    draft = {"text": word, "initials_by": ["huseynova"], "signatory": "director"}
    done(executor, f"appeals/{case}/draft-reply", draft)
    of_everybody = "Otaq" if confidential else word
    begun_as = {
        "assignments": ("controller", assignment(text=word, confidential=confidential)),
        "media-inquiries": ("press", inquiry(subject=of_everybody, question=of_everybody)),
        "receptions": ("clerk", reception(place=of_everybody)),
    }
    others = tuple(begun(as_(who), name, body) for name, (who, body) in begun_as.items())
    person = read(registrar, f"appeals/{case}")["began"]["applicant"]["person"]["id"]
    auditor = as_("auditor")
    position = read(auditor, "positions")["position"]
    for path in ("cases", "work", f"persons/{person}/cases", f"threads/{case}", "deadlines"):
        read(auditor, path, wait_for=position)
    return Planted(word, case, person, digest, others)


def asked(
    client: httpx.Client, operation: Operation, planted: Planted, **query: str
) -> httpx.Response:
    needed = {name: _value(name, operation.parameters[name], planted) for name in operation.needed}
    return client.request(
        operation.method,
        planted.address(operation),
        params={**needed, **query},
        json=operation.example if operation.example is not None else None,
        headers={"Access-Reason": "Yoxlama"},
    )


def _value(name: str, schema: Mapping[str, Any], planted: Planted) -> str:
    """A value that finds the planted appeal, by the parameter's name or else its type."""
    if name in OF_THE_CASE:
        return OF_THE_CASE[name]
    match schema:
        case {"enum": [first, *_]}:
            return str(first)
        case {"type": "boolean"}:
            return "true"
        case {"type": "integer" | "number"}:
            return str(schema.get("minimum", 1))
        case {"format": "uuid"}:
            return planted.case
        case {"format": "date"}:
            return TODAY
        case {"format": "date-time"}:
            return f"{TODAY}T00:00:00+00:00"
        case _:
            return planted.word


def queries(operation: Operation, planted: Planted) -> Iterator[dict[str, str]]:
    """Without a filter, and with each filter that would find the case."""
    yield {}
    for name, schema in operation.parameters.items():
        if name in operation.places or name in operation.needed or name == "cursor":
            continue
        yield {name: _value(name, schema, planted)}


def clients_by_role(server: Server, unit: str) -> dict[Role, httpx.Client]:
    return {
        role: server.client(server.token(Person(f"{unit}-{role}", unit, frozenset({role}))))
        for role in ROLES
    }


def gives_away(answer: httpx.Response, wanted: set[str]) -> set[str]:
    text = answer.content.decode(errors="replace")
    return {word for word in wanted if word in text}


def test_only_the_public_addresses_answer_without_a_good_token(
    server: Server, operations: list[Operation], open_case: Planted
) -> None:
    claims = jwt.decode(server.token(PEOPLE["auditor"]), options={"verify_signature": False})
    expired = jwt.encode(
        {**claims, "exp": int(time.time()) - 60},
        server.issuer._key,
        algorithm="EdDSA",
        headers={"kid": "development"},
    )
    good = server.token(PEOPLE["auditor"])
    clients = [
        server.client(None),
        server.client("rubbish"),
        server.client(expired),
        server.client(good[:-4] + "AAAA"),
    ]
    for operation in operations:
        if operation.path not in ANSWER_WITHOUT_A_TOKEN:
            for client in clients:
                answer = asked(client, operation, open_case)
                assert answer.status_code == 401, operation
                refused(answer, 401, "token-refused")


@pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
def test_no_route_has_become_public_unseen(server: Server) -> None:
    public = set()
    for route in build_app(server.settings, server.conninfo).routes:
        assert isinstance(route, HTTPRoute | ASGIRoute), route.path
        handlers = (
            [route.route_handler]
            if isinstance(route, ASGIRoute)
            else [handler for handler, _ in route.route_handler_map.values()]
        )
        if route.path.startswith("/schema"):
            public.add("/schema")
        elif any(handler.opt.get(PUBLIC) for handler in handlers):
            public.add(re.sub(r"^/assets/.*", "/assets", route.path))
    assert public == ANSWER_WITHOUT_A_TOKEN


def test_whoever_may_see_it_finds_the_planted_case(
    as_: As, operations: list[Operation], open_case: Planted, secret_case: Planted
) -> None:
    auditor = as_("auditor")
    for planted in (open_case, secret_case):
        found = {
            operation.name
            for operation in operations
            for query in queries(operation, planted)
            if operation.method == "get"
            and gives_away(
                asked(auditor, operation, planted, **query), planted.words | {planted.case}
            )
        }
        assert READ_BY_AUDITORS - {"work.list"} <= found
        mine = as_("head").get("/api/v1/work", params={"whose": "mine", "limit": 200})
        assert planted.case in mine.text


def test_another_units_case_answers_everywhere_as_one_that_does_not_exist(
    server: Server, operations: list[Operation], open_case: Planted, secret_case: Planted
) -> None:
    stranger = server.client(server.token(Person("stranger-at-work", "region-ganja", AT_WORK)))
    before = server.log_position()
    for operation in operations:
        if not operation.of_a_case:
            continue
        nothing = asked(stranger, operation, NOTHING)
        for planted in (open_case, secret_case):
            answer = asked(stranger, operation, planted)
            assert answer.status_code in (400, 403, 404) or answer.is_success, (operation, answer)
            assert (answer.status_code, answer.content) == (
                nothing.status_code,
                nothing.content,
            ), operation
            assert not gives_away(answer, planted.words | planted.ids), operation
    assert server.log_position() == before, "something was recorded"


def test_no_filter_leads_to_another_units_case(
    server: Server,
    as_: As,
    operations: list[Operation],
    open_case: Planted,
    secret_case: Planted,
) -> None:
    stranger = server.client(server.token(Person("stranger-at-work", "region-ganja", AT_WORK)))
    for operation in operations:
        if operation.method != "get" or operation.path in ANSWER_WITHOUT_A_TOKEN:
            continue
        for planted in (open_case, secret_case):
            wanted = planted.words | planted.ids
            for query in queries(operation, planted):
                answer = asked(stranger, operation, planted, **query)
                assert answer.status_code < 500, (operation, query)
                assert not gives_away(answer, wanted - set(query.values())), (operation, query)
        if "cursor" in operation.parameters:
            page = asked(as_("auditor"), operation, open_case, limit="1")
            cursor = page.json().get("cursor") if page.is_success else None
            if cursor:
                answer = asked(stranger, operation, open_case, cursor=str(cursor), limit="200")
                assert not gives_away(answer, open_case.ids | secret_case.ids), operation


@pytest.mark.parametrize("role", ROLES)
def test_a_role_by_itself_opens_no_case_that_is_not_its_own(
    server: Server,
    operations: list[Operation],
    open_case: Planted,
    secret_case: Planted,
    role: Role,
) -> None:
    client = server.client(server.token(Person(f"only-{role}", "region-ganja", frozenset({role}))))
    hidden = hidden_from(role, open_case, secret_case)
    before = server.log_position()
    for operation in operations:
        if operation.path in ANSWER_WITHOUT_A_TOKEN:
            continue
        for planted in (open_case, secret_case):
            if operation.method != "get" and not is_refused(role, operation, planted, open_case):
                continue
            answer = asked(client, operation, planted)
            assert answer.status_code < 500, operation
            assert not gives_away(answer, hidden), operation
            if operation.method != "get" and role not in (Role.LEADER, Role.AUDITOR):
                assert answer.status_code in (400, 403, 404), (operation, answer.text)
    assert server.log_position() == before, "something was recorded"


def is_refused(role: Role, operation: Operation, planted: Planted, open_case: Planted) -> bool:
    """Whether this command has to be refused to this role, and no other test has tried it.

    A leader sees what isn't confidential, and may do there what leaders may.
    """
    if not operation.of_a_case or (role is Role.LEADER and has_right(role, operation)):
        return False
    return role is Role.LEADER or planted is not open_case


def has_right(role: Role, operation: Operation) -> bool:
    resource, _, name = operation.name.partition(".")
    return any(
        role in roles
        for kind in KINDS.values()
        if kind.resource == resource
        for command, roles in RIGHTS[kind.kind].items()
        if command_name(command) == name
    )


def hidden_from(role: Role, open_case: Planted, secret_case: Planted) -> set[str]:
    """What an official with this role alone, in a unit that has nothing to do with it, never sees.

    Analysts read lists of cases that aren't confidential, without what is personal in them.
    """
    if role is Role.AUDITOR:
        return set()
    if role is Role.LEADER:
        return secret_case.words | {secret_case.case, secret_case.person, secret_case.others[0]}
    if role is Role.ANALYST:
        return open_case.words | secret_case.words | {secret_case.case, secret_case.person}
    return open_case.words | open_case.ids | secret_case.words | secret_case.ids


def test_the_administrator_and_the_analyst_of_the_same_unit_see_no_content_either(
    server: Server, operations: list[Operation], open_case: Planted, secret_case: Planted
) -> None:
    for role in (Role.ADMINISTRATOR, Role.ANALYST):
        person = Person(f"pensions-{role}", "pensions", frozenset({role}))
        client = server.client(server.token(person))
        for operation in operations:
            if operation.method != "get" or operation.path in ANSWER_WITHOUT_A_TOKEN:
                continue
            for planted in (open_case, secret_case):
                answer = asked(client, operation, planted)
                wanted = open_case.words | secret_case.words | {secret_case.case}
                assert not gives_away(answer, wanted), operation


def test_what_stands_in_an_address_is_checked_before_anything_else(
    server: Server, operations: list[Operation]
) -> None:
    stranger = server.client(server.token(Person("stranger-at-work", "region-ganja", AT_WORK)))
    for operation in operations:
        ids = [place for place in operation.places if place.endswith("_id")]
        for place in ids:
            path = operation.path.replace(f"{{{place}}}", "1%27%20OR%201=1")
            answer = stranger.request(operation.method, re.sub(r"\{\w+\}", NOWHERE, path))
            assert answer.status_code in (400, 404, 415, 422), operation
