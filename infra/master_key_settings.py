"""Where the master key comes from: the environment, a file or a command."""

import base64
import binascii
import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PREFIX = "KARGUZAR_"
KEY = _PREFIX + "MASTER_KEY"
KEY_FILE = _PREFIX + "MASTER_KEY_FILE"
KEY_COMMAND = _PREFIX + "MASTER_KEY_COMMAND"
PREVIOUS_FILE = _PREFIX + "MASTER_KEY_PREVIOUS_FILE"
MASTER_KEY_NAMES = frozenset({KEY, KEY_FILE, KEY_COMMAND, PREVIOUS_FILE})

KEY_BYTES = 32
COMMAND_SECONDS = 20.0
_COUNTS = {2: "both", 3: "all"}


class KeyUnreadable(Exception):
    """What is wrong with a file or command, without what it holds or prints."""


def read_master_keys(
    given: Mapping[str, str], wrong: list[str], *, production: bool
) -> tuple[bytes | None, bytes | None]:
    """The master key, and the previous one while it changes; what is *wrong* is added there."""
    ways = [name for name in (KEY, KEY_FILE, KEY_COMMAND) if name in given]
    if len(ways) > 1:
        wrong.append(
            f"{ways[0]} and {' and '.join(ways[1:])} are {_COUNTS[len(ways)]} set: keep one."
        )
    if production and not ways:
        wrong.append(f"{KEY_FILE}, {KEY_COMMAND} or {KEY} must give the key in production.")
    found: dict[str, bytes | None] = {}
    for name in [*ways[: len(ways) == 1], *([PREVIOUS_FILE] if PREVIOUS_FILE in given else [])]:
        try:
            found[name] = _key(name, given[name])
        except KeyUnreadable as unreadable:
            wrong.append(f"{name} {unreadable}")
    key = found.get(ways[0]) if ways else None
    previous = found.get(PREVIOUS_FILE)
    if key is not None and key == previous:
        wrong.append(f"{PREVIOUS_FILE} must give another key than the master key; or remove it.")
    return key, previous


def key_in_file(path: Path) -> bytes:
    """Raises KeyUnreadable."""
    if not (path.is_file() and os.access(path, os.R_OK)):
        raise KeyUnreadable(f"must name a file that can be read, not {str(path)!r}.")
    return _decoded(path.read_text(encoding="ascii", errors="replace"))


def key_from_command(command: str, seconds: float = COMMAND_SECONDS) -> bytes:
    """What the command prints. It is run without a shell and asks nothing. Raises KeyUnreadable."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise KeyUnreadable(f"can't be read as a command: {error}.") from None
    if not words:
        raise KeyUnreadable("must name a command.")
    try:
        ended = subprocess.run(  # noqa: S603 - whoever sets it may run it
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise KeyUnreadable(f"did not end within {seconds:g} seconds.") from None
    except OSError as error:
        raise KeyUnreadable(f"can't be run: {error.strerror}.") from None
    if ended.returncode:
        raise KeyUnreadable(f"ended with {ended.returncode}: run it by hand to see why.")
    return _decoded(ended.stdout.decode("ascii", errors="replace"))


def decoded_key(text: str) -> bytes | None:
    """The key in the form that files, commands and the environment give it."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _key(name: str, value: str) -> bytes:
    if name == KEY:
        return _decoded(value)
    return key_from_command(value) if name == KEY_COMMAND else key_in_file(Path(value).absolute())


def _decoded(text: str) -> bytes:
    key = decoded_key(text)
    if key is None:
        raise KeyUnreadable(f"must give {KEY_BYTES} bytes in base64: openssl rand -base64 32.")
    return key
