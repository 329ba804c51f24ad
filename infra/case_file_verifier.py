"""Checks a case file that was taken out of a register; nothing else is needed to do so.

    python verify.py case.zip --key "register.agency.gov+0123abcd+BASE64"

It needs Python 3.10 or later and the package cryptography, and goes to no network. CASE is the ZIP
or a folder that it was unpacked into. The key is that of the register, as its `karguzar
checkpoint-key` prints it, or a file with it; take it from the register's owner and not out of the
case file. It ends with 0 if the file is sound, 1 if it was tampered with, 2 if not all could be
checked: without the key whoever forged the file may have signed it as well.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST, SEAL = "manifest.json", "manifest.note"
EVENTS, HISTORY = "events.json", "history.json"
NOTE, INCLUSION = "proofs/checkpoint.note", "proofs/inclusion.json"
CONSISTENCY, KEY = "proofs/consistency.json", "proofs/key.txt"
OF_CASE_FILES = "/case-files"
"""Behind the log's name, where the register signs a case file and not a checkpoint."""
SOUND, TAMPERED, UNCHECKED = 0, 1, 2
RESULTS = {SOUND: "sound", TAMPERED: "tampered", UNCHECKED: "could-not-check"}

_CHUNK = 1 << 20
_HEAD = struct.Struct(">hi16siqi")
_END = struct.Struct("<4s4H2LH")
_SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
_ON_ENVELOPE = {
    "event_id": "id",
    "kind": "kind",
    "at": "at",
    "client": "client",
    "command_id": "command",
    "correlation_id": "thread",
    "cause_id": "cause",
}
_NOT_LATER = (
    "That nothing happened in the case later: the log may have further events behind position"
)
_NOT_PERSONAL = (
    "That names, contact details and other personal texts read as they were entered: in the log "
    "they are ciphertext. For them the word of the register that made the file stands, save where "
    "a digest is in the log (documents, replies)."
)
_WHO = {"who": "by", "unit": "unit", "on_behalf_of": "behalf"}


@dataclass
class Finding:
    """Something that isn't as it was; the sentence never says what an event says."""

    kind: str
    sentence: str


@dataclass
class Verdict:
    """What was found, what was proved, and what cannot be known from the file alone."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    proves: list[str] = field(default_factory=list)
    proves_not: list[str] = field(default_factory=list)
    events: int = 0
    covered: int = 0

    @property
    def status(self) -> int:
        return TAMPERED if self.findings else UNCHECKED if self.unchecked else SOUND

    def found(self, kind: str, sentence: str) -> None:
        self.findings.append(Finding(kind, sentence))


class NoCaseFile(Exception):
    """This can't be read as a case file at all."""


class KeyNotReadable(Exception):
    """A key looks like name+0123abcd+base64: karguzar checkpoint-key prints it."""


class Key:
    """The register's public key, under the name of its log."""

    def __init__(self, text: str) -> None:
        self.name, _, rest = text.strip().partition("+")
        self.id, _, encoded = rest.partition("+")
        raw = _unpacked(encoded)
        named = hashlib.sha256(self.name.encode() + b"\n" + raw).hexdigest()[:8]
        if raw[:1] != b"\x01" or len(raw) != 33 or named != self.id.lower():  # noqa: PLR2004
            raise KeyNotReadable(KeyNotReadable.__doc__)
        self._key = Ed25519PublicKey.from_public_bytes(raw[1:])

    def has_signed(self, note: str) -> str | None:
        """The text of a note that this key has signed; None for any other."""
        text, _, rest = note.rpartition("\n\n")
        text += "\n"
        for line in rest.splitlines():
            parts = _SIGNATURE.fullmatch(line)
            signature = _unpacked(parts[2]) if parts else b""
            if parts and parts[1] == self.name and signature[:4].hex() == self.id.lower():
                try:
                    self._key.verify(signature[4:], text.encode())
                except InvalidSignature:
                    return None
                return text
        return None


class Files:
    """The files of a ZIP, or of the folder it was unpacked into, by their names in it."""

    def __init__(self, path: Path) -> None:
        self._folder = path if path.is_dir() else None
        try:
            self._zip = None if self._folder else zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise NoCaseFile(f"{path} is neither a ZIP nor a folder") from error
        if self._zip:
            self.names = [i.filename for i in self._zip.infolist() if not i.is_dir()]
        else:
            below = sorted(path.rglob("*"))
            self.names = [each.relative_to(path).as_posix() for each in below if each.is_file()]
        if MANIFEST not in self.names:
            raise NoCaseFile(f"There is no {MANIFEST}: this is no case file")
        self.wrapped = self._zip is not None and _wrapped(path, self._zip)

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file; raises ValueError where the ZIP is damaged."""
        try:
            with (
                self._zip.open(name)
                if self._zip
                else (self._folder or Path()).joinpath(name).open("rb") as file
            ):
                while piece := file.read(_CHUNK):
                    yield piece
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise ValueError(f"{name} can't be read") from error

    def digest(self, name: str) -> str:
        found = hashlib.sha256()
        for piece in self.pieces(name):
            found.update(piece)
        return found.hexdigest()

    def text(self, name: str) -> str:
        return b"".join(self.pieces(name)).decode()

    def json(self, name: str) -> Any:
        return json.loads(self.text(name))


def verify(path: Path, key: str | None = None) -> Verdict:
    """Check the case file; *key* is the register's, from elsewhere. Raises NoCaseFile.

    Raises KeyNotReadable for a *key* that is none.
    """
    trusted = Key(key) if key else None
    check = _Check(Files(path), trusted)
    for step in (
        check.files,
        check.seal,
        check.events,
        check.proofs,
        check.history,
        check.attachments,
        check.signatures,
    ):
        check.carried_out(step)
    check.sum_up()
    return check.verdict


class _Check:
    def __init__(self, files: Files, trusted: Key | None) -> None:
        self._files = files
        self._trusted = trusted
        self._manifest: dict[str, Any] = {}
        self._rows: list[dict[str, Any]] = []
        self._states: list[dict[str, Any]] = []
        self._sealed = False
        self.verdict = Verdict()

    def carried_out(self, step: Callable[[], None]) -> None:
        """Do it; what doesn't have the form of a case file is a finding as well."""
        try:
            step()
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error) as error:
            self.verdict.found(
                "unreadable",
                f"The check of {step.__name__} came to something that no case file has "
                f"({type(error).__name__}).",
            )

    def files(self) -> None:
        manifest = self._files.json(MANIFEST)
        if not isinstance(manifest, dict):
            raise TypeError(MANIFEST)
        self._manifest = manifest
        listed = {each["name"]: each for each in self._manifest["files"]}
        names = self._files.names
        if self._files.wrapped:
            self.verdict.found(
                "bytes-added", "The ZIP has bytes before its first file or behind its end."
            )
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.verdict.found("file-added", f"{name} is in the ZIP more than once.")
        for name in sorted(listed.keys() - set(names)):
            self.verdict.found("file-removed", f"{name} is named in {MANIFEST} and is not there.")
        for name in sorted(set(names) - listed.keys() - {MANIFEST, SEAL}):
            self.verdict.found("file-added", f"{name} is not named in {MANIFEST}.")
        for name in sorted(listed.keys() & set(names)):
            if self._files.digest(name) != listed[name]["sha256"]:
                self.verdict.found("file-altered", f"{name} is not the one that {MANIFEST} names.")

    def seal(self) -> None:
        """The register's signature on the manifest."""
        if SEAL not in self._files.names:
            if self._trusted or self._manifest["proof"]["signed"]:
                self.verdict.found(
                    "seal-removed", f"{SEAL} is not there: the register did not sign this file."
                )
            return
        key = self._key()
        if key is None:
            return
        signed = key.has_signed(self._files.text(SEAL))
        expected = f"{key.name}{OF_CASE_FILES}\n{self._files.digest(MANIFEST)}\n"
        if signed is None:
            self.verdict.found("signed-by-another-key", f"{SEAL} is not signed {self._by()}.")
        elif signed != expected:
            self.verdict.found("manifest-altered", f"{MANIFEST} is not the one that was signed.")
        else:
            self._sealed = True

    def events(self) -> None:
        self._rows = self._files.json(EVENTS)
        self._states = [json.loads(_bytes(row["state"])) for row in self._rows]
        self.verdict.events = len(self._rows)
        versions = [row["version"] for row in self._rows]
        if versions != [*range(1, self._manifest["version"] + 1)]:
            self.verdict.found(
                "event-removed",
                f"The events are not those from 1 to {self._manifest['version']} without a gap.",
            )
        if any(row["case_id"] != self._manifest["case_id"] for row in self._rows):
            self.verdict.found("event-of-another-case", "An event is of another case.")
        positions = [row["position"] for row in self._rows]
        if positions != sorted(set(positions)) or positions[-1] > self._manifest["position"]:
            self.verdict.found("event-inserted", "The events do not follow each other in the log.")

    def proofs(self) -> None:
        if not self._manifest["proof"]["signed"]:
            self.verdict.unchecked.append(
                "The file has no checkpoint: nothing shows that the events stand in a log."
            )
            return
        key = self._key()
        if key is None:
            return
        text = key.has_signed(self._files.text(NOTE))
        if text is None:
            self.verdict.found("signed-by-another-key", f"{NOTE} is not signed {self._by()}.")
            return
        origin, size_line, root_line = text.splitlines()[:3]
        size, root = int(size_line), _bytes(root_line)
        if origin != key.name or size != self._manifest["proof"]["size"]:
            self.verdict.found("checkpoint-of-another", "The checkpoint is of another log or size.")
        self._inclusion(size, root)
        if CONSISTENCY in self._files.names:
            told = self._files.json(CONSISTENCY)
            old, hashes = _bytes(told["from_root"]), [_bytes(each) for each in told["hashes"]]
            if told["from_size"] != self._manifest["position"] or not consistent(
                old, told["from_size"], root, size, hashes
            ):
                self.verdict.found("not-continued", "The checkpoint doesn't continue the log.")

    def history(self) -> None:
        """What history.json tells in plain form, against the bytes of the events."""
        entries = self._files.json(HISTORY)["entries"]
        if len(entries) != len(self._rows):
            self.verdict.found("history-altered", f"{HISTORY} has not one entry for each event.")
        older = 0
        for entry, row, state in zip(entries, self._rows, self._states, strict=False):
            told = [
                entry["case_id"] == row["case_id"],
                entry["version"] == row["version"],
                entry["position"] == row["position"],
                entry["event"] == row["topic"],
                *(entry[name] == state.get(stored) for name, stored in _ON_ENVELOPE.items()),
                *((entry[who] or {}).get("id") == state.get(key) for who, key in _WHO.items()),
            ]
            if entry["form"] == state["v"]:
                told.append(_agrees(state["data"], entry["details"]))
            else:
                older += 1
            if not all(told):
                self.verdict.found(
                    "history-altered",
                    f"{HISTORY} tells event {row['version']} otherwise than it stands in the log.",
                )
        if older:
            self.verdict.proves_not.append(
                f"{older} events were stored in an older form; of these only the envelope (who, "
                "when, through what) was compared with the stored bytes."
            )

    def attachments(self) -> None:
        kept = {each["sha256"]: each["name"] for each in self._manifest["attachments"]}
        absent = {each["sha256"] for each in self._manifest["left_out"] if "sha256" in each}
        named = set()
        for row, state in zip(self._rows, self._states, strict=True):
            if row["topic"] != "document-attached":
                continue
            digest = state["data"]["document"]["sha256"]
            named.add(digest)
            if digest not in kept and digest not in absent:
                self.verdict.found(
                    "attachment-removed", f"The document of event {row['version']} is not there."
                )
            elif digest in kept and self._files.digest(kept[digest]) != digest:
                self.verdict.found(
                    "attachment-altered",
                    f"{kept[digest]} is not the document that event {row['version']} names.",
                )
        for digest in kept.keys() - named:
            self.verdict.found("attachment-added", f"No event names {kept[digest]}.")
        if absent:
            self.verdict.proves_not.append(
                f"{len(absent)} attached documents are left out; {MANIFEST} says why."
            )

    def signatures(self) -> None:
        """Initials and signatures carry the digest of the text they were put on."""
        texts = [entry["details"].get("text") for entry in self._files.json(HISTORY)["entries"]]
        current = None
        for row, state, text in zip(self._rows, self._states, texts, strict=False):
            if row["topic"] in ("reply-drafted", "reply-revised"):
                current = state["data"]["digest"]
                if text in ("[sealed]", "[withheld]"):
                    self.verdict.proves_not.append(
                        f"The reply's text at event {row['version']} is not in the file."
                    )
                elif hashlib.sha256(str(text).encode()).hexdigest() != current:
                    self.verdict.found(
                        "reply-altered",
                        f"The reply's text at event {row['version']} is not the one whose digest "
                        "stands in the log.",
                    )
            elif (
                row["topic"] in ("reply-initialled", "reply-signed", "reply-returned")
                and state["data"]["digest"] != current
            ):
                self.verdict.found(
                    "signature-on-another-text",
                    f"Event {row['version']} carries the digest of another text.",
                )

    def sum_up(self) -> None:
        verdict = self.verdict
        if verdict.covered:
            whose = "the key that you gave" if self._trusted else "the key in the file itself"
            verdict.proves.append(
                f"{verdict.covered} of {verdict.events} events stand byte for byte, and in this "
                f"order, in the log whose checkpoint is signed by {whose}."
            )
        if self._sealed and not verdict.findings:
            verdict.proves.append(
                "The whole file, the readable texts and the PDF included, is as the register "
                "made it."
            )
        if verdict.covered and not verdict.findings:
            verdict.proves.append(
                "The attachments, and each reply that was initialled and signed, have the "
                "SHA-256 that the events name."
            )
        if self._trusted is None:
            verdict.unchecked.append(
                "Whose register it is: any key can be put into a file. Ask the register's owner "
                "for the register's (karguzar checkpoint-key prints it) and give it as --key."
            )
        position = self._manifest.get("position")
        verdict.proves_not += [
            f"{_NOT_LATER} {position}.",
            _NOT_PERSONAL,
            "That what was entered is true.",
        ]

    def _inclusion(self, size: int, root: bytes) -> None:
        proofs = {each["position"]: each for each in self._files.json(INCLUSION)["events"]}
        behind = 0
        for row in self._rows:
            position = row["position"]
            if position > size:
                behind += 1
                continue
            leaf = hashlib.sha256(b"\x00" + entry_of(row)).digest()
            hashes = [_bytes(each) for each in proofs.get(position, {}).get("hashes", [])]
            if position in proofs and includes(root, size, position - 1, leaf, hashes):
                self.verdict.covered += 1
            else:
                self.verdict.found(
                    "event-altered",
                    f"Event {row['version']} is not the one at position {position} of the log.",
                )
        if behind:
            self.verdict.unchecked.append(
                f"The last {behind} events are newer than the checkpoint: take the file again "
                "after the next one."
            )

    def _key(self) -> Key | None:
        if self._trusted:
            return self._trusted
        try:
            return Key(self._files.text(KEY))
        except KeyNotReadable:
            self.verdict.found("unreadable", f"{KEY} holds no key.")
            return None

    def _by(self) -> str:
        return "with the key that you gave" if self._trusted else f"with the key in {KEY}"


def entry_of(row: dict[str, Any]) -> bytes:
    """What the leaf of a stored event is the hash of: a row of PostgreSQL's binary COPY."""
    topic, state = row["topic"].encode(), _bytes(row["state"])
    return b"".join(
        (
            _HEAD.pack(5, 16, uuid.UUID(row["case_id"]).bytes, 8, row["version"], len(topic)),
            topic,
            struct.pack(">i", len(state)),
            state,
            struct.pack(">iq", 8, row["position"]),
        )
    )


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: list[bytes]) -> bool:
    """Whether the proof shows the leaf at *index*: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistent(old_root: bytes, old: int, new_root: bytes, new: int, proof: list[bytes]) -> bool:
    """Whether the proof shows the old tree as the beginning of the new: RFC 9162, 2.1.4.2."""
    if not 0 < old <= new or not (proof or old == new):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else proof
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = _node(each, was), _node(each, now)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            now = _node(now, each)
        at, last = at >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _wrapped(path: Path, archive: zipfile.ZipFile) -> bool:
    """Whether anything stands before the first file of a ZIP or behind its directory."""
    with path.open("rb") as file:
        file.seek(-_END.size, 2)
        signature, *_, comment = _END.unpack(file.read())
    first = min(each.header_offset for each in archive.infolist())
    return first != 0 or signature != b"PK\x05\x06" or comment != 0


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _agrees(stored: Any, told: Any) -> bool:
    """Whether all that is stored in plain form is told alike; personal parts may be told beside."""
    if isinstance(stored, dict) and isinstance(told, dict):
        return all(name in told and _agrees(stored[name], told[name]) for name in stored)
    if isinstance(stored, list) and isinstance(told, list):
        return len(stored) == len(told) and all(map(_agrees, stored, told))
    return bool(stored == told)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _unpacked(text: str) -> bytes:
    try:
        return _bytes(text)
    except (binascii.Error, ValueError):
        return b""


def main(arguments: list[str] | None = None) -> int:
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", type=Path, help="the ZIP, or the folder it was unpacked into")
    parser.add_argument("--key", help="the register's key, or a file with it")
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    given = parser.parse_args(arguments)
    try:
        key = Path(given.key).read_text() if given.key and Path(given.key).is_file() else given.key
        verdict = verify(given.case, key)
    except (NoCaseFile, KeyNotReadable) as error:
        verdict = Verdict(unchecked=[f"{error}."])
    told = {"result": RESULTS[verdict.status], "status": verdict.status, **asdict(verdict)}
    sys.stdout.write(json.dumps(told) + "\n" if given.json else _page(verdict))
    return verdict.status


def _page(verdict: Verdict) -> str:
    lines = [
        {
            SOUND: "SOUND. The case file is as the register's log has it.",
            TAMPERED: "TAMPERED. The case file, or what proves it, was changed.",
            UNCHECKED: "NOT ALL COULD BE CHECKED."
            + (" What was checked is sound." if verdict.covered else ""),
        }[verdict.status],
        *(f"  ! {each.sentence} ({each.kind})" for each in verdict.findings),
        *(f"  ? {each}" for each in verdict.unchecked),
    ]
    for heading, sentences in (("It proves:", verdict.proves), ("Not:", verdict.proves_not)):
        lines += [heading, *(f"  - {each}" for each in sentences)] if sentences else []
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
