import json
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from projections.cases import CaseOrder
from projections.pages import Mark, encode
from tests.api.bodies import NOWHERE, appeal, assignment, begun, done, on, reception, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, Server

pytestmark = pytest.mark.usefixtures("unchanged")

SECRET = "Gizli-dəyər-7"
APPEALS = "/api/v1/appeals"
JSON = {"Content-Type": "application/json"}


def person(**changes: Any) -> dict[str, Any]:
    return {"type": "individual", "person": {"name": "Rəşad", **changes}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"soyad": SECRET},
        {"kind": SECRET},
        {"kind": None},
        {"topic": SECRET},
        {"subject": 5},
        {"subject": ""},
        {"subject": "x" * 501},
        {"sheets": -1},
        {"sheets": "10"},
        {"sheets": 1.5},
        {"received_at": 1763700000},
        {"confidential": "no"},
        {"received_at": "2026-02-30T10:00:00+04:00"},
        {"received_at": "2026-02-20T10:00:00"},
        {"received_at": SECRET},
        {"registered_on": "2026-13-01"},
        {"registered_on": 20260101},
        {"applicant": {"type": SECRET}},
        {"applicant": {"person": {"name": "Rəşad"}}},
        {"applicant": person(soyad=SECRET)},
        {"applicant": person(birth_date="1980-02-30")},
        {"applicant": person(id=SECRET)},
        {"applicant": [SECRET]},
        {"enclosures": [{"description": "x"}] * 201},
        {"subject": f"{SECRET}\x00"},
        {"applicant": person(surname="\x00")},
    ],
    ids=lambda wrong: str(wrong)[:40].replace("\x00", "NUL"),
)
def test_a_body_that_does_not_fit_is_refused_without_repeating_it(
    as_: As, wrong: dict[str, Any]
) -> None:
    answer = as_("registrar").post(APPEALS, json=appeal(**wrong))
    problem = refused(answer, 422, "not-valid")
    assert problem["errors"]
    assert SECRET not in answer.text
    assert json.dumps(SECRET)[1:-1] not in answer.text


def test_a_body_without_a_required_field_is_refused_by_the_fields_name(as_: As) -> None:
    body = appeal()
    del body["topic"]
    problem = refused(as_("registrar").post(APPEALS, json=body), 422, "not-valid")
    assert "topic" in problem["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"x"', b"5", b"[" * 10_000 + b"]" * 10_000], ids=repr
)
def test_a_body_that_is_no_object_is_refused(as_: As, body: bytes) -> None:
    answer = as_("registrar").post(APPEALS, content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    assert answer.json()["type"] in ("/problems/malformed-json", "/problems/not-valid")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'kind': 'application'}",
        b'{"subject": NaN}',
        b'{"subject": "\xff\xfe"}',
        b'{"subject": "\\ud800"}',
        b'{"subject": "\\udc00\\ud800"}',
        b'{"subject": "a\nb"}',
        json.dumps({"subject": "x"}).encode("utf-16"),
    ],
    ids=repr,
)
def test_what_is_not_json_in_utf8_is_refused(as_: As, body: bytes) -> None:
    answer = as_("registrar").post(APPEALS, content=body, headers=JSON)
    refused(answer, 400, "malformed-json")


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/msgpack",
        "application/json; charset=utf-16",
    ],
)
def test_a_body_that_is_not_announced_as_json_is_refused(as_: As, media_type: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    content = json.dumps(appeal()).encode()
    refused(
        as_("registrar").post(APPEALS, content=content, headers=headers),
        415,
        "media-type-not-taken",
    )


def test_a_body_that_is_too_large_is_refused(as_: As) -> None:
    registrar = as_("registrar")
    refused(registrar.post(APPEALS, json=appeal(text="x" * 50_000)), 413, "too-large")
    chunks = (b" " * 10_000 for _ in range(6))
    refused(registrar.post(APPEALS, content=chunks, headers=JSON), 413, "too-large")


@pytest.mark.parametrize(
    ("who", "resource", "body"),
    [
        ("registrar", "appeals", appeal(received_at="0001-01-01T00:00:00+14:00")),
        ("registrar", "appeals", appeal(received_at="9999-12-31T23:59:59-14:00")),
        ("registrar", "appeals", appeal(applicant=person(birth_date="0001-01-01"))),
        ("controller", "assignments", assignment(due_on="9999-12-31")),
        (
            "clerk",
            "receptions",
            reception(starts_at="9999-12-31T20:00:00-14:00", ends_at="9999-12-31T22:00:00-14:00"),
        ),
    ],
)
def test_a_date_at_the_end_of_the_calendar_is_refused(
    as_: As, who: str, resource: str, body: dict[str, Any]
) -> None:
    refused(as_(who).post(f"/api/v1/{resource}", json=body), 422, "date-out-of-range")


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"received_at": on(2) + "T10:00:00+04:00"}, 422, "dated-in-the-future"),
        ({"registered_on": on(2)}, 422, "dated-in-the-future"),
        ({"registered_on": on(-2)}, 422, "registered-before-receipt"),
        ({"applicant": person(name=None)}, 422, "nameless-applicant"),
        (
            {"received_at": "1990-01-01T10:00:00+04:00", "registered_on": "1990-01-02"},
            422,
            "rule-not-in-force",
        ),
        ({"answer_rule": "az-i-gen"}, 422, "rule-not-for-this-case"),
        (
            {
                "received_at": "2015-03-02T10:00:00+04:00",
                "registered_on": "2015-03-02",
                "answer_rule": "az-a-gen",
            },
            422,
            "rule-not-in-force",
        ),
    ],
)
def test_what_can_not_be_right_is_refused_by_name(
    as_: As, changes: dict[str, Any], status: int, name: str
) -> None:
    refused(as_("registrar").post(APPEALS, json=appeal(**changes)), status, name)


@pytest.fixture(scope="module")
def case(as_: As) -> str:
    """An appeal at its second version."""
    begun_case = begun(as_("registrar"), "appeals", appeal())
    done(as_("registrar"), f"appeals/{begun_case}/add-note", {"text": "Zəng edildi"})
    return begun_case


def note(client: httpx.Client, case: str, **headers: str) -> httpx.Response:
    return client.post(f"{APPEALS}/{case}/add-note", json={"text": SECRET}, headers=headers)


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({"If-Match": '"1"'}, 412, "stale-version"),
        ({"If-Match": '"99"'}, 412, "stale-version"),
        ({"If-Match": "two"}, 400, "header-not-fitting"),
        ({"If-Match": '"2", "3"'}, 400, "header-not-fitting"),
        ({"If-Match": '"' + "9" * 60 + '"'}, 422, "not-valid"),
        ({"Idempotency-Key": "x" * 201}, 422, "not-valid"),
        ({"On-Behalf-Of": "director"}, 403, "not-a-deputy"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    as_: As, case: str, headers: dict[str, str], status: int, name: str
) -> None:
    refused(note(as_("registrar"), case, **headers), status, name)


def test_a_refused_transition_says_why(as_: As, case: str) -> None:
    registrar = as_("registrar")
    answer = registrar.post(f"{APPEALS}/{case}/close-appeal", json={"result": "satisfied"})
    refused(answer, 409, "not-yet-answered")


def test_a_document_that_is_not_stored_is_not_attached(as_: As, case: str) -> None:
    document = {"name": "a", "media_type": "a/b", "size": 1, "sha256": "0" * 64}
    path = f"{APPEALS}/{{}}/attach-document"
    registrar = as_("registrar")
    answer = registrar.post(path.format(case), json={"document": document})
    refused(answer, 409, "document-not-stored")
    answer = registrar.post(path.format(NOWHERE), json={"document": document})
    refused(answer, 404, "no-such-case")
    answer = as_("ganja").post(path.format(case), json={"document": document})
    refused(answer, 404, "no-such-case")


def test_a_document_with_another_digest_is_refused(as_: As, case: str) -> None:
    path = f"/api/v1/cases/{case}/documents/"
    registrar = as_("registrar")
    refused(registrar.put(path + "0" * 64, content=b"x"), 422, "document-not-fitting")
    refused(registrar.put(path + "x", content=b"x"), 422, "not-valid")
    refused(registrar.get(path + "0" * 64), 409, "document-not-stored")
    odd = {"Content-Type": "no media type"}
    refused(registrar.put(path + "0" * 64, content=b"x", headers=odd), 400, "header-not-fitting")


def test_an_unknown_id_is_not_found(as_: As, case: str) -> None:
    registrar = as_("registrar")
    refused(note(registrar, NOWHERE), 404, "no-such-case")
    for path in ("appeals/{}", "cases/{}", "cases/{}/history", "cases/{}/thread", "threads/{}"):
        answer = registrar.get(f"/api/v1/{path.format(NOWHERE)}")
        refused(answer, 404, "no-such-case")
    refused(registrar.get(f"/api/v1/receptions/{case}"), 404, "no-such-case")
    answer = registrar.post(f"/api/v1/assignments/{case}/add-note", json={"text": "x"})
    assert answer.status_code == 404
    refused(registrar.get("/api/v1/appeals/not-a-uuid"), 404, "not-found")
    refused(registrar.get("/api/v1/nothing"), 404, "not-found")
    refused(registrar.delete(f"/api/v1/appeals/{case}"), 405, "method-not-allowed")


def test_a_role_that_may_not_is_forbidden(as_: As, case: str) -> None:
    refused(as_("executor").post(APPEALS, json=appeal()), 403, "forbidden")
    refused(note(as_("auditor"), case), 403, "forbidden")
    refused(as_("administrator").get("/api/v1/cases"), 403, "forbidden")


def tokens(server: Server) -> dict[str, str]:
    registrar = PEOPLE["registrar"]
    good = server.token(registrar)
    claims = jwt.decode(good, options={"verify_signature": False})
    own, foreign = server.issuer._key, Ed25519PrivateKey.generate()

    def signed(key: Ed25519PrivateKey = own, kid: str = "development", **changes: Any) -> str:
        return jwt.encode({**claims, **changes}, key, algorithm="EdDSA", headers={"kid": kid})

    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "development"})
    changed = good.split(".")
    admin = urlsafe_b64encode(json.dumps({**claims, "sub": "director"}).encode()).decode()
    return {
        "no": "",
        "rubbish": "rubbish",
        "expired": signed(exp=int(time.time()) - 60),
        "foreign": signed(foreign),
        "unknown-key": signed(kid="other"),
        "unsigned": unsigned,
        "changed": ".".join([changed[0], admin.rstrip("="), changed[2]]),
        "other-audience": signed(aud="elsewhere"),
        "other-issuer": signed(iss="elsewhere"),
        "unknown-role": signed(roles=["registrar", "emperor"]),
        "no-unit": signed(unit=None),
        "odd-official": signed(sub="a b\x00"),
        "endless": signed(exp=None),
    }


def test_a_token_that_is_not_good_is_refused(server: Server) -> None:
    for name, token in tokens(server).items():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = server.public.get("/api/v1/cases", headers=headers)
        problem = refused(answer, 401, "token-refused")
        assert answer.headers["www-authenticate"].startswith("Bearer"), name
        assert token not in str(problem) or not token
    for header in ("Basic YTpi", "bearer", "Bearer"):
        answer = server.public.get("/api/v1/cases", headers={"Authorization": header})
        refused(answer, 401, "token-refused")


def test_a_token_can_not_make_its_bearer_the_system(server: Server) -> None:
    claims = jwt.decode(server.token(PEOPLE["registrar"]), options={"verify_signature": False})
    token = jwt.encode(
        {**claims, "roles": ["system"]},
        server.issuer._key,
        algorithm="EdDSA",
        headers={"kid": "development"},
    )
    client = server.client(token)
    refused(client.post(APPEALS, json=appeal()), 403, "forbidden")
    refused(client.get("/api/v1/cases"), 403, "forbidden")


def crafted(order: str, value: str) -> str:
    return encode(Mark(order, value, UUID(int=1), "x"))


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("cases?stat=open", 400, "unknown-parameter"),
        ("cases?limit=5&Limit=5", 400, "unknown-parameter"),
        (f"cases/{NOWHERE}?limit=5", 400, "unknown-parameter"),
        ("work?unit=pensions", 400, "unknown-parameter"),
        ("deadlines?state=open", 400, "unknown-parameter"),
        ("positions?x", 400, "unknown-parameter"),
        ("cases?limit=0", 422, "not-valid"),
        ("cases?limit=201", 422, "not-valid"),
        ("cases?limit=many", 422, "not-valid"),
        (f"cases?limit={SECRET}", 422, "not-valid"),
        ("cases?open=perhaps", 422, "not-valid"),
        (f"cases?order={SECRET}", 422, "not-valid"),
        ("cases?due_from=2026-02-30", 422, "not-valid"),
        ("cases?received_from=yesterday", 422, "not-valid"),
        ("cases?text=a%00b", 422, "not-valid"),
        ("cases?state=a%00b", 422, "not-valid"),
        ("cases?wait_for=-1", 422, "not-valid"),
        ("cases?wait_for=99999999999999999999", 422, "not-valid"),
        ("work?whose=theirs", 422, "not-valid"),
        ("persons/x/cases", 404, "not-found"),
        ("cases?cursor=rubbish", 400, "cursor-invalid"),
        ("cases?cursor=%00", 400, "cursor-invalid"),
        ("cases?cursor=%C9%99", 400, "cursor-invalid"),
        (f"cases?cursor={crafted('registered_on', '2026-01-01')}", 400, "cursor-invalid"),
        (f"cases?cursor={crafted('-registered_on', 'x')}", 400, "cursor-invalid"),
        (f"cases?cursor={crafted('-registered_on', 'infinity')}", 400, "cursor-invalid"),
        *(
            (f"{path}cursor={crafted('due_on', day)}", 400, "cursor-invalid")
            for path in ("cases?order=due_on&", "work?", "work?whose=unit&", "deadlines?")
            for day in ("", "x", "2026-02-30", "infinit", "-infinity", "today", "4713-01-01 BC")
        ),
        (f"deadlines?cursor={crafted('due_on', 'infinity')}", 400, "cursor-invalid"),
        *(
            (f"cases?order=received_at&cursor={crafted('received_at', at)}", 400, "cursor-invalid")
            for at in (
                "now",
                "2026-04-06T08:00",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-14:00",
                "infinity",
            )
        ),
    ],
)
def test_a_query_that_does_not_fit_is_refused(as_: As, path: str, status: int, name: str) -> None:
    answer = as_("registrar").get(f"/api/v1/{path}")
    refused(answer, status, name)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "cases?due_from=0001-01-01&due_to=9999-12-31",
        "cases?received_from=0001-01-01T00:00:00%2B14:00&order=due_on",
        "cases?received_to=9999-12-31T23:59:59-14:00&order=-received_at",
        "cases?registered_from=9999-12-31&order=due_on",
        "cases?registered_to=0001-01-01&order=received_at",
        "cases?text=%27%5C%27%3A%2A%26%7C%21%28%3C-%3E",
        "cases?text=%20",
        "cases?unit=%F0%9F%98%80",
        "deadlines?due_from=0001-01-01&unit=nowhere",
        *(
            f"{path}{name}_from={day}&{name}_to={day}"
            for day in ("0001-01-01", "9999-12-31")
            for path, name in (
                *((f"cases?order={order}&", "due") for order in CaseOrder),
                *((f"cases?order={order}&", "registered") for order in CaseOrder),
                ("deadlines?", "due"),
                ("deadlines?running=false&", "due"),
            )
        ),
        *(
            f"cases?order={order}&received_from={at}&received_to={at}"
            for at in ("0001-01-01T00:00:00", "9999-12-31T23:59:59")
            for order in CaseOrder
        ),
        f"work?cursor={crafted('due_on', '9999-12-31')}",
        f"work?cursor={crafted('due_on', 'infinity')}",
        f"deadlines?cursor={crafted('due_on', '9999-12-31')}",
        f"cases?order=due_on&cursor={crafted('due_on', '9999-12-31')}",
        f"cases?cursor={crafted('-registered_on', '0001-01-01')}",
    ],
)
def test_an_odd_but_fitting_query_is_answered(as_: As, path: str) -> None:
    assert as_("registrar").get(f"/api/v1/{path}").status_code == 200


def test_a_position_that_does_not_come_is_not_waited_for_for_ever(as_: As) -> None:
    started = time.monotonic()
    answer = as_("registrar").get("/api/v1/cases?wait_for=1000000000")
    refused(answer, 503, "read-model-behind")
    assert 3 <= time.monotonic() - started < 30
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "number", ["100", "0", "1763700000", "-5", "1e9", "20260301", "2026-02-30"]
)
@pytest.mark.parametrize(
    ("who", "path", "name"),
    [
        ("auditor", f"audit/cases/{NOWHERE}/seen-by", "before"),
        ("auditor", f"audit/trail?case={NOWHERE}", "from"),
        ("auditor", f"audit/trail?case={NOWHERE}", "to"),
        ("auditor", "audit/conformance", "from"),
        ("auditor", "audit/conformance", "to"),
        ("auditor", "cases", "received_from"),
        ("auditor", "cases", "received_to"),
        ("auditor", "deputies", "at"),
    ],
)
def test_a_number_is_no_instant(as_: As, who: str, path: str, name: str, number: str) -> None:
    answer = as_(who).get(f"/api/v1/{path}{'&' if '?' in path else '?'}{name}={number}")
    problem = refused(answer, 422, "not-valid")
    assert [error["field"] for error in problem["errors"]] == [name]
    assert "2026-03-01T09:00:00+04:00" in problem["detail"]


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T05:00:00Z",
        "2026-03-01T09:00:00+04:00",
        "2026-03-01T09:00:00%2B04:00",
        "2026-03-01T09:00:00",
        "2026-03-01T09:00",
        "2026-03-01T04:00:00.000-0100",
    ],
)
def test_an_instant_may_be_written_in_many_ways(as_: As, server: Server, written: str) -> None:
    auditor = as_("auditor")
    for path in ("audit/conformance?from=", "cases?received_from=", "deputies?at="):
        assert auditor.get(f"/api/v1/{path}{written}").status_code == 200, path
    assert auditor.get(f"/api/v1/audit/conformance?to={written}").status_code == 200
    with psycopg.connect(server.conninfo) as conn:
        (query,) = conn.execute(
            "SELECT query FROM karguzar.accesses WHERE operation = 'audit.conformance' "
            "ORDER BY id DESC LIMIT 1"
        ).fetchone() or ({},)
    assert datetime.fromisoformat(query["before"]) == datetime(2026, 3, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "name"),
    [("changes", "since"), ("counts", "by"), ("deadlines/compute?from=2026-03-02", "rule")],
)
def test_a_parameter_that_is_missing_is_named(as_: As, path: str, name: str) -> None:
    problem = refused(as_("auditor").get(f"/api/v1/{path}"), 422, "not-valid")
    assert problem["errors"] == [{"field": name, "message": "This is required"}]


def test_a_field_that_is_missing_is_named_in_every_language(as_: As) -> None:
    registrar = as_("registrar")
    body = appeal()
    del body["topic"]
    answer = registrar.post(APPEALS, json=body, headers={"Accept-Language": "az"})
    problem = refused(answer, 422, "not-valid")
    assert [error["field"] for error in problem["errors"]] == ["topic"]
    assert problem["detail"].endswith("Düzəldiləcək sahələr: topic.")
    nested = appeal(applicant={"type": "individual"})
    problem = refused(registrar.post(APPEALS, json=nested), 422, "not-valid")
    assert [error["field"] for error in problem["errors"]] == ["applicant.person"]
