"""A case file is taken out, checked in an empty folder by a stranger, and attacked."""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from api.case_file import wait_for_checkpoint
from application.desk import Desk
from domain import appeal, assignment, destruction, finding, media_inquiry, reception
from domain.kinds import KINDS
from domain.merkle import leaf_hash
from domain.personal_fields import WITHHELD, Field, withheld
from infra.case_file_verifier import RESULTS, verify
from infra.case_proofs import newest_size
from infra.leaves import entries
from infra.log_proof import Outside
from infra.typesetting.letters import FAMILIES, WEIGHTS, letters_of
from projections.case_document import LANGUAGES, case_document, headings, told_history
from projections.runner import LogReader
from tests.attacks import Attack
from tests.attacks.on_case_files import (
    ATTACKS,
    note_signed_anew,
    sentence_told_otherwise,
    unsealed,
)
from tests.case_files import (
    ANSWER,
    NAMES,
    SCAN,
    TAKEN,
    VERIFIER,
    Office,
    attach,
    files_in,
    office,
    zipped_again,
)
from tests.desks import migrated_database, new_desk
from tests.infra.proofs import ORIGIN

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def kept(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with migrated_database(postgres) as conninfo:
        desk = new_desk(conninfo)
        with office(conninfo, desk, tmp_path_factory.mktemp("outside")) as found:
            yield found
        desk.close()


@pytest.fixture(scope="module")
def taken(kept: Office) -> bytes:
    return kept.taken()


@pytest.fixture(scope="module")
def key(kept: Office) -> str:
    return str(kept.proven.signer.verifier)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the verifier as a stranger would: alone, in an empty folder, isolated."""

    def run(content: bytes | Path, *words: str) -> tuple[int, dict[str, Any]]:
        path = content if isinstance(content, Path) else tmp_path / "case.zip"
        if isinstance(content, bytes):
            path.write_bytes(content)
        script = tmp_path / "verify.py"
        script.write_bytes(VERIFIER.read_bytes())
        done = subprocess.run(
            [sys.executable, "-I", str(script), str(path), "--json", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)

    return run


def test_a_case_file_is_sound_to_a_stranger_with_the_registers_key(
    taken: bytes, key: str, check: Check
) -> None:
    status, said = check(taken, "--key", key)
    assert (status, said["result"], said["findings"]) == (0, "sound", [])
    assert said["events"] == said["covered"] == 12
    assert "the key that you gave" in said["proves"][0]
    assert any("later" in sentence for sentence in said["proves_not"])


def test_with_the_key_in_the_file_it_says_that_this_proves_less(taken: bytes, check: Check) -> None:
    status, said = check(taken)
    assert (status, said["findings"]) == (2, [])
    assert "the key in the file itself" in said["proves"][0]
    assert "karguzar checkpoint-key" in said["unchecked"][0]


def test_without_the_registers_key_no_forgery_is_called_sound(
    taken: bytes, key: str, check: Check
) -> None:
    files = files_in(taken)
    note_signed_anew(files)
    assert check(zipped_again(files))[0] == 2
    assert check(zipped_again(files), "--key", key)[0] == 1


def test_what_proves_nothing_says_nothing_of_sound(taken: bytes, key: str, tmp_path: Path) -> None:
    files = files_in(taken)
    unsealed(sentence_told_otherwise)(files)
    path = tmp_path / "case.zip"
    path.write_bytes(zipped_again(files))
    for given, status in ((None, 2), (key, 1)):
        verdict = verify(path, given)
        assert (verdict.status, verdict.covered, verdict.proves) == (status, 0, [])
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("NOT ALL COULD BE CHECKED.\n")
    assert "ound" not in done.stdout.partition("Not:")[0]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda content: b"%PDF-1.4 another" + content,
        lambda content: content + b"another",
        lambda content: content[:-2] + b"\x07\x00another",
    ],
    ids=["before", "behind", "as-a-comment"],
)
def test_bytes_around_the_zip_are_found(
    taken: bytes, key: str, tmp_path: Path, wrapped: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "case.zip"
    path.write_bytes(wrapped(taken))
    verdict = verify(path, key)
    assert [each.kind for each in verdict.findings] == ["bytes-added"]
    assert verdict.status == 1


def test_it_is_checked_unpacked_as_well(
    taken: bytes, key: str, check: Check, tmp_path: Path
) -> None:
    folder = tmp_path / "unpacked"
    for name, content in files_in(taken).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert check(folder, "--key", key)[0] == 0
    (folder / "proofs" / "new.txt").write_text("new")
    assert check(folder, "--key", key)[1]["findings"][0]["kind"] == "file-added"


def test_the_verifier_in_the_file_is_the_one_in_the_repository(taken: bytes) -> None:
    assert files_in(taken)["verify.py"] == VERIFIER.read_bytes()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_was_done_to_the_case_file_is_named(
    taken: bytes, key: str, tmp_path: Path, attack: Attack
) -> None:
    files = files_in(taken)
    attack.act(files)
    path = tmp_path / "case.zip"
    path.write_bytes(zipped_again(files))
    verdict = verify(path, key)
    assert RESULTS[verdict.status] == attack.result
    kinds = {finding.kind for finding in verdict.findings}
    assert (attack.finds in kinds) if attack.finds else not kinds


@pytest.mark.parametrize("words", [("--key", "nobody"), ("--key", "a+b+c")])
def test_a_key_that_is_none_could_not_be_used(taken: bytes, check: Check, words: Any) -> None:
    status, said = check(taken, *words)
    assert status == 2
    assert "looks like" in said["unchecked"][0]


def test_what_is_no_case_file_could_not_be_checked(check: Check, tmp_path: Path) -> None:
    assert check(b"no zip")[0] == 2
    assert check(zipped_again({"a.txt": b""}))[0] == 2
    assert check(tmp_path / "nowhere")[0] == 2


def test_nonsense_in_it_is_a_finding_and_no_crash(taken: bytes, key: str, tmp_path: Path) -> None:
    files = files_in(taken)
    for name in ("manifest.json", "events.json", "history.json", "proofs/inclusion.json"):
        for content in (b"", b"[]", b'{"entries": 3}', b"\xff"):
            path = tmp_path / "case.zip"
            path.write_bytes(zipped_again({**files, name: content}))
            assert verify(path, key).status == 1, (name, content)


def test_the_same_case_gives_the_same_bytes(kept: Office, taken: bytes) -> None:
    assert kept.taken() == taken
    assert kept.taken("ka") != taken


def test_the_stored_bytes_are_those_whose_leaves_are_in_the_tree(
    kept: Office, taken: bytes
) -> None:
    files = files_in(taken)
    rows = json.loads(files["events.json"])
    proofs = json.loads(files["proofs/inclusion.json"])["events"]
    with psycopg.connect(kept.proven.database) as conn:
        for row, proof in zip(rows, proofs, strict=True):
            (entry,) = entries(conn, row["position"], row["position"])
            assert b64decode(proof["leaf_hash"]) == leaf_hash(entry)
            assert b64decode(row["state"]) in entry


def test_manifest_names_who_took_it_and_what_is_left_out(taken: bytes) -> None:
    files = files_in(taken)
    manifest = json.loads(files["manifest.json"])
    assert manifest["taken"]["by"] == "aliyev"
    assert manifest["taken"]["reason"] == "Məhkəmənin sorğusu"
    assert {each["what"] for each in manifest["left_out"]} == {"other-cases", "accesses"}
    assert {each["name"] for each in manifest["files"]} == files.keys() - {
        "manifest.json",
        "manifest.note",
    }
    (attachment,) = manifest["attachments"]
    assert files[attachment["name"]] == SCAN
    assert attachment["name"] == "attachments/01-Ərizə___17__skan.pdf"


def test_without_a_signing_key_it_is_said_plainly(kept: Office, check: Check) -> None:
    content = kept.taken(signed=False)
    manifest = json.loads(files_in(content)["manifest.json"])
    assert manifest["proof"]["signed"] is False
    assert "no-proofs" in {each["what"] for each in manifest["left_out"]}
    assert not [name for name in files_in(content) if name.startswith("proofs/")]
    status, said = check(content)
    assert (status, said["findings"]) == (2, [])
    assert "has no checkpoint" in said["unchecked"][0]


class TestEventsBehindTheCheckpoint:
    @pytest.fixture
    def newer(self, database: str, desk: Desk, tmp_path: Path) -> Iterator[Office]:
        with office(database, desk, tmp_path / "outside") as found:
            attach(found, "../../etc/passwd", b"no path leads out")
            yield found

    def test_are_named_and_not_called_proved(self, newer: Office, check: Check) -> None:
        content = newer.taken()
        manifest = json.loads(files_in(content)["manifest.json"])
        assert manifest["proof"]["uncovered"] == [13]
        status, said = check(content, "--key", str(newer.proven.signer.verifier))
        assert (status, said["covered"], said["events"]) == (2, 12, 13)
        newer.proven.hash_and_sign()
        assert check(newer.taken(), "--key", str(newer.proven.signer.verifier))[0] == 0

    def test_are_signed_at_once_where_the_key_is_as_soon_as_they_are_in_the_tree(
        self, newer: Office, check: Check
    ) -> None:
        register, log = newer.proven, newer.desk.log
        rows = log.cases_between(newer.case, newer.case, log.max_notification_id() or 0)
        outside = Outside(ORIGIN, register.signer, None)
        with psycopg.connect(register.database, autocommit=True) as conn:
            wait_for_checkpoint(conn, outside, rows, 0)
            assert newest_size(conn, ORIGIN) < rows[-1].position
            register.tree.grow()
            wait_for_checkpoint(conn, Outside(ORIGIN, None, None), rows, 0)
            assert newest_size(conn, ORIGIN) < rows[-1].position
            wait_for_checkpoint(conn, outside, rows, 0)
            assert newest_size(conn, ORIGIN) == rows[-1].position
        content = newer.taken()
        assert json.loads(files_in(content)["manifest.json"])["proof"]["uncovered"] == []
        assert check(content, "--key", str(register.signer.verifier))[0] == 0

    def test_nothing_is_signed_of_a_log_that_differs(self, newer: Office) -> None:
        log = newer.desk.log
        rows = log.cases_between(newer.case, newer.case, log.max_notification_id() or 0)
        newer.proven.tree.grow()
        with psycopg.connect(newer.proven.database, autocommit=True) as conn:
            before = newest_size(conn, ORIGIN)
            conn.execute(
                "INSERT INTO karguzar.stopped_consumers (name, position, error) "
                "VALUES ('log-tree', 1, 'LogDiffers')"
            )
            wait_for_checkpoint(conn, Outside(ORIGIN, newer.proven.signer, None), rows, 0)
            assert newest_size(conn, ORIGIN) == before

    def test_and_names_of_documents_lead_nowhere(self, newer: Office) -> None:
        names = [name for name in files_in(newer.taken()) if "passwd" in name]
        assert names == ["attachments/02-passwd.pdf"]

    def test_a_document_whose_bytes_are_gone_is_left_out_and_said_so(
        self, newer: Office, check: Check
    ) -> None:
        with psycopg.connect(newer.proven.database) as conn:
            conn.execute("DELETE FROM karguzar.documents WHERE sha256 = %s", (_digest(SCAN),))
        newer.proven.hash_and_sign()
        content = newer.taken()
        left_out = json.loads(files_in(content)["manifest.json"])["left_out"]
        assert left_out[0]["sha256"] == _digest(SCAN)
        status, said = check(content, "--key", str(newer.proven.signer.verifier))
        assert status == 0
        assert any("left out" in sentence for sentence in said["proves_not"])


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_is_made_in_every_language(kept: Office, language: str) -> None:
    files = files_in(kept.taken(language))
    assert files["case.pdf"].startswith(b"%PDF-")
    words = headings(language)
    assert words.parts["proof"] in " ".join(words.parts.values())
    picture = files["timeline.svg"].decode()
    assert words.lanes["signature"] in picture
    assert words.readme["check"] in files["README.txt"].decode()
    told = json.loads(files["history.json"])
    assert told["language"] == language
    reply = next(e for e in told["entries"] if e["event"] == "reply-revised")
    assert reply["details"]["text"] == ANSWER


def test_what_the_citizen_wrote_is_in_it_for_whoever_may_read_it(kept: Office) -> None:
    log = kept.desk.log
    rows = log.cases_between(kept.case, kept.case, log.max_notification_id() or 0)
    reader = LogReader(log, kept.desk.event_mapper, kept.desk.keys)
    events = kept.desk.event_mapper.read_all(rows, reader.keys_of)
    begun = events[0].event
    assert isinstance(begun, appeal.AppealRegistered)
    begun = replace(begun, text="Pensiyam 3 aydır gəlmir.")
    events[0] = replace(events[0], event=begun)

    def set_with(*fields: Field) -> tuple[str | None, str | None]:
        seen = [withheld(each, frozenset(fields)) for each in events]
        told = told_history(seen, "en", NAMES, {})
        document = case_document(seen, [], [], "en", NAMES, TAKEN.at, told)
        return document.subject, document.text

    assert set_with(*Field) == (begun.subject, begun.text)
    assert set_with(Field.IDENTITY) == (WITHHELD, WITHHELD)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_a_language_is_in_the_fonts(language: str) -> None:
    folders = ("headings", "sentences", "workings")
    files = [
        Path(__file__).parents[2] / "projections" / folder / f"{language}.toml"
        for folder in folders
    ]
    letters = {
        letter for file in files if file.exists() for letter in file.read_text() if letter > " "
    }
    for weight in WEIGHTS:
        missing = letters - {letter for family in FAMILIES for letter in letters_of(family, weight)}
        assert not missing, weight


def test_headings_have_the_same_places_in_every_language() -> None:
    english = headings("en")
    for language in LANGUAGES:
        words = headings(language)
        for part in ("parts", "fields", "lanes", "history", "reply", "deadlines", "attachments"):
            assert getattr(words, part).keys() == getattr(english, part).keys(), (language, part)
        for part in ("proof", "taken", "left_out", "readme", "kinds", "states"):
            assert getattr(words, part).keys() == getattr(english, part).keys(), (language, part)
        assert "{page}" in words.page
        assert "{pages}" in words.page


def test_every_kind_and_stage_has_a_word() -> None:
    stages = {
        *appeal.Stage,
        *media_inquiry.Stage,
        *assignment.Stage,
        *reception.ReceptionStage,
        *finding.Stage,
        *destruction.Stage,
    }
    for language in LANGUAGES:
        words = headings(language)
        assert set(KINDS) <= words.kinds.keys(), language
        assert stages <= words.states.keys(), language
