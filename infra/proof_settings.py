"""Settings of the log's proof, read with the others."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from infra.notes import is_origin
from infra.relay import AddressInvalid, web_address
from infra.signing_key import SigningKeyInvalid, read_signing_key

PROOF_NAMES = frozenset(
    {
        "KARGUZAR_CHECKPOINT_DIR",
        "KARGUZAR_CHECKPOINT_SECONDS",
        "KARGUZAR_LOG_ORIGIN",
        "KARGUZAR_SIGNING_KEY_FILE",
        "KARGUZAR_WITNESS_URL",
    }
)
DEVELOPMENT_ORIGIN = "karguzar-development"
_LONGEST_SECONDS = 86_400
Value = TypeVar("Value")


class ProofSettings(Struct, frozen=True, kw_only=True):
    """`signing_key_file` None: no checkpoints are signed; in development it is made at first use.

    `checkpoint_dir` None: they are kept in no directory.
    """

    log_origin: str
    signing_key_file: Path | None
    checkpoint_dir: Path | None
    checkpoint_seconds: int
    witness_url: str | None


def read_proof_settings(
    given: Mapping[str, str], wrong: list[str], data_dir: Path, *, production: bool
) -> ProofSettings:
    """Add a sentence to *wrong* for each setting that can't be used."""

    def read(name: str, check: Callable[[str], Value]) -> Value | None:
        try:
            return check(given[name]) if name in given else None
        except (AddressInvalid, ValueError) as error:
            wrong.append(f"{name} {error}")
            return None

    key_file = read("KARGUZAR_SIGNING_KEY_FILE", _key_file)
    directory = read("KARGUZAR_CHECKPOINT_DIR", lambda value: Path(value).absolute())
    if production and "KARGUZAR_SIGNING_KEY_FILE" in given and "KARGUZAR_LOG_ORIGIN" not in given:
        wrong.append("KARGUZAR_LOG_ORIGIN must name the log that the key signs: agency.gov/log.")
    return ProofSettings(
        log_origin=read("KARGUZAR_LOG_ORIGIN", _origin) or DEVELOPMENT_ORIGIN,
        signing_key_file=key_file or (None if production else data_dir / "signing.key"),
        checkpoint_dir=directory or (None if production else data_dir / "checkpoints"),
        checkpoint_seconds=read("KARGUZAR_CHECKPOINT_SECONDS", _seconds) or 60,
        witness_url=read("KARGUZAR_WITNESS_URL", web_address),
    )


def _origin(value: str) -> str:
    if not is_origin(value):
        raise ValueError(f"must be a name without spaces and plus signs, not {value!r}.")
    return value


def _seconds(value: str) -> int:
    if value.isascii() and value.isdecimal() and 1 <= int(value) <= _LONGEST_SECONDS:
        return int(value)
    raise ValueError(f"must be a whole number from 1 to {_LONGEST_SECONDS}, not {value!r}.")


def _key_file(value: str) -> Path:
    path = Path(value).absolute()
    try:
        read_signing_key(path)
    except OSError:
        raise ValueError(f"must name a file that can be read, not {value!r}.") from None
    except SigningKeyInvalid:
        raise ValueError("must hold an Ed25519 key, as PEM or 32 bytes in base64.") from None
    return path
