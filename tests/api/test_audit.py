"""Every read and refusal is on record before its answer leaves, and told beside the events."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from litestar.testing import TestClient
from msgspec import inspect
from psycopg.rows import dict_row

from api.access_records import SHOWS_NO_CASE
from api.app import build_app
from api.bodies import CASES
from api.examples import example_of
from api.pages.routes import PAGES
from application.caller import Role
from application.rights import RIGHTS
from domain.access_record import REFUSED, Action
from domain.finding import OpenFinding
from domain.kinds import KINDS
from tests.api.bodies import NOWHERE, appeal, begun, done, last_month, read, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, PROGRAM, ROOT, Person, Server, alive, served, wait_until
from tests.desks import migrated_database

REPLY = "Pensiyanız yenidən hesablanacaq."
DIGEST = sha256(REPLY.encode()).hexdigest()
FILE = b"%PDF-1.7"
FILE_DIGEST = sha256(FILE).hexdigest()


def records(server: Server, **where: Any) -> list[dict[str, Any]]:
    """The access records, oldest first; `case` is one among theirs."""
    case = where.pop("case", None)
    with psycopg.connect(server.conninfo, row_factory=dict_row) as conn:
        rows = conn.execute("SELECT * FROM karguzar.accesses ORDER BY id").fetchall()
    return [
        row
        for row in rows
        if (case is None or UUID(case) in row["cases"])
        and all(row[name] == value for name, value in where.items())
    ]


def newest(server: Server) -> dict[str, Any]:
    return records(server)[-1]


def audit(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """The whole trail, page after page of three."""
    entries: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = read(client, "audit/trail", limit=3, **query, **cursor)
        entries += page["entries"]
        if page["cursor"] is None:
            return entries
        cursor = {"cursor": page["cursor"]}


def in_a_list_of(client: httpx.Client, case: str, **query: Any) -> None:
    assert case in [row["case_id"] for row in read(client, "cases", limit=200, **query)["rows"]]


@pytest.fixture
def answered(as_: As) -> str:
    """An appeal with a draft that the head of pensions has to initial and the director to sign."""
    registrar, executor = as_("registrar"), as_("executor")
    case = begun(registrar, "appeals", appeal(topic="leak"))
    done(
        registrar,
        f"appeals/{case}/assign-appeal",
        {"unit": "pensions", "main_executor": "mammadov"},
    )
    done(executor, f"appeals/{case}/accept-appeal")
    draft = {"text": REPLY, "initials_by": ["huseynova"], "signatory": "director"}
    done(executor, f"appeals/{case}/draft-reply", draft)
    return case


def test_everyone_who_saw_the_case_before_the_leak_is_found(
    as_: As, server: Server, answered: str
) -> None:
    head, leader, auditor, ganja = as_("head"), as_("leader"), as_("auditor"), as_("ganja")
    read(leader, f"cases/{answered}/history")
    in_a_list_of(head, answered, topic="leak", wait_for=server.log_position())
    in_a_list_of(head, answered, topic="leak")
    refused(ganja.get(f"/api/v1/cases/{answered}"), 404, "no-such-case")
    leak = datetime.now(UTC)
    read(as_("signatory"), f"appeals/{answered}")

    found = read(
        auditor,
        f"audit/cases/{answered}/seen-by",
        before=leak.isoformat(),
        wait_for=server.log_position(),
    )["officials"]

    seen = {each["who"]["id"]: each for each in found}
    assert list(seen) == ["aliyev", "mammadov", "minister", "huseynova"]
    assert (seen["aliyev"]["times"], seen["aliyev"]["events_recorded"]) == (0, 2)
    assert seen["minister"]["actions"] == ["history-read"]
    assert seen["minister"]["who"]["name"] == "Minister"
    assert (seen["huseynova"]["times"], seen["huseynova"]["actions"]) == (2, ["list-read"])
    assert seen["huseynova"]["first_at"] < seen["huseynova"]["last_at"]
    assert seen["huseynova"]["clients"] == ["tests"]
    later = read(auditor, f"audit/cases/{answered}/seen-by")["officials"]
    fresh = [each["who"]["id"] for each in later if each["who"]["id"] not in seen]
    assert fresh == ["director"], "asking who saw it is not seeing it"
    read(auditor, "audit/trail", case=answered)
    read(as_("head"), f"cases/{answered}/conformance")
    last = read(auditor, f"audit/cases/{answered}/seen-by")["officials"]
    assert last[-1]["who"]["id"] == "auditor", "a trail shows what happened in it"
    of_head = next(each for each in last if each["who"]["id"] == "huseynova")
    assert of_head["actions"] == ["case-opened", "list-read"]


def test_who_tried_to_sign_without_initials_stands_in_the_trail(as_: As, answered: str) -> None:
    signatory, auditor = as_("signatory"), as_("auditor")
    answer = signatory.post(f"/api/v1/appeals/{answered}/sign-reply", json={"digest": DIGEST})
    name = answer.json()["type"].rpartition("/")[2]
    assert answer.status_code == 409

    (entry,) = audit(auditor, case=answered, what="refusals")

    assert entry["who"] == {"id": "director", "name": "Director"}
    assert (entry["name"], entry["operation"]) == ("command-refused", "appeals.sign-reply")
    assert (entry["problem"], entry["cases"]) == (name, [answered])
    assert name == "not-all-initialled"
    assert audit(auditor, case=answered, what="refusals", to=entry["at"]) == []


def test_the_trail_tells_events_reads_and_refusals_in_one_order(
    as_: As, server: Server, answered: str
) -> None:
    registrar, auditor = as_("registrar"), as_("auditor")
    read(registrar, f"appeals/{answered}")
    refused(as_("press").get(f"/api/v1/appeals/{answered}"), 404, "no-such-case")
    done(registrar, f"appeals/{answered}/add-note", {"text": "Zəng edildi"})

    entries = audit(auditor, case=answered, wait_for=server.log_position())

    own = [entry for entry in entries if entry["who"]["id"] != "auditor"]
    assert [(entry["what"], entry["name"]) for entry in own] == [
        ("event", "appeal-registered"),
        ("event", "appeal-assigned"),
        ("event", "appeal-accepted"),
        ("event", "reply-drafted"),
        ("read", "case-opened"),
        ("refusal", "read-refused"),
        ("event", "note-added"),
    ]
    history = read(auditor, f"cases/{answered}/history")["entries"]
    assert [e["sentence"] for e in own if e["what"] == "event"] == [e["sentence"] for e in history]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert own[5]["problem"] == "case-hidden"
    only = audit(auditor, case=answered, what="events")
    assert [e["position"] for e in only] == [e["position"] for e in history]


def test_a_trail_is_of_a_thread_a_person_an_official_or_a_unit_too(
    as_: As, server: Server, answered: str
) -> None:
    auditor, head = as_("auditor"), as_("head")
    view = read(head, f"appeals/{answered}")
    person = view["began"]["applicant"]["person"]["id"]
    read(head, f"persons/{person}/cases", wait_for=server.log_position())
    read(head, f"cases/{answered}/thread")
    since = records(server, case=answered)[0]["at"].isoformat()

    names = ["case-opened", "person-read", "thread-read"]
    for query in ({"person": person}, {"thread": view["thread"]}):
        entries = audit(auditor, **query, wait_for=server.log_position())
        assert [e["name"] for e in entries if e["what"] == "event"][:2] == [
            "appeal-registered",
            "appeal-assigned",
        ]
        assert [e["name"] for e in entries if e["who"]["id"] == "huseynova"] == names
    for query in ({"official": "huseynova"}, {"unit": "pensions"}):
        entries = audit(auditor, **{"from": since}, **query)
        mine = [e["name"] for e in entries if answered in e["cases"] and e["what"] == "read"]
        assert mine == names


def test_a_deputys_reads_are_those_of_the_principal_too(
    as_: As, server: Server, answered: str
) -> None:
    token = server.token(PEOPLE["executor"], may_act_for=["huseynova"])
    deputy = server.client(token)
    deputy.headers["On-Behalf-Of"] = "huseynova"
    read(deputy, f"appeals/{answered}")
    deputy.headers["On-Behalf-Of"] = "director"
    refused(deputy.get(f"/api/v1/appeals/{answered}"), 403, "not-a-deputy")

    entries = audit(as_("auditor"), official="huseynova", what="reads")
    assert [(e["who"]["id"], e["on_behalf_of"]["id"]) for e in entries if e["on_behalf_of"]] == [
        ("mammadov", "huseynova")
    ]
    assert newest_but_audit(server)["problem"] == "not-a-deputy"


def newest_but_audit(server: Server) -> dict[str, Any]:
    return [row for row in records(server) if row["action"] != "audit-read"][-1]


def test_only_auditors_read_the_audit_and_it_is_on_record_itself(
    as_: As, server: Server, answered: str
) -> None:
    for name in ("registrar", "head", "controller", "leader", "administrator", "analyst"):
        for path in (f"audit/trail?case={answered}", f"audit/cases/{answered}/seen-by"):
            refused(as_(name).get(f"/api/v1/{path}"), 403, "forbidden")
            assert newest(server)["action"] == "read-refused"
    audit(as_("auditor"), official="huseynova", what="reads")
    row = newest(server)
    assert (row["official"], row["action"]) == ("auditor", "audit-read")
    assert row["query"] == {"official": "huseynova", "what": "reads"}


@pytest.mark.parametrize("query", ["", "?case=" + NOWHERE + "&official=aliyev"])
def test_a_trail_of_none_or_of_two_is_refused(as_: As, query: str) -> None:
    refused(as_("auditor").get(f"/api/v1/audit/trail{query}"), 422, "not-one-subject")


@pytest.mark.parametrize("cursor", ["x", "e30", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwxLDEsIiJd"])
def test_a_forged_cursor_is_refused(as_: As, cursor: str) -> None:
    answer = as_("auditor").get(
        "/api/v1/audit/trail", params={"official": "aliyev", "cursor": cursor}
    )
    refused(answer, 400, "cursor-invalid")


def test_a_case_that_is_hidden_and_one_that_is_not_there_are_told_apart_on_record_only(
    as_: As, server: Server, answered: str
) -> None:
    for case, problem in ((answered, "case-hidden"), (str(uuid4()), "no-such-case")):
        refused(as_("ganja").get(f"/api/v1/cases/{case}"), 404, "no-such-case")
        row = newest(server)
        assert (row["problem"], row["cases"]) == (problem, [UUID(case)])


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("cases/{}", "cases.get"),
        ("repeats/groups/{}", "repeats.group"),
        ("repeats/candidates?appeal={}", "repeats.candidates"),
        ("audit/trail?case={}", "audit.trail"),
    ],
)
def test_a_refused_read_is_on_record_with_the_case_that_its_address_names(
    as_: As, server: Server, answered: str, path: str, operation: str
) -> None:
    answer = as_("ganja").get(f"/api/v1/{path.format(answered)}")
    assert answer.status_code in (403, 404), answer.text
    row = newest(server)
    assert (row["operation"], row["action"]) == (operation, "read-refused")
    assert row["cases"] == [UUID(answered)]


def test_a_refused_command_is_on_record_with_the_cases_that_it_names(
    as_: As, server: Server, answered: str
) -> None:
    unknown, ganja = str(uuid4()), as_("ganja")
    evidence = [{"case_id": unknown, "version": 1}, {"case_id": answered, "version": 1}]
    for path, body, named in (
        (
            f"appeals/{unknown}/merge-appeal",
            {"into": answered, "reason": "Eyni məsələ"},
            [unknown, answered],
        ),
        ("findings", example_of(OpenFinding) | {"evidence": evidence}, [unknown, answered]),
        (
            "findings",
            example_of(OpenFinding) | {"source_case": answered, "evidence": []},
            [answered],
        ),
        ("destructions", {"cases": [answered, unknown]}, [answered, unknown]),
        (f"appeals/{unknown}/confirm-repeat", {"earlier": answered}, [unknown, answered]),
        (
            "identities",
            {"persons": [NOWHERE, unknown], "same": True, "because": [answered, unknown]},
            [answered, unknown],
        ),
    ):
        answer = ganja.post(f"/api/v1/{path}", json=body)
        assert answer.status_code in (403, 404, 422), answer.text
        row = newest(server)
        assert (row["action"], row["official"]) == ("command-refused", "valiyev"), answer.text
        assert [str(case) for case in row["cases"]] == named, path


def test_every_id_in_a_command_is_known_to_be_a_case_or_none() -> None:
    ids: set[str] = set()
    for of_kind in RIGHTS.values():
        for command in of_kind:
            _collect_ids(inspect.type_info(command), "", ids)
    assert ids == CASES | {
        *("id", "owners", "kept", "person", "person_id", "persons"),
        *("remedy_id", "removal_id", "request_id", "visit_id"),
    }


def _collect_ids(info: inspect.Type, name: str, ids: set[str]) -> None:
    match info:
        case inspect.UUIDType():
            ids.add(name)
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            _collect_ids(inner, name, ids)
        case inspect.UnionType(types=types):
            for each in types:
                _collect_ids(each, name, ids)
        case inspect.StructType(fields=fields):
            for field in fields:
                _collect_ids(field.type, field.name, ids)


def test_every_address_with_an_id_in_it_may_lead_nowhere(server: Server) -> None:
    document = server.public.get("/schema/openapi.json").json()
    silent = [
        described["operationId"]
        for path, methods in document["paths"].items()
        for described in methods.values()
        if re.search(r"\{\w*id\}", path) and "404" not in described["responses"]
    ]
    assert silent == []


def test_what_says_nothing_about_anybody_is_not_on_record(as_: As, server: Server) -> None:
    before = len(records(server))
    as_("registrar").post("/api/v1/appeals", json={"nothing": True})
    as_("registrar").get("/api/v1/cases", params={"nothing": "1"})
    server.public.get(f"/api/v1/cases/{NOWHERE}")
    assert len(records(server)) == before


def test_an_order_refused_to_a_policy_stands_in_the_trail(
    as_: As, server: Server, answered: str
) -> None:
    first = read(as_("auditor"), f"cases/{answered}/history")["entries"][0]
    with psycopg.connect(server.conninfo) as conn:
        conn.execute(
            "INSERT INTO karguzar.refused_orders (event_id, policy, position, refusal) "
            "VALUES (%s, 'forward-what-is-not-ours', %s, 'AlreadyForwarded')",
            (first["event_id"], first["position"]),
        )
    entries = audit(as_("auditor"), case=answered, wait_for=server.log_position())
    (refusal,) = [entry for entry in entries if entry["what"] == "refusal"]
    assert (refusal["name"], refusal["problem"]) == ("order-refused", "AlreadyForwarded")
    assert refusal["who"]["id"] == "forward-what-is-not-ours"
    assert refusal["on_behalf_of"]["id"] == "aliyev"


def test_the_command_line_tells_the_same_and_is_on_record_too(
    as_: As, server: Server, answered: str
) -> None:
    read(as_("leader"), f"cases/{answered}/history")
    read(as_("auditor"), "audit/trail", case=answered, wait_for=server.log_position())

    def told(*arguments: str) -> Any:
        return json.loads(karguzar(server, *arguments).stdout)

    entries = told("audit", "trail", "--case", answered, "--language", "en")["entries"]
    assert entries[0]["name"] == "appeal-registered"
    assert entries[0]["sentence"].startswith("The appeal was registered")
    assert [e["who"]["id"] for e in entries if e["name"] == "history-read"] == ["minister"]
    row = newest(server)
    assert (row["client"], row["operation"], row["action"]) == (
        "command-line",
        "audit trail",
        "audit-read",
    )
    readers = told("audit", "seen-by", answered)
    assert [r["who"]["id"] for r in readers][:3] == ["aliyev", "mammadov", "minister"]
    told("history", answered)
    row = newest(server)
    assert (row["operation"], row["cases"]) == ("history", [UUID(answered)])


def test_neither_searched_words_nor_personal_ones_are_kept(
    as_: As, server: Server, answered: str
) -> None:
    registrar = as_("registrar")
    read(registrar, "cases", text="Həsənov", topic="Rəşad Həsənov", unit="pensions", overdue=True)
    row = newest(server)
    assert row["action"] == "search-made"
    assert (row["query"]["text"], row["query"]["topic"]) == (True, True)
    assert row["query"]["unit"] == "pensions"
    done(registrar, f"appeals/{answered}/add-note", {"text": "Həsənov zəng etdi"})
    read(registrar, f"cases/{answered}/history")
    with psycopg.connect(server.conninfo) as conn, conn.cursor() as cursor:
        with cursor.copy("COPY karguzar.accesses TO STDOUT") as copy:
            dump = b"".join(bytes(part) for part in copy).decode()
        with cursor.copy("COPY read_models.trail_1 TO STDOUT") as copy:
            dump += b"".join(bytes(part) for part in copy).decode()
    assert answered in dump
    for personal in ("Həsənov", "Rəşad", "994501234567", "Pensiyanın", "zəng"):
        assert personal not in dump


@pytest.fixture(scope="module")
def shown(as_: As) -> dict[str, str]:
    """What each address that can be read has in its braces."""
    registrar = as_("registrar")
    case = begun(registrar, "appeals", appeal())
    view = read(registrar, f"appeals/{case}")
    path = f"/api/v1/cases/{case}/documents/{FILE_DIGEST}"
    assert registrar.put(path, content=FILE).status_code == 204
    return {
        "case_id": case,
        "appeal_id": case,
        "thread_id": view["thread"],
        "person_id": view["began"]["applicant"]["person"]["id"],
        "digest": FILE_DIGEST,
        "change": "registered",
        "page": "leadership",
        "kind": "monthly",
        "view": "cases",
    }


def reads(server: Server) -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = server.public.get("/schema/openapi.json").json()
    for path, methods in document["paths"].items():
        if "get" in methods and path.startswith("/api/"):
            yield path, methods["get"]["operationId"], methods["get"]


QUERY = {
    "rule": "az-a-gen",
    "from": "2026-04-06",
    "reason": "Yoxlama",
    "since": "1",
    "by": "kind",
    "figure": "open",
    "period": last_month(),
    "unit": "records",
}
UNSEEN = {
    *("calendar-decisions.moves", "causes.effect", "unit-reports.differences"),
    *(f"{kind.resource}.get" for kind in KINDS.values()),
}
"""What the appeal that is shown doesn't have: it is refused, and that is on record."""


def test_every_read_is_on_record_or_shows_no_case(server: Server, shown: dict[str, str]) -> None:
    person = Person("aliyev", "records", frozenset(Role) - {Role.SYSTEM})
    client = server.client(server.token(person))
    client.headers["Access-Reason"] = "Yoxlama"
    walked = set()
    for path, operation, described in reads(server):
        walked.add(operation)
        given = {name: shown.get(name, NOWHERE) for name in re.findall(r"\{(\w+)\}", path)}
        query = {
            parameter["name"]: value(parameter)
            for parameter in described.get("parameters", ())
            if parameter["in"] == "query" and parameter.get("required")
        }
        if operation == "audit.trail":
            query["case"] = shown["case_id"]
        if operation == "repeats.candidates":
            query["appeal"] = shown["case_id"]
        before = len(records(server))
        answer = client.get(path.format(**given), params=query)
        fresh = [(row["operation"], row["action"]) for row in records(server)[before:]]
        if operation in SHOWS_NO_CASE:
            assert fresh == [], operation
        elif answer.status_code == 404 and operation in UNSEEN:
            assert fresh == [(operation, "read-refused")]
        else:
            assert answer.status_code == 200, (operation, answer.text)
            assert [name for name, _ in fresh] == [operation], operation
            assert fresh[0][1] in set(Action) - REFUSED
    assert len(walked) > 25


def value(parameter: dict[str, Any]) -> Any:
    """Of a parameter that has to be given."""
    return QUERY.get(parameter["name"]) or parameter["schema"].get("enum", [1])[0]


def test_what_shows_no_case_is_a_route_and_says_why(server: Server) -> None:
    operations = {operation for _, operation, _ in reads(server)}
    pages = {handler.operation_id for handler in PAGES}
    assert set(SHOWS_NO_CASE) <= operations | pages
    assert all(SHOWS_NO_CASE.values())


@pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
def test_a_route_that_records_nothing_can_not_answer(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    app = build_app(server.settings, server.conninfo)
    monkeypatch.setattr("api.access_records.SHOWS_NO_CASE", {})
    headers = {"Authorization": f"Bearer {server.token(PEOPLE['registrar'])}"}
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/positions", headers=headers)
    assert answer.status_code == 500
    assert "read_models" not in answer.text


@pytest.fixture(scope="module")
def lone(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server of its own, which signs every second."""
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "lone", conninfo, checkpoint_seconds="1") as server,
    ):
        yield server


def test_both_trees_are_grown_and_signed_and_found_sound(lone: Server) -> None:
    registrar = lone.client(lone.token(PEOPLE["registrar"]))
    read(registrar, f"appeals/{begun(registrar, 'appeals', appeal())}")
    outside = Path(lone.settings.proof.checkpoint_dir or "nowhere")
    wait_until((outside / "accesses" / "checkpoint").exists, 20, "the records are signed")
    wait_until((outside / "checkpoint").exists, 20, "the log is signed")
    verdict = verified(lone)
    assert (verdict["status"], verdict["accesses"]["result"]) == (0, "sound"), verdict
    assert verdict["accesses"]["proved"] > 0


def test_a_tampered_record_fails_the_verification(lone: Server) -> None:
    with psycopg.connect(lone.conninfo, autocommit=True) as conn:
        conn.execute("ALTER TABLE karguzar.accesses DISABLE TRIGGER append_only")
        change = "UPDATE karguzar.accesses SET official = %s WHERE id = 1 RETURNING id"
        assert conn.execute(change, ("somebody-else",)).fetchall()
        verdict = verified(lone)
        conn.execute(change, ("aliyev",))
        conn.execute("ALTER TABLE karguzar.accesses ENABLE TRIGGER append_only")
    assert verdict["status"] == 1
    assert verdict["findings"] == []
    assert verdict["accesses"]["findings"][0]["kind"] == "access-altered"
    assert verified(lone)["status"] == 0


def test_nothing_is_shown_that_can_not_be_put_on_record(lone: Server) -> None:
    registrar = lone.client(lone.token(PEOPLE["registrar"]))
    case = begun(registrar, "appeals", appeal())
    with psycopg.connect(lone.conninfo, autocommit=True) as conn:
        conn.execute("ALTER TABLE karguzar.accesses RENAME TO gone")
        shown = registrar.get(f"/api/v1/appeals/{case}")
        told = registrar.post(f"/api/v1/appeals/{case}/accept-appeal", json={})
        conn.execute("ALTER TABLE karguzar.gone RENAME TO accesses")
    assert (shown.status_code, told.status_code) == (500, 500)
    assert "Həsənov" not in shown.text
    read(registrar, f"appeals/{case}")


def test_what_was_answered_is_on_record_though_the_server_is_killed_at_once(lone: Server) -> None:
    registrar = lone.client(lone.token(PEOPLE["registrar"]))
    cases = [begun(registrar, "appeals", appeal()) for _ in range(3)]
    for case in cases:
        read(registrar, f"appeals/{case}")
    family = lone.family()
    for process in family:
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(alive, family)), 5, "it is gone")
    assert [row["cases"] for row in records(lone, action="case-opened")][-3:] == [
        [UUID(case)] for case in cases
    ]


def verified(server: Server) -> Any:
    ended = karguzar(server, "verify")
    verdict = json.loads(ended.stdout)
    assert verdict["status"] == ended.returncode
    return verdict


def karguzar(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the command line, answering as JSON."""
    return subprocess.run(
        [PROGRAM, *arguments, "--json"],
        env={**os.environ, **server.environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nobody_is_said_to_have_seen_a_case_that_is_not_there(as_: As) -> None:
    path = f"/api/v1/audit/cases/{NOWHERE}/seen-by"
    refused(as_("auditor").get(path), 404, "no-such-case")
    refused(as_("registrar").get(path), 403, "forbidden")
