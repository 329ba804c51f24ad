"""Signed notes and checkpoints, byte for byte as C2SP signed-note and tlog-checkpoint say."""

import base64
import binascii
import re
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from domain.merkle import HASH_BYTES

_ED25519 = b"\x01"
_ID_BYTES = 4
_KEY_BYTES = 32
_LONGEST_NOTE = 1_000_000
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteInvalid(Exception):
    """This is no signed note of a checkpoint."""


class SignatureInvalid(Exception):
    """The note names a known key, and the signature isn't by that key."""


class KeyUnknown(Exception):
    """No known key has signed the note."""


class VerifierKeyInvalid(Exception):
    """A verifier key looks like name+0123abcd+base64: karguzar checkpoint-key prints it."""


class Checkpoint(Struct, frozen=True):
    """The log called *origin* had *size* events, over which the tree has this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


class Verifier:
    """The public half of a signing key, under its name."""

    def __init__(self, name: str, key: bytes) -> None:
        self.name = name
        self.key = key
        self.id = sha256(name.encode() + b"\n" + _ED25519 + key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """The form in which C2SP tools take it."""
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.key)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _bytes(encoded)
        if _NAME.fullmatch(name) and key[:1] == _ED25519 and len(key) == 1 + _KEY_BYTES:
            verifier = cls(name, key[1:])
            if verifier.id.hex() == key_id.lower():
                return verifier
        raise VerifierKeyInvalid(VerifierKeyInvalid.__doc__)


class Signer:
    """The signing key, under the log's name."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier(origin, key.public_key().public_bytes_raw())

    def named(self, origin: str) -> "Signer":
        """The same key under another log's name."""
        return Signer(origin, self._key)

    def sign(self, checkpoint: Checkpoint) -> str:
        return self.note(checkpoint.text())

    def note(self, text: str) -> str:
        """Any text that ends with a newline, signed."""
        signature = _base64(self.verifier.id + self._key.sign(text.encode()))
        return f"{text}\n— {self.verifier.name} {signature}\n"


def is_origin(text: str) -> bool:
    """Whether the text can name a log and its key."""
    return _NAME.fullmatch(text) is not None


def read_checkpoint(note: str) -> Checkpoint:
    """What the note says, whoever signed it; raise NoteInvalid."""
    text, _ = _parts(note)
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004
        raise NoteInvalid(NoteInvalid.__doc__)
    root = _bytes(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteInvalid(NoteInvalid.__doc__)
    return Checkpoint(lines[0], int(lines[1]), root)


def open_note(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that a known key has signed.

    Raises NoteInvalid, KeyUnknown or SignatureInvalid.
    """
    signed_text(note, verifiers)
    return read_checkpoint(note)


def signed_text(note: str, verifiers: Sequence[Verifier]) -> str:
    """The text of a note, if a known key has signed it.

    One bad signature by a known key spoils the note; those of others, such as witnesses, are passed
    over.
    """
    text, signatures = _parts(note)
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    good = False
    for name, signature in signatures:
        if verifier := known.get((name, signature[:_ID_BYTES])):
            try:
                Ed25519PublicKey.from_public_bytes(verifier.key).verify(
                    signature[_ID_BYTES:], text.encode()
                )
            except InvalidSignature:
                raise SignatureInvalid(SignatureInvalid.__doc__) from None
            good = True
    if not good:
        raise KeyUnknown(KeyUnknown.__doc__)
    return text


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text that is signed, and who signed it how."""
    text, _, rest = note.rpartition("\n\n")
    lines = [_SIGNATURE.fullmatch(line) for line in rest.removesuffix("\n").split("\n")]
    controls = any(character < " " and character != "\n" for character in note)
    if len(note) > _LONGEST_NOTE or controls or not text or not rest.endswith("\n"):
        raise NoteInvalid(NoteInvalid.__doc__)
    signatures = [(line[1], _bytes(line[2])) for line in lines if line]
    if len(signatures) != len(lines):
        raise NoteInvalid(NoteInvalid.__doc__)
    return f"{text}\n", signatures


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    """What the text encodes, or nothing."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
