"""Every command and every route with personal values: they turn up nowhere but in the answers.

What is gone through comes from the application's own lists, so that a new command, route or table
is gone through as well, or fails by its name.
"""

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from api.commands import command_name
from application.repeat_candidates import LookForRepeats
from application.rights import RIGHTS
from domain.case import CaseKind, Command
from domain.kinds import KINDS
from tests.api.bodies import NOWHERE, now, read
from tests.api.personal_markers import found_in, has_personal, marked_body, marker
from tests.api.personal_story import FORMS, Story, tell
from tests.api.serving import PEOPLE, Server, command_line, served, wait_until
from tests.api.test_notices import free_port
from tests.desks import migrated_database
from tests.infra.receivers import HERE, WebServer, web_server

SHOWS_CASES = re.compile(
    r"/api/v1/(?:cases|appeals|receptions|media-inquiries|assignments|findings|causes|destructions"
    r"|identities"
    r"|calendar-decisions)(?:/[0-9a-f-]{36}(?:/(?:history|thread|changes|file|contact-details"
    r"|documents/[0-9a-f]{64}))?)?"
    r"|/api/v1/threads/[0-9a-f-]{36}|/api/v1/work|/api/v1/persons/[0-9a-f-]{36}/cases"
    r"|/api/v1/audit/trail|/api/v1/changes|/api/v1/deadlines"
    r"|/api/v1/calendar-decisions/[0-9a-f-]{36}/moves|/api/v1/repeats/candidates"
)
"""Where the good answers are cases, and hold what is personal for those who may read it."""

SUBJECTS = {"subject", "search"}
"""The columns of the register's read model that are searched in plain (ADR 5)."""

ROLES = ("auditor", "leader", "analyst", "ganja")
KEPT_OUT = {"/api/v1/calendar-feed"}
"""A post that makes a secret address, with no body to put anything into."""


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with web_server(free_port()) as web:
        yield web


@pytest.fixture(scope="module")
def told(postgres: str, server_dir: Path, web: WebServer) -> Iterator[tuple[Server, Story]]:
    """A server that logs all it can and sends notices, and everything it was ever asked."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "personal",
            conninfo,
            log_level="debug",
            wait_seconds="2",
            watch_seconds="1",
            webhook_url=f"http://{HERE}:{web.server_port}/",
            webhook_secret="known to both sides",
        ) as server,
    ):
        story = Story(server)
        tell(story, (now() - timedelta(minutes=5)).isoformat())
        wait_until(lambda: bool(web.requests), 30, "a notice is sent")
        for go_through in (_every_command_badly, _every_read, _every_other_post, _no_database):
            go_through(server, story)
        yield server, story


def _every_command_badly(_server: Server, story: Story) -> None:
    """Each command of each kind: forbidden, malformed, of no case, with bad headers, cut short."""
    for kind in KINDS.values():
        for command in kind.commands:
            case = story.cases.get(kind.kind, NOWHERE)
            body = marked_body(command)
            begins = command is kind.begins
            name = "" if begins else f"/{{}}/{command_name(command)}"
            path = f"/api/v1/{kind.resource}{name}"
            wrong = {key: marker() for key in body} | {marker(): 1}
            story.clients["administrator"].post(path.format(case), json=body)
            client = story.clients[_giver(kind.kind, command)]
            client.post(path.format(NOWHERE), json=body)
            client.post(path.format(case), json=wrong)
            for key in list(body)[:2]:
                client.post(path.format(case), json=body | {key: [marker()]})
            headers = {"If-Match": marker("fin"), "On-Behalf-Of": marker("fin")}
            client.post(path.format(case), json=body, headers=headers)
            cut = f'{{"text": "{marker()}'.encode()
            client.post(
                path.format(case), content=cut, headers={"Content-Type": "application/json"}
            )


def _giver(kind: CaseKind, command: type[Command]) -> str:
    """Somebody with a right to the command, where anybody has."""
    rights = RIGHTS[kind][command]
    able = (name for name, person in PEOPLE.items() if person.roles & rights)
    return next(able, "registrar")


def _filled(path: str, story: Story, case: str) -> str:
    values = {"digest": story.digest, "person_id": story.people[0], "thread_id": story.threads[0]}
    values["view"] = "cases"
    return re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], case), path)


def _described(server: Server) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = server.public.get("/schema/openapi.json").json()["paths"]
    return paths


def _every_read(server: Server, story: Story) -> None:
    """Each route that is read, by each role, well and with a marker in each parameter."""
    cases = [*story.cases.values(), NOWHERE]
    for path, methods in _described(server).items():
        if "get" not in methods:
            continue
        address = _filled(path, story, cases[0])
        for case in cases if "case_id" in path else cases[:1]:
            address = _filled(path, story, case)
            for who in ROLES if case in (cases[0], NOWHERE) else ROLES[:1]:
                headers = {"Access-Reason": "yoxlama", "Accept-Language": "az"}
                story.clients[who].get(address, headers=headers)
        for parameter in methods["get"].get("parameters", ()):
            if parameter["in"] == "query":
                story.clients["auditor"].get(address, params={parameter["name"]: marker()})
        story.clients["auditor"].get(address, params={marker(): marker()})
        server.public.get(address, headers={"Authorization": f"Bearer {marker('fin')}"})


def _every_other_post(server: Server, story: Story) -> None:
    """What is posted, put or deleted beside the commands."""
    commands = {
        f"/api/v1/{kind.resource}"
        + ("" if command is kind.begins else f"/{{case_id}}/{command_name(command)}")
        for kind in KINDS.values()
        for command in kind.commands
    }
    feed = story.clients["executor"].post("/api/v1/calendar-feed").json()["path"]
    assert server.public.get(feed).status_code == 200
    for path, methods in _described(server).items():
        for method in methods.keys() & {"post", "put", "patch", "delete"}:
            if path in commands or path in KEPT_OUT:
                continue
            address = _filled(path, story, story.cases[CaseKind.APPEAL])
            for who in ("controller", "registrar", "administrator"):
                body = {"reason": marker(), "text": marker(), "official": marker("fin")}
                story.clients[who].request(method, address, json=body)
    for form in FORMS:
        draft = marked_body(LookForRepeats, form)
        for who in ("registrar", "clerk", "executor"):
            answer = story.clients[who].post("/api/v1/repeats/candidates", json=draft)
            assert answer.status_code == (403 if who == "executor" else 200), answer.text


def _no_database(server: Server, story: Story) -> None:
    """Rows are refused with their contents, then the database takes nobody in."""
    with psycopg.connect(server.conninfo, autocommit=True) as conn:
        (build,) = conn.execute(
            "SELECT name || '_' || build FROM karguzar.read_model_builds "
            "WHERE name = 'register' AND stage = 'live'"
        ).fetchone() or ("",)
        for schema, table, condition in (
            ("read_models", build, "subject IS NULL"),
            ("karguzar", "commands", "false"),
        ):
            place = Identifier(schema, table)
            conn.execute(
                SQL("ALTER TABLE {} ADD CONSTRAINT broken CHECK ({}) NOT VALID").format(
                    place, SQL(condition)
                )
            )
            statuses = _begin_each(story)
            assert statuses == ({201} if schema == "read_models" else {503})
            if schema == "read_models":
                wait_until(lambda: _stopped(conn), 20, "the register's model stands still")
            conn.execute(SQL("ALTER TABLE {} DROP CONSTRAINT broken").format(place))
        wait_until(lambda: not _stopped(conn), 90, "the register's model goes on")
    name = conninfo_to_dict(server.conninfo)["dbname"]
    admin = conninfo_to_dict(server.conninfo) | {"dbname": "postgres"}
    with psycopg.connect(**admin, autocommit=True) as conn:  # type: ignore[arg-type]
        conn.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(str(name))))
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        statuses = _begin_each(story)
        conn.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(str(name))))
    assert statuses == {503}
    registrar = story.clients["registrar"]
    wait_until(lambda: registrar.get("/api/v1/cases").is_success, 60, "cases are read again")


def _begin_each(story: Story) -> set[int]:
    """The statuses of beginnings of cases, all sent at once."""
    bodies = {
        ("registrar", CaseKind.APPEAL): {"received_at": now().isoformat()},
        ("press", CaseKind.MEDIA_INQUIRY): {"received_at": now().isoformat()},
        ("controller", CaseKind.ASSIGNMENT): {
            "source": "meeting",
            "unit": "pensions",
            "main_executor": "mammadov",
            "due_on": str(now().date()),
        },
    }

    def begin(who: str, kind: CaseKind, given: dict[str, str]) -> int:
        body = marked_body(KINDS[kind].begins) | given
        address, headers = f"/api/v1/{KINDS[kind].resource}", {"Idempotency-Key": uuid4().hex}
        return story.clients[who].post(address, json=body, headers=headers).status_code

    with ThreadPoolExecutor() as threads:
        sent = [threads.submit(begin, *key, given) for key, given in bodies.items()]
        return {each.result() for each in sent}


def _stopped(conn: psycopg.Connection[Any]) -> bool:
    row = conn.execute("SELECT count(*) FROM karguzar.stopped_consumers").fetchone()
    return bool(row and row[0])


Told = tuple[Server, Story]


def test_every_command_that_takes_something_personal_was_carried_out(told: Told) -> None:
    _, story = told
    given = {
        (kind.kind, command)
        for kind in KINDS.values()
        for command in kind.commands
        if has_personal(command) and RIGHTS[kind.kind][command]
    }
    assert given - story.accepted == set()


def test_every_route_was_asked(told: Told) -> None:
    server, story = told
    asked = {(a.request.method.lower(), a.request.url.path) for a in story.answers}
    for path, methods in _described(server).items():
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method in methods.keys() & {"get", "post", "put", "patch", "delete"}:
            if path not in KEPT_OUT:
                assert any(m == method and pattern.fullmatch(p) for m, p in asked), (method, path)


def test_no_answer_but_those_that_are_cases_holds_anything_personal(told: Told) -> None:
    server, story = told
    statuses = Counter(answer.status_code for answer in story.answers)
    failed = [line for line in server.log.read_text().splitlines() if "unexpected-error" in line]
    assert not failed, (statuses, failed[0], failed[-1])
    assert {200, 201, 400, 401, 403, 404, 422, 503} <= statuses.keys()
    for answer in story.answers:
        path = answer.request.url.path
        good_case = answer.status_code == 200 and SHOWS_CASES.fullmatch(path)
        if not good_case:
            assert not found_in(answer.text), (answer.request.method, path, answer.text)


def test_no_address_that_the_server_gives_out_holds_anything_personal(told: Told) -> None:
    _, story = told
    cursors = 0
    for answer in story.answers:
        for name, value in answer.headers.items():
            assert not found_in(value), (answer.request.url.path, name)
        if answer.headers.get("content-type") == "application/json" and answer.is_success:
            body = answer.json()
            cursor = body.get("cursor") if isinstance(body, dict) else None
            cursors += cursor is not None
            assert not found_in(str(cursor or ""))
    page = read(story.clients["registrar"], "appeals", limit=1)
    assert page["cursor"]
    assert not found_in(page["cursor"])


def test_neither_log_nor_metrics_nor_processes_hold_anything_personal(told: Told) -> None:
    server, _ = told
    log = server.log.read_text()
    assert len(log.splitlines()) > 20
    assert not found_in(log)
    for path in ("/metrics", "/ready", "/live", "/problems"):
        assert not found_in(server.public.get(path).text)
    lines = [command_line(process) for process in server.family()]
    assert sum(map(bool, lines)) >= 5
    assert not found_in(" ".join(lines))


def test_notices_and_webhooks_hold_nothing_personal(told: Told, web: WebServer) -> None:
    _, story = told
    for request in web.requests:
        assert not found_in(request.body)
        assert not found_in(f"{request.path} {request.headers}")
    rows = read(story.clients["executor"], "notices")["rows"]
    assert rows
    assert not found_in(str(rows))


def test_no_table_holds_anything_personal_in_plain_but_the_subjects_that_are_searched(
    told: Told,
) -> None:
    server, _ = told
    in_plain = set()
    with psycopg.connect(server.conninfo) as conn:
        tables = conn.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n "
            "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        ).fetchall()
        assert len(tables) > 25
        for schema, table in tables:
            rows = conn.execute(SQL("SELECT * FROM {}").format(Identifier(schema, table)))
            columns = [column.name for column in rows.description or ()]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    text = bytes(value) if isinstance(value, bytes | memoryview) else str(value)
                    if found_in(text):
                        in_plain.add((schema, re.sub(r"_\d+$", "", table), column))
    assert in_plain == {("read_models", "register", column) for column in SUBJECTS}


def test_the_markers_are_found_however_they_are_written() -> None:
    for name in ("text", "fin", "phone", "email", "birth_date"):
        value = marker(name)
        assert found_in(value)
        assert found_in(value.lower())
        assert found_in(str(httpx.QueryParams({"x": value})))
        assert found_in(value.encode())
    assert not found_in("Pensiyanın yenidən hesablanması 2026-04-06")
