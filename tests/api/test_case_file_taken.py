"""A case file is taken out over HTTP and from the command line, and both are on record."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from infra.case_file_verifier import verify
from tests.api.bodies import appeal, begun, done, refused
from tests.api.serving import PEOPLE, PROGRAM, ROOT, Server, served, wait_until
from tests.desks import migrated_database
from tests.test_borders import imported

SECONDS = 30
PAPER = b"%PDF-1.4 paper"
DIGEST = sha256(PAPER).hexdigest()


@pytest.fixture(scope="module")
def signing(postgres: str, server_dir: Path) -> Iterator[Server]:
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "case-files",
            conninfo,
            checkpoint_seconds="1",
            log_origin="register.agency.example",
            wait_seconds="10",
        ) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def case(signing: Server) -> str:
    registrar = signing.client(signing.token(PEOPLE["registrar"]))
    found = begun(registrar, "appeals", appeal())
    stored = registrar.put(
        f"/api/v1/cases/{found}/documents/{DIGEST}",
        content=PAPER,
        headers={"Content-Type": "application/pdf"},
    )
    assert stored.status_code == 204
    document = {
        "name": "Ərizə.pdf",
        "media_type": "application/pdf",
        "size": len(PAPER),
        "sha256": DIGEST,
    }
    done(registrar, f"appeals/{found}/attach-document", {"document": document})
    return found


def client_of(server: Server, name: str) -> Any:
    return server.client(server.token(PEOPLE[name]))


def taken(
    server: Server, name: str, case: str, reason: str = "Məhkəmənin sorğusu", **query: str
) -> Any:
    return client_of(server, name).get(
        f"/api/v1/cases/{case}/file", params=query, headers={"Access-Reason": quote(reason)}
    )


def accesses(server: Server, case: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.conninfo) as conn:
        return conn.execute(
            "SELECT official, unit, client, reason FROM karguzar.accesses "
            "WHERE action = 'export-taken' AND cases = ARRAY[%s::uuid] ORDER BY id",
            (case,),
        ).fetchall()


@pytest.fixture(scope="module")
def key(signing: Server) -> str:
    return karguzar(signing, "checkpoint-key").stdout.strip()


def karguzar(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words],
        env={**server.environ, "PATH": "/usr/bin:/bin", "LOGNAME": "Root User"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_auditor_takes_a_case_out_and_it_is_proved_and_on_record(
    signing: Server, case: str, key: str, tmp_path: Path
) -> None:
    before = len(accesses(signing, case))
    answer = taken(signing, "auditor", case, language="en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'attachment; filename="case-{case}.zip"' == answer.headers["content-disposition"]
    path = tmp_path / "case.zip"
    path.write_bytes(answer.content)
    verdict = verify(path, key)
    assert (verdict.status, verdict.covered) == (0, 2)
    assert accesses(signing, case)[before:] == [
        ("auditor", "agency", "tests", "Məhkəmənin sorğusu")
    ]
    with zipfile.ZipFile(path) as archive:
        assert archive.read("attachments/01-Ərizə.pdf") == PAPER
        manifest = json.loads(archive.read("manifest.json"))
        history = json.loads(archive.read("history.json"))
    assert manifest["taken"]["by"] == "auditor"
    person = history["entries"][0]["details"]["applicant"]["person"]
    assert person["surname"] == "Həsənov"
    assert "+994501234567" not in json.dumps(history)
    assert "fields-withheld" in {each["what"] for each in manifest["left_out"]}


def test_whoever_needs_contact_details_has_them_in_it(signing: Server, case: str) -> None:
    content = taken(signing, "registrar", case).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "+994501234567" in archive.read("history.json").decode()
        manifest = json.loads(archive.read("manifest.json"))
    assert "fields-withheld" not in {each["what"] for each in manifest["left_out"]}


def test_whoever_sees_no_documents_gets_none(
    signing: Server, case: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(taken(signing, "leader", case).content)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if name.startswith("attachments/")]
        assert "Ərizə.pdf" not in archive.read("history.json").decode()
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["left_out"][0]["what"] == "document-withheld"
    assert verify(path, key).status == 0


@pytest.mark.parametrize("name", ["analyst", "administrator", "ganja"])
def test_whoever_does_not_see_the_case_takes_nothing(signing: Server, case: str, name: str) -> None:
    before = len(accesses(signing, case))
    refused(taken(signing, name, case), 404, "no-such-case")
    assert len(accesses(signing, case)) == before


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ({"reason": ""}, 422, "access-reason-missing"),
        ({"reason": "      "}, 422, "access-reason-missing"),
        ({"reason": "x" * 501}, 422, "access-reason-missing"),
        ({"reason": "bir\0iki"}, 422, "access-reason-missing"),
        ({"language": "fr"}, 422, "not-valid"),
        ({"colour": "red"}, 400, "unknown-parameter"),
    ],
)
def test_bad_input_is_a_problem(
    signing: Server, case: str, query: dict[str, str], status: int, problem: str
) -> None:
    refused(taken(signing, "auditor", case, **query), status, problem)


def test_without_a_reason_nothing_is_taken(signing: Server, case: str) -> None:
    auditor = client_of(signing, "auditor")
    before = len(accesses(signing, case))
    address = f"/api/v1/cases/{case}/file"
    refused(auditor.get(address), 422, "access-reason-missing")
    refused(auditor.get(address, params={"reason": "Yoxlama"}), 400, "unknown-parameter")
    assert len(accesses(signing, case)) == before


def test_a_reason_in_any_letters_is_kept_and_the_file_made(signing: Server, case: str) -> None:
    reason = "裁判所の照会 😀 #panic(1)"
    assert taken(signing, "auditor", case, reason).content.startswith(b"PK")
    assert accesses(signing, case)[-1][-1] == reason


def test_the_command_line_writes_the_same_file_and_is_on_record(
    signing: Server, case: str, key: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.zip"
    words = ("export", "case", case, "--out", str(out), "--reason", "Yoxlama", "--json")
    said = karguzar(signing, *words)
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["sha256"] == sha256(out.read_bytes()).hexdigest()
    assert (answer["events"], answer["proved"]) == (2, 2)
    assert accesses(signing, case)[-1] == ("root-user", "server", "command-line", "Yoxlama")
    checked = subprocess.run(
        [sys.executable, "-I", "verify.py", str(out), "--key", key],
        cwd=_unpacked(out, tmp_path / "there"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0
    assert checked.stdout.startswith("SOUND.")
    unsaid = karguzar(signing, "export", "case", case, "--reason", "     ")
    assert unsaid.returncode == 2
    assert "takes 5 to 500" in " ".join(unsaid.stderr.split())
    again = karguzar(signing, *words)
    assert again.returncode == 2
    assert "name another file" in " ".join(again.stderr.split())


def _unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extract("verify.py", folder)
    return folder


def test_the_command_line_knows_no_other_case(signing: Server, tmp_path: Path) -> None:
    nowhere = "00000000-0000-4000-8000-000000000001"
    said = karguzar(signing, "export", "case", nowhere, "--reason", "Yoxlama")
    assert said.returncode == 1
    assert not list(tmp_path.iterdir())


def test_the_verifier_needs_the_standard_library_and_cryptography_alone() -> None:
    packages = {name.partition(".")[0] for name in imported(ROOT / "infra/case_file_verifier.py")}
    assert packages - set(sys.stdlib_module_names) == {"cryptography"}


def test_ready_shows_how_far_the_log_is_proved_and_what_stands_still(
    signing: Server, case: str
) -> None:
    assert case
    wait_until(lambda: _proof(signing)["signed"] == signing.log_position(), SECONDS, "signed")
    assert _proof(signing)["hashed"] == signing.log_position()
    assert signing.public.get("/ready").json()["stopped_rounds"] == []
    with psycopg.connect(signing.conninfo, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO karguzar.stopped_consumers (name, position, error) "
            "VALUES ('log-tree', 1, 'LogDiffers')"
        )
    answer = signing.public.get("/ready")
    assert answer.status_code == 200
    (stopped,) = answer.json()["stopped_rounds"]
    assert (stopped["name"], stopped["error"]) == ("log-tree", "LogDiffers")
    assert 'karguzar_round_stopped{round="log-tree"} 1.0' in signing.public.get("/metrics").text


def _proof(server: Server) -> dict[str, Any]:
    proof: dict[str, Any] = server.public.get("/ready").json()["proof"]
    return proof
