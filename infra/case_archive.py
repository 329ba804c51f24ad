"""A ZIP that is written as it is sent, and is the same bytes for the same files."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from io import RawIOBase
from pathlib import PurePosixPath

from msgspec import Struct

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o100644 << 16
_LONGEST_NAME = 100


class Listed(Struct, frozen=True):
    """A file as a manifest names it."""

    name: str
    sha256: str
    size: int


class Sink(RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        piece = bytes(content)  # type: ignore[call-overload]
        self._held.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held


def zipped(
    files: Iterable[tuple[str, bytes]], last: Callable[[list[Listed]], Iterable[tuple[str, bytes]]]
) -> Iterator[bytes]:
    """The ZIP's bytes, a file at a time; *last* gives those that name all before them.

    Dates are fixed, and nothing of this machine stands in it.
    """
    sink = Sink()
    listed: list[Listed] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            listed.append(Listed(name, sha256(content).hexdigest(), len(content)))
            _put(archive, name, content)
            yield sink.taken()
        for name, content in last(listed):
            _put(archive, name, content)
    yield sink.taken()


def safe_name(number: int, given: str, media_type: str) -> str:
    """A name that any system can unpack: letters, digits and dots, behind the number."""
    path = PurePosixPath(given.replace("\\", "/"))
    stem, suffix = path.stem or "document", path.suffix or _suffix(media_type)
    cleaned = "".join(each if each.isalnum() or each in "-_." else "_" for each in stem)
    end = "".join(each for each in suffix if each.isalnum())
    short = cleaned.strip("._")[:_LONGEST_NAME] or "document"
    return f"{number:02}-{short}{'.' if end else ''}{end[:10]}"


def _suffix(media_type: str) -> str:
    known = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
    return known.get(media_type, "")


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _FIRST_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _READABLE
    archive.writestr(info, content)
