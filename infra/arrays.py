"""Arrays in PostgreSQL's binary form, for rows whose column types are known beforehand.

psycopg's own way looks at each element for its type, which costs more than writing it.
"""

from functools import lru_cache
from struct import Struct
from typing import Any

from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_TEXT, _TEXT_ARRAY = 25, 1009
_INT8, _INT8_ARRAY = 20, 1016
_EMPTY = Struct("!iii").pack
_HEAD = Struct("!iiiii").pack
"""Dimensions, whether one is null, the elements' type, how many, the first one's number."""
_LENGTH = Struct("!i").pack
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
