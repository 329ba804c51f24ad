"""Signed notes, byte for byte: the example of C2SP tlog-checkpoint, and attempts at false ones."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from infra.notes import (
    Checkpoint,
    KeyUnknown,
    NoteInvalid,
    SignatureInvalid,
    Signer,
    Verifier,
    VerifierKeyInvalid,
    is_origin,
    open_note,
    read_checkpoint,
    signed_text,
)
from infra.signing_key import SigningKeyInvalid, read_signing_key

SPECIFIED = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
GOS_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""From the documentation of Go's golang.org/x/mod/sumdb/note."""
PEM_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("register.example", PEM_KEY)
CHECKPOINT = Checkpoint("register.example", 7, bytes(32))


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint = read_checkpoint(SPECIFIED)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert checkpoint.text() == SPECIFIED.partition("\n\n")[0] + "\n"


def test_a_note_has_the_form_of_the_specification() -> None:
    note = SIGNER.sign(CHECKPOINT)
    text, _, line = note.partition("\n\n")
    assert text == f"register.example\n7\n{base64.b64encode(bytes(32)).decode()}"
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("\N{EM DASH}", "register.example")
    signature = base64.b64decode(encoded, validate=True)
    assert signature[:4] == SIGNER.verifier.id
    PEM_KEY.public_key().verify(signature[4:], f"{text}\n".encode())


def test_a_verifier_key_is_read_as_it_is_printed() -> None:
    assert str(Verifier.parse(GOS_KEY)) == GOS_KEY
    assert Verifier.parse(str(SIGNER.verifier)).key == SIGNER.verifier.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_another_text_is_no_verifier_key(text: str) -> None:
    with pytest.raises(VerifierKeyInvalid):
        Verifier.parse(text)


def test_a_note_is_signed_and_verified_as_by_gos_own_library() -> None:
    # Ed25519 is deterministic: the same key has to give the very same note.
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    signer = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed))
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    note = (
        f"{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZS"
        "NXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert signer.note(text) == note
    assert signed_text(note, [Verifier.parse(GOS_KEY)]) == text
    with pytest.raises(NoteInvalid):
        read_checkpoint(note)  # a good note, but not of a checkpoint


def test_a_good_note_opens_beside_signatures_of_others() -> None:
    witness = Signer("witness.example", Ed25519PrivateKey.generate())
    cosigned = SIGNER.sign(CHECKPOINT) + witness.sign(CHECKPOINT).partition("\n\n")[2]
    assert open_note(cosigned, [SIGNER.verifier]) == CHECKPOINT
    assert open_note(cosigned, [SIGNER.verifier, witness.verifier]) == CHECKPOINT


@pytest.mark.parametrize(
    ("before", "after"),
    [("\n7\n", "\n8\n"), ("AAAA=", "AAAE="), ("register.example\n7", "other.example\n7")],
)
def test_a_changed_note_does_not_open(before: str, after: str) -> None:
    note = SIGNER.sign(CHECKPOINT)
    assert before in note
    with pytest.raises(SignatureInvalid):
        open_note(note.replace(before, after, 1), [SIGNER.verifier])


def test_a_note_by_nobody_known_does_not_open() -> None:
    other = Signer("register.example", Ed25519PrivateKey.generate())
    with pytest.raises(KeyUnknown):
        open_note(other.sign(CHECKPOINT), [SIGNER.verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "register.example\n7\n",
        SPECIFIED.replace("20852163", "020852163"),
        SPECIFIED.replace("20852163", "-1"),
        SPECIFIED.replace("CsUY", "CsU"),
        SPECIFIED.replace("— ", "-- "),
        SPECIFIED.removesuffix("\n"),
        SPECIFIED.replace("sofa\n2", "sofa\r\n2"),
        SPECIFIED.replace("20852163\n", "20852163\n\n"),
    ],
)
def test_what_has_another_form_is_no_note(note: str) -> None:
    with pytest.raises(NoteInvalid):
        read_checkpoint(note)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nline", "tab\t"])
def test_such_a_name_cannot_name_a_log(name: str) -> None:
    assert not is_origin(name)


def test_the_key_may_be_pem_or_base64(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(PEM_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert read_signing_key(path).private_bytes_raw() == bytes(range(32))
    path.write_bytes(base64.b64encode(bytes(range(32))) + b"\n")
    assert read_signing_key(path).private_bytes_raw() == bytes(range(32))


@pytest.mark.parametrize("content", [b"", b"AAEC", b"-----BEGIN PRIVATE KEY-----\n", b"\xff\xfe"])
def test_anything_else_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(content)
    with pytest.raises(SigningKeyInvalid):
        read_signing_key(path)
