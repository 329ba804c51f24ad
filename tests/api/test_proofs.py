"""An auditor fetches checkpoints and proofs over HTTP, and checks the log from the command line."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.merkle import consistent, includes
from infra.leaves import entries
from infra.notes import Checkpoint, Verifier, open_note
from tests.api.bodies import appeal, begun, read, refused
from tests.api.conftest import As
from tests.api.serving import PEOPLE, PROGRAM, ROOT, Server, served, wait_until
from tests.desks import migrated_database

SECONDS = 30


@pytest.fixture(scope="module")
def signing(postgres: str, server_dir: Path) -> Iterator[Server]:
    """A server that signs every second."""
    with (
        migrated_database(postgres) as conninfo,
        served(
            server_dir / "signing",
            conninfo,
            checkpoint_seconds="1",
            log_origin="register.agency.example",
        ) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def auditor(signing: Server) -> Any:
    client = signing.client(signing.token(PEOPLE["auditor"]))
    refused(client.get("/api/v1/proofs/checkpoint"), 404, "no-checkpoint")
    refused(client.get("/api/v1/proofs/inclusion?position=1"), 404, "no-checkpoint")
    registrar = signing.client(signing.token(PEOPLE["registrar"]))
    for _ in range(5):
        begun(registrar, "appeals", appeal())
    position = signing.log_position()
    wait_until(lambda: newest(signing, client).size >= position, SECONDS, "a checkpoint")
    return client


def verifier_of(server: Server) -> Verifier:
    printed = karguzar(server, "checkpoint-key").stdout.strip()
    return Verifier.parse(printed)


def karguzar(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words],
        env={**server.environ, "PATH": "/usr/bin:/bin"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def newest(server: Server, client: Any) -> Checkpoint:
    answer = client.get("/api/v1/proofs/checkpoint")
    if answer.status_code == 404:
        return Checkpoint("", 0, b"")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    (key,) = Path(server.environ["KARGUZAR_DATA_DIR"]).glob("signing.key")
    assert key.stat().st_mode & 0o077 == 0
    return open_note(answer.text, [verifier_of(server)])


def unpacked(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(hash_, validate=True) for hash_ in hashes]


def test_an_event_is_proved_to_be_under_the_signed_root(signing: Server, auditor: Any) -> None:
    signed = newest(signing, auditor)
    assert signed.origin == "register.agency.example"
    with psycopg.connect(signing.conninfo) as conn:
        (entry,) = entries(conn, 3, 3)
    proof = read(auditor, "proofs/inclusion", position=3)
    assert (proof["leaf_index"], proof["size"]) == (2, signed.size)
    (leaf,) = unpacked([proof["leaf_hash"]])
    assert includes(signed.root, signed.size, 2, leaf, unpacked(proof["proof"]))
    assert entry  # the bytes that the leaf is the hash of; see infra/leaves.py
    small = read(auditor, "proofs/inclusion", position=3, size=3)
    (root,) = unpacked([small["root"]])
    assert includes(root, 3, 2, leaf, unpacked(small["proof"]))


def test_the_log_is_proved_to_continue_an_older_one(signing: Server, auditor: Any) -> None:
    signed = newest(signing, auditor)
    proof = read(auditor, "proofs/consistency", **{"from": 3, "to": signed.size})
    old, new = unpacked([proof["from_root"], proof["to_root"]])
    assert new == signed.root
    assert consistent(old, 3, new, signed.size, unpacked(proof["proof"]))


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ("inclusion?position=1000000", 422, "outside-tree"),
        ("inclusion?position=1&size=1000000", 422, "outside-tree"),
        ("inclusion?position=3&size=2", 422, "outside-tree"),
        ("inclusion?position=0", 422, "not-valid"),
        ("inclusion?position=99999999999999999999", 422, "not-valid"),
        ("inclusion", 422, "not-valid"),
        ("inclusion?position=1&leaf=2", 400, "unknown-parameter"),
        ("consistency?from=3&to=2", 422, "outside-tree"),
        ("consistency?from=3&to=1000000", 422, "outside-tree"),
        ("consistency?from=3", 422, "not-valid"),
    ],
)
def test_what_cannot_be_proved_is_a_problem(
    auditor: Any, query: str, status: int, problem: str
) -> None:
    refused(auditor.get(f"/api/v1/proofs/{query}"), status, problem)


@pytest.mark.parametrize("path", ["checkpoint", "inclusion?position=1", "consistency?from=1&to=1"])
def test_auditors_controllers_and_leaders_ask_for_proofs_and_nobody_else(
    as_: As, server: Server, path: str
) -> None:
    address = f"/api/v1/proofs/{path}"
    may = {"auditor", "controller", "leader"}
    for name in PEOPLE:
        answer = as_(name).get(address)
        if name in may:
            assert answer.status_code in {200, 404, 422}, name
        else:
            refused(answer, 403, "forbidden")
    refused(server.public.get(address), 401, "token-refused")


def test_verify_says_sound_then_who_was_touched_and_the_server_stops(
    signing: Server, auditor: Any
) -> None:
    assert newest(signing, auditor).size >= 5
    sound = karguzar(signing, "verify", "--json")
    assert (sound.returncode, json.loads(sound.stdout)["result"]) == (0, "sound")
    told = karguzar(signing, "verify")
    assert "Sound." in told.stdout
    key = str(verifier_of(signing))
    elsewhere = Path(signing.environ["KARGUZAR_DATA_DIR"]).parent / "elsewhere"
    elsewhere.mkdir()
    unchecked = karguzar(signing, "verify", "--checkpoints", str(elsewhere), "--key", key)
    assert unchecked.returncode == 2
    assert "No good checkpoint outside the database" in " ".join(unchecked.stdout.split())
    with psycopg.connect(signing.conninfo, autocommit=True) as conn:
        conn.execute("ALTER TABLE karguzar.register_events DISABLE TRIGGER append_only")
        conn.execute(
            "UPDATE karguzar.register_events SET topic = 'forged' WHERE notification_id = "
            "(SELECT max(notification_id) FROM karguzar.register_events)"
        )
    found = karguzar(signing, "verify", "--json")
    assert found.returncode == 1
    first = json.loads(found.stdout)["findings"][0]
    assert (first["kind"], first["position"]) == ("event-altered", signing.log_position())
    with psycopg.connect(signing.conninfo, autocommit=True) as conn:
        wait_until(
            lambda: (
                conn.execute(
                    "SELECT name, error FROM karguzar.stopped_consumers WHERE name = 'log-tree'"
                ).fetchone()
                == ("log-tree", "LogDiffers")
            ),
            SECONDS,
            "the stop is shown",
        )


def test_a_wrong_key_or_directory_is_said(signing: Server) -> None:
    wrong = karguzar(signing, "verify", "--key", "nobody")
    assert wrong.returncode == 2
    assert "A verifier key looks like" in " ".join(wrong.stderr.split())
    assert karguzar(signing, "verify", "--checkpoints", "/nowhere").returncode == 2
