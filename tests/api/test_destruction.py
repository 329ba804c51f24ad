"""From the list of what may go to the proof that it is gone, over HTTP and the command line."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.caller import Role
from tests.api.bodies import appeal, begun, done, now
from tests.api.serving import PEOPLE, Person, Server, served, wait_until
from tests.api.test_master_key import karguzar
from tests.application.destructions import left_in_files, left_in_tables
from tests.desks import migrated_database

WORDS = ("Zülfüqarov", "Qızılgül bağçası", "Tələbnamə mətni", "Məxfi sənəd")
DOCUMENT = "Məxfi sənəd".encode() * 20
OWN_APPROVAL = Person("nagiyev", "agency", frozenset({Role.CONTROLLER, Role.LEADER}))
RULES = """[[rule]]
id = "test-appeal"
kind = "appeal"
starts = "end-of-year"
years = 1
source = "Test nomenclature"
certainty = "I"
"""
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def office(postgres: str, server_dir: Path) -> Iterator[Server]:
    folder = server_dir / "destruction"
    folder.mkdir()
    rules = folder / "retention.toml"
    rules.write_text(RULES)
    with (
        migrated_database(postgres) as conninfo,
        served(
            folder,
            conninfo,
            retention_file=str(rules),
            master_key=b64encode(KEY).decode(),
            checkpoint_seconds="1",
        ) as server,
    ):
        yield server


def as_(server: Server, name: str) -> httpx.Client:
    return server.client(server.token(PEOPLE[name]))


def old_case(server: Server) -> UUID:
    """An appeal with a document, that ended in an older register three years ago."""
    registrar = as_(server, "registrar")
    ended = now() - timedelta(days=3 * 366)
    body = appeal(
        subject="Qızılgül bağçası",
        text="Tələbnamə mətni",
        applicant={"type": "individual", "person": {"surname": "Zülfüqarov", "name": "Əjdər"}},
        received_at=ended.isoformat(),
        registered_on=str(ended.date()),
        legacy_number="7/12",
    )
    case = begun(registrar, "appeals", body)
    digest = sha256(DOCUMENT).hexdigest()
    stored = registrar.put(
        f"/api/v1/cases/{case}/documents/{digest}",
        content=DOCUMENT,
        headers={"Content-Type": "text/plain"},
    )
    assert stored.status_code < 300, stored.text
    done(registrar, f"appeals/{case}/record-legacy-outcome", {"ended_on": str(ended.date())})
    return UUID(case)


def answered(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def test_two_approve_and_the_register_destroys_and_proves_it(office: Server) -> None:
    case = old_case(office)
    controller, auditor = as_(office, "controller"), as_(office, "auditor")
    position = office.log_position()
    listed = answered(controller.get(f"/api/v1/retention/due?wait_for={position}"))
    (row,) = listed["rows"]
    assert (row["case_id"], row["rule"], row["kind"]) == (str(case), "test-appeal", "appeal")
    before = answered(auditor.get("/api/v1/cases?kind=appeal"))["rows"]
    assert left_in_tables(office.conninfo, WORDS)

    proposal = begun(controller, "destructions", {"cases": [str(case)]})
    again = answered(controller.get("/api/v1/retention/due"))
    assert again["rows"] == []
    path = f"destructions/{proposal}/approve-destruction"
    refused = office.client(office.token(OWN_APPROVAL)).post(f"/api/v1/{path}", json={})
    assert answered(refused, 409)["type"] == "/problems/own-proposal"
    done(as_(office, "head"), path)
    refused = as_(office, "head").post(f"/api/v1/{path}", json={})
    assert answered(refused, 409)["type"] == "/problems/approved-before"
    done(as_(office, "leader"), path)

    def completed() -> bool:
        shown = answered(auditor.get(f"/api/v1/cases/{proposal}/history"))
        return bool(shown["entries"][-1]["event"] == "destruction-completed")

    wait_until(completed, 30, "the destruction is completed")
    office_position = office.log_position()
    assert left_in_tables(office.conninfo, WORDS) == set()
    assert left_in_files(office.conninfo, WORDS) == set()
    after = answered(auditor.get(f"/api/v1/cases?kind=appeal&wait_for={office_position}"))["rows"]
    assert [(r["unit"], r["state"]) for r in after] == [(r["unit"], r["state"]) for r in before]
    found = answered(auditor.get("/api/v1/cases", params={"text": "bağçası"}))
    assert found["rows"] == []
    for language in ("az", "en", "tr", "ka", "ru"):
        told = auditor.get(f"/api/v1/cases/{case}/history", headers={"Accept-Language": language})
        assert "[sealed]" in answered(told)["entries"][0]["details"]["subject"]
        assert not any(word in told.text for word in WORDS)
    document = auditor.get(f"/api/v1/cases/{case}/documents/{sha256(DOCUMENT).hexdigest()}")
    assert answered(document, 409)["type"] == "/problems/document-not-stored"
    note = as_(office, "registrar").post(f"/api/v1/appeals/{case}/add-note", json={"text": "Qeyd"})
    assert answered(note, 409)["type"] == "/problems/content-gone"

    data = Path(office.environ["KARGUZAR_DATA_DIR"])
    verified = karguzar(office.conninfo, KEY, data, "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["proved"] > 0


@pytest.mark.parametrize("name", ["administrator", "registrar", "auditor"])
def test_only_controllers_see_what_may_go(office: Server, name: str) -> None:
    assert as_(office, name).get("/api/v1/retention/due").status_code == 403


def test_the_command_line_lists_what_may_go_and_changes_the_master_key(
    office: Server, tmp_path: Path
) -> None:
    case = old_case(office)
    wait_until(lambda: len(_due(office, tmp_path)) == 1, 10, "the register shows what may go")
    proposal = begun(as_(office, "controller"), "destructions", {"cases": [str(case)]})
    assert _due(office, tmp_path) == []
    assert as_(office, "leader").get(f"/api/v1/destructions/{proposal}").status_code == 200
    assert as_(office, "executor").get(f"/api/v1/destructions/{proposal}").status_code == 404
    new = tmp_path / "new.key"
    new.write_text(b64encode(bytes(32)).decode())
    running = karguzar(
        office.conninfo, KEY, tmp_path, "master-key", "rotate", "--new-file", str(new)
    )
    assert running.returncode == 1
    assert "PREVIOUS_FILE" in running.stderr
    office.stop()
    stopped = _karguzar(office, tmp_path, "master-key", "rotate", "--new-file", str(new), "--json")
    assert stopped["wrapped"] > 0
    assert karguzar(office.conninfo, KEY, tmp_path, "history", str(case)).returncode == 2
    told = karguzar(office.conninfo, bytes(32), tmp_path, "history", str(case), "--language", "en")
    assert "Qızılgül bağçası" in told.stdout


def _due(office: Server, folder: Path) -> Any:
    return _karguzar(office, folder, "retention", "due", "--json")


def _karguzar(office: Server, folder: Path, *arguments: str) -> Any:
    """What the command answers as JSON, with the office's own rules of retention."""
    rules = office.environ["KARGUZAR_RETENTION_FILE"]
    ended = karguzar(office.conninfo, KEY, folder, *arguments, KARGUZAR_RETENTION_FILE=rules)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
