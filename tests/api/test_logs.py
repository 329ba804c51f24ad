"""Nothing personal leaves the server but in the answers to those who may read it."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.bodies import NOWHERE, appeal, begun, done, inquiry, on
from tests.api.serving import PEOPLE, Server, served
from tests.desks import migrated_database

SURNAME = "Qəribəsoyadov"
FIN = "7ZQXW93"
PHONE = "+994559171735"
TEXT = "Tamamilə-seçilən-mətn"
PERSON = {
    "surname": SURNAME,
    "name": f"{SURNAME}-ad",
    "fin": FIN,
    "phone": PHONE,
    "email": f"{FIN}@example.com",
    "address": f"{SURNAME} küçəsi",
}
DISTINCTIVE = (SURNAME, FIN, PHONE, TEXT, "Q\\u0259rib", "Tamamil", "559171735")


@pytest.fixture(scope="module")
def quiet(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server that logs all it can."""
    with (
        migrated_database(postgres) as conninfo,
        served(server_dir / "logs", conninfo, log_level="debug", wait_seconds="0.2") as server,
    ):
        yield server


def holds_nothing(text: str) -> None:
    found = [value for value in DISTINCTIVE if value in text]
    assert not found


def test_nothing_personal_is_in_the_log_the_metrics_the_problems_or_the_addresses(
    quiet: Server,
) -> None:
    registrar, executor, press, auditor, ganja = (
        quiet.client(quiet.token(PEOPLE[name]))
        for name in ("registrar", "executor", "press", "auditor", "ganja")
    )
    body = appeal(
        applicant={"type": "individual", "person": PERSON}, subject=TEXT, text=f"{TEXT} {PHONE}"
    )
    case = begun(registrar, "appeals", body)
    path = f"appeals/{case}"
    done(registrar, f"{path}/add-note", {"text": TEXT})
    done(registrar, f"{path}/assign-appeal", {"unit": "pensions", "main_executor": "mammadov"})
    done(executor, f"{path}/accept-appeal")
    done(
        executor,
        f"{path}/draft-reply",
        {"text": TEXT, "initials_by": ["huseynova"], "signatory": "director"},
    )
    begun(press, "media-inquiries", inquiry(journalist=PERSON, question=TEXT))
    content = TEXT.encode()
    document = f"/api/v1/cases/{case}/documents/{sha256(content).hexdigest()}"
    assert registrar.put(document, content=content).status_code == 204
    assert registrar.get(document).content == content
    described: dict[str, Any] = {
        "name": f"{SURNAME}.pdf",
        "media_type": "text/plain",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
    }
    done(registrar, f"{path}/attach-document", {"document": described})
    assert TEXT in auditor.get(f"/api/v1/cases/{case}/history").text
    assert registrar.get("/api/v1/cases", params={"text": TEXT}).status_code == 200

    note = f"/api/v1/{path}/add-note"
    problems = [
        registrar.post("/api/v1/appeals", json={**body, "kind": TEXT}),
        registrar.post("/api/v1/appeals", json={**body, "topic": SURNAME}),
        registrar.post("/api/v1/appeals", json={**body, "subject": f"{TEXT}\x00"}),
        registrar.post("/api/v1/appeals", json={**body, "applicant": {"type": SURNAME}}),
        registrar.post("/api/v1/appeals", json={**body, "received_at": f"{on()} {PHONE}"}),
        registrar.post("/api/v1/appeals", json={**body, "received_at": f"{on(3)}T10:00:00Z"}),
        registrar.post("/api/v1/appeals", json=[TEXT]),
        registrar.post("/api/v1/appeals", content=f'{{"text": "{TEXT}'.encode()),
        registrar.post(
            "/api/v1/appeals",
            content=f'{{"text": "{TEXT}'.encode(),
            headers={"Content-Type": "application/json"},
        ),
        registrar.post(note, json={"text": TEXT}, headers={"If-Match": '"1"'}),
        registrar.post(note, json={"text": TEXT}, headers={"If-Match": FIN}),
        registrar.post(note, json={"text": TEXT}, headers={"On-Behalf-Of": FIN}),
        registrar.post(note.replace(case, NOWHERE), json={"text": TEXT}),
        registrar.post(
            f"/api/v1/{path}/attach-document",
            json={"document": {**described, "sha256": "0" * 64}},
        ),
        registrar.post(
            f"/api/v1/{path}/correct-entry",
            json={"entry": "channel", "value": TEXT, "approved_by": "director", "reason": TEXT},
        ),
        registrar.post(
            f"/api/v1/{path}/correct-entry",
            json={"entry": "x7", "value": TEXT, "approved_by": "director", "reason": TEXT},
        ),
        executor.post(f"/api/v1/{path}/add-note", json={"text": TEXT, "person_id": FIN}),
        executor.post("/api/v1/appeals", json=body),
        ganja.post(note, json={"text": TEXT}),
        quiet.public.post("/api/v1/appeals", json=body),
        quiet.public.get("/api/v1/cases", headers={"Authorization": f"Bearer {FIN}"}),
        registrar.put(document, content=content + b"x"),
        registrar.put(document, content=content, headers={"Content-Type": FIN}),
        registrar.get("/api/v1/cases", params={"limit": PHONE}),
        registrar.get("/api/v1/cases", params={"surname": SURNAME}),
        registrar.get("/api/v1/cases", params={SURNAME: "1"}),
        registrar.get("/api/v1/cases", params={"cursor": SURNAME}),
        registrar.get("/api/v1/cases", params={"due_from": PHONE}),
        registrar.get("/api/v1/cases", params={"order": SURNAME}),
        registrar.get("/api/v1/cases", params={"text": TEXT, "wait_for": 10_000}),
        registrar.get(f"/api/v1/appeals/{FIN}"),
        registrar.get(f"/{SURNAME}"),
        registrar.delete("/api/v1/appeals"),
    ]
    for answer in problems:
        assert 400 <= answer.status_code < 600
        assert answer.status_code != 500, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        holds_nothing(answer.text)
        holds_nothing(str(answer.headers))
    holds_nothing(quiet.public.get("/metrics").text)
    holds_nothing(quiet.public.get("/ready").text)
    holds_nothing(quiet.log.read_text())


def test_no_route_takes_anything_personal_in_its_address(quiet: Server) -> None:
    document = quiet.public.get("/schema/openapi.json").json()
    names = {name for path in document["paths"] for name in _placeholders(path)}
    assert names == {
        *("case_id", "appeal_id", "person_id", "thread_id", "deputising_id"),
        *("change", "digest", "kind", "page", "view"),
    }
    for path in document["paths"]:
        client = httpx.URL(path)
        assert not client.query


def _placeholders(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part.startswith("{")]
