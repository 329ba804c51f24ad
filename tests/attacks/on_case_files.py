"""Attacks on a case file that was taken out, and what verify.py says to them.

The key that is given to verify.py is the register's.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.notes import Signer, read_checkpoint
from tests.attacks import BEARER, REGISTER, Attack
from tests.infra.proofs import ORIGIN

Files = dict[str, bytes]
Edit = Callable[[Any], object]
MANIFEST, SEAL = "manifest.json", "manifest.note"
OF_REGISTER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ANOTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def edited(files: Files, name: str, edit: Edit) -> None:
    content = json.loads(files[name])
    edit(content)
    files[name] = json.dumps(content, ensure_ascii=False).encode()


def listed_anew(files: Files) -> None:
    """The manifest as it would be of the files as they are now."""

    def edit(manifest: dict[str, Any]) -> None:
        manifest["files"] = [
            {"name": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(files.items())
            if name not in {MANIFEST, SEAL}
        ]

    edited(files, MANIFEST, edit)


def signed_anew(files: Files, key: Ed25519PrivateKey) -> None:
    digest = sha256(files[MANIFEST]).hexdigest()
    files[SEAL] = Signer(ORIGIN, key).note(f"{ORIGIN}/case-files\n{digest}\n").encode()


def tidied(act: Callable[[Files], object]) -> Callable[[Files], None]:
    """What is done, and the manifest rewritten to fit."""

    def done(files: Files) -> None:
        act(files)
        listed_anew(files)

    return done


def unsealed(act: Callable[[Files], object]) -> Callable[[Files], None]:
    """The same, and every signature taken out, as if the register signed nothing."""

    def done(files: Files) -> None:
        act(files)
        for name in [SEAL, *(name for name in files if name.startswith("proofs/"))]:
            del files[name]
        listed_anew(files)
        edited(files, MANIFEST, lambda manifest: manifest["proof"].update(signed=False))

    return done


def with_the_registers_key(act: Callable[[Files], object]) -> Callable[[Files], None]:
    def done(files: Files) -> None:
        act(files)
        listed_anew(files)
        signed_anew(files, OF_REGISTER)

    return done


def attachment_swapped(files: Files) -> None:
    (name,) = [name for name in files if name.startswith("attachments/")]
    files[name] = b"%PDF-1.4 another"


def attachment_removed(files: Files) -> None:
    (name,) = [name for name in files if name.startswith("attachments/")]
    del files[name]
    edited(files, MANIFEST, lambda manifest: manifest.update(attachments=[]))


def event_removed(files: Files) -> None:
    """Event 5, from bytes and history, the rest renumbered and the manifest told so."""

    def renumbered(rows: list[dict[str, Any]]) -> None:
        del rows[4]
        for version, row in enumerate(rows, start=1):
            row["version"] = version

    edited(files, "events.json", renumbered)
    edited(files, "history.json", lambda history: renumbered(history["entries"]))
    edited(files, MANIFEST, lambda manifest: manifest.update(version=manifest["version"] - 1))


def last_events_cut_off(files: Files) -> None:
    def cut(rows: list[Any]) -> None:
        del rows[-2:]

    edited(files, "events.json", cut)
    edited(files, "history.json", lambda history: cut(history["entries"]))
    edited(files, MANIFEST, lambda manifest: manifest.update(version=manifest["version"] - 2))


def history_told_otherwise(files: Files) -> None:
    edited(files, "history.json", lambda h: h["entries"][2]["who"].update(id="mammadov"))


def detail_told_otherwise(files: Files) -> None:
    edited(files, "history.json", lambda h: h["entries"][2]["details"].update(unit="press"))


def sentence_told_otherwise(files: Files) -> None:
    edited(files, "history.json", lambda h: h["entries"][0].update(sentence="Başqa"))


def reply_told_otherwise(files: Files) -> None:
    def edit(history: dict[str, Any]) -> None:
        (reply,) = [e for e in history["entries"] if e["event"] == "reply-revised"]
        reply["details"]["text"] += " Bağışlayın."

    edited(files, "history.json", edit)


def stored_event_edited(files: Files) -> None:
    def edit(rows: list[dict[str, Any]]) -> None:
        state = b64decode(rows[2]["state"]).replace(b'"pensions"', b'"press"')
        rows[2]["state"] = b64encode(state).decode()

    edited(files, "events.json", edit)
    detail_told_otherwise(files)


def signature_moved(files: Files) -> None:
    """The signature is put on the text that was sent back, in the stored bytes too."""

    def edit(rows: list[dict[str, Any]]) -> None:
        states = [json.loads(b64decode(row["state"])) for row in rows]
        drafted, signed = (
            next(i for i, row in enumerate(rows) if row["topic"] == topic)
            for topic in ("reply-drafted", "reply-signed")
        )
        states[signed]["data"]["digest"] = states[drafted]["data"]["digest"]
        rows[signed]["state"] = b64encode(json.dumps(states[signed]).encode()).decode()

    edited(files, "events.json", edit)


def note_signed_anew(files: Files) -> None:
    checkpoint = read_checkpoint(files["proofs/checkpoint.note"].decode())
    another = Signer(ORIGIN, ANOTHER)
    files["proofs/checkpoint.note"] = another.sign(checkpoint).encode()
    files["proofs/key.txt"] = f"{another.verifier}\n".encode()
    listed_anew(files)
    signed_anew(files, ANOTHER)


def note_edited(files: Files) -> None:
    note = files["proofs/checkpoint.note"].decode()
    size = note.splitlines()[1]
    files["proofs/checkpoint.note"] = note.replace(f"\n{size}\n", "\n15\n", 1).encode()


def proof_dropped(files: Files) -> None:
    edited(files, "proofs/inclusion.json", lambda proof: proof["events"].pop(4))


def consistency_edited(files: Files) -> None:
    """As if the log had been another when the file was made."""

    def edit(proof: dict[str, Any]) -> None:
        proof["from_root"] = b64encode(bytes(32)).decode()

    edited(files, "proofs/consistency.json", edit)


def document_added(files: Files) -> None:
    files["attachments/99-added.pdf"] = b"%PDF-1.4 added"


def told_as_another(files: Files) -> None:
    edited(files, "history.json", _renamed)


def _renamed(history: dict[str, Any]) -> None:
    history["entries"][0]["details"]["applicant"]["person"]["surname"] = "Başqa"


def _attack(
    name: str, done: str, act: Callable[[Files], object], finds: str, **rest: Any
) -> Attack:
    return Attack(name=name, done=done, act=act, finds=finds, **{"who": BEARER, **rest})


def _attacks() -> Iterator[Attack]:
    alone = {
        "attachment swapped": (attachment_swapped, "attachment-altered"),
        "attachment removed": (attachment_removed, "attachment-removed"),
        "event removed from the middle": (event_removed, "event-altered"),
        "last events cut off": (last_events_cut_off, "manifest-altered"),
        "history told otherwise: who": (history_told_otherwise, "history-altered"),
        "history told otherwise: a field": (detail_told_otherwise, "history-altered"),
        "history told otherwise: a sentence": (sentence_told_otherwise, "manifest-altered"),
        "reply's text told otherwise": (reply_told_otherwise, "reply-altered"),
        "event's stored bytes and its history edited": (stored_event_edited, "event-altered"),
        "signature put on another text": (signature_moved, "signature-on-another-text"),
        "checkpoint edited": (note_edited, "signed-by-another-key"),
        "proof of an event dropped": (proof_dropped, "event-altered"),
        "proof of continuation edited": (consistency_edited, "not-continued"),
        "document added": (document_added, "manifest-altered"),
    }
    for done, (act, finds) in alone.items():
        name = done.replace(":", "").replace("'", "").replace(" ", "-")
        yield _attack(
            name, f"{done.capitalize()}, the manifest rewritten to fit", tidied(act), finds
        )
    yield _attack("file-altered", "A file altered, and nothing else", _pdf_altered, "file-altered")
    yield _attack("file-removed", "A file removed, and nothing else", _pdf_removed, "file-removed")
    yield _attack("file-added", "A file added, and nothing else", document_added, "file-added")
    yield _attack(
        "seal-removed", "The signature on the manifest removed", _unsealed, "seal-removed"
    )
    yield _attack(
        "manifest-rewritten",
        "The manifest rewritten: another reason and taker",
        _taker_edited,
        "manifest-altered",
    )
    yield _attack(
        "signed-with-another-key",
        "Checkpoint and manifest signed anew with another key, which is put into the file",
        note_signed_anew,
        "signed-by-another-key",
    )
    yield _attack(
        "event-edited-unsigned",
        "An event's who edited in the history, and all signatures taken out",
        unsealed(history_told_otherwise),
        "history-altered",
    )
    yield _attack(
        "sentence-unsigned",
        "A sentence of the history edited, and all signatures taken out",
        unsealed(sentence_told_otherwise),
        "seal-removed",
    )
    yield Attack(
        name="personal-text-by-the-register",
        done="The applicant's name told otherwise, and the file signed with the register's key",
        who=REGISTER,
        act=with_the_registers_key(told_as_another),
        result="sound",
        why=(
            "In the log the name is ciphertext: for what it reads as, there is the register's word "
            "alone. verify.py says so each time."
        ),
    )


def _pdf_altered(files: Files) -> None:
    files["case.pdf"] += b"\n"


def _pdf_removed(files: Files) -> None:
    del files["case.pdf"]


def _unsealed(files: Files) -> None:
    del files[SEAL]


def _taker_edited(files: Files) -> None:
    edited(files, MANIFEST, lambda manifest: manifest["taken"].update(by="nobody"))


ATTACKS = [*_attacks()]
