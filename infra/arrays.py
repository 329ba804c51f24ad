"""Arrays in PostgreSQL's binary form, for rows whose column types are known beforehand.

psycopg's own way looks at each element for its type, which costs more than writing it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any, ClassVar
from uuid import UUID

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format

_TEXT, _TEXT_ARRAY = 25, 1009
_INT8, _INT8_ARRAY = 20, 1016
_BYTEA, _BYTEA_ARRAY = 17, 1001
_UUID, UUID_ARRAY = 2950, 2951
_EMPTY = Struct("!iii").pack
_HEAD = Struct("!iiiii").pack
"""Dimensions, whether one is null, the elements' type, how many, the first one's number."""
_LENGTH = Struct("!i").pack
_UUID_LENGTH = _LENGTH(16)
_INT8_ELEMENT = Struct("!iq").pack


@lru_cache(maxsize=8_192)
def _texts(texts: tuple[str, ...]) -> bytes:
    """The same few units and officials stand in most rows."""
    if not texts:
        return _EMPTY(0, 0, _TEXT)
    parts = [_HEAD(1, 0, _TEXT, len(texts), 1)]
    for text in texts:
        encoded = text.encode()
        parts += (_LENGTH(len(encoded)), encoded)
    return b"".join(parts)


class TextArray(Dumper):
    """A list of texts, none of which is null."""

    format = Format.BINARY
    oid = _TEXT_ARRAY

    def dump(self, obj: Any) -> Buffer:
        return _texts(tuple(obj))


class WholeNumberArray(Dumper):
    """A list of whole numbers, none of which is null."""

    format = Format.BINARY
    oid = _INT8_ARRAY

    def dump(self, obj: Any) -> Buffer:
        if not obj:
            return _EMPTY(0, 0, _INT8)
        elements = (_INT8_ELEMENT(8, number) for number in obj)
        return b"".join((_HEAD(1, 0, _INT8, len(obj), 1), *elements))


class Uuids(list[UUID]):
    """A list that is a parameter of type uuid[]."""


class Numbers(list[int]):
    """A list that is a parameter of type bigint[]."""


class Texts(list[str]):
    """A list that is a parameter of type text[]."""


class Blobs(list[bytes]):
    """A list that is a parameter of type bytea[]."""


class _Listed(Dumper):
    """What such a list is sent as: its elements are of one type, and none is null."""

    format = Format.BINARY
    element: ClassVar[int]
    encoded: ClassVar[Callable[..., bytes]]

    def dump(self, obj: Any) -> Buffer:
        if not obj:
            return _EMPTY(0, 0, self.element)
        parts = [_HEAD(1, 0, self.element, len(obj), 1)]
        for each in map(type(self).encoded, obj):
            parts += (_LENGTH(len(each)), each)
        return b"".join(parts)


class UuidsDumper(Dumper):
    format = Format.BINARY
    oid = UUID_ARRAY

    def dump(self, obj: Any) -> Buffer:
        return uuids_as_array(obj)


def uuids_as_array(ids: Sequence[UUID]) -> bytes:
    """What an array of ids is sent as in binary form."""
    if not ids:
        return _EMPTY(0, 0, _UUID)
    head = _HEAD(1, 0, _UUID, len(ids), 1)
    return head + _UUID_LENGTH + _UUID_LENGTH.join([each.bytes for each in ids])


class TextsDumper(_Listed):
    oid = _TEXT_ARRAY
    element = _TEXT
    encoded = str.encode


class BlobsDumper(_Listed):
    oid = _BYTEA_ARRAY
    element = _BYTEA
    encoded = bytes


_DUMPERS: tuple[tuple[type[Any] | None, type[Dumper]], ...] = (
    (None, TextArray),
    (None, WholeNumberArray),
    (Uuids, UuidsDumper),
    (Numbers, WholeNumberArray),
    (Texts, TextsDumper),
    (Blobs, BlobsDumper),
)
"""By the column's type, or for the lists above."""


def write_in_binary(adapters: AdaptersMap) -> None:
    """Let a connection send such arrays so; any other sends them in its own way."""
    for listed, dumper in _DUMPERS:
        adapters.register_dumper(listed, dumper)
