"""What stands for a case, a thread or an official in what analysts are given.

The same for one purpose however often it is asked, and another for each purpose, so that two
exports can't be joined by it. Only the register, which has the key, can tell what it stands for.
"""

import re
from hmac import digest
from typing import Any, Self
from uuid import UUID

from psycopg import Cursor

from infra.blinding import LINKAGE
from infra.keys import KeyRing, PersonKey

_KEY_BYTES = 32
_BYTES = 16
_PURPOSE = re.compile(r"[a-z0-9][a-z0-9 ._-]{2,99}")


class PurposeNotFitting(Exception):
    """A purpose has 3 to 100 small letters, digits, blanks, dots, hyphens and underscores."""


class Pseudonyms:
    """Those of one purpose."""

    __slots__ = ("key",)

    def __init__(self, key: bytes) -> None:
        self.key = key

    @classmethod
    def of(cls, register_key: PersonKey, purpose: str) -> Self:
        """*register_key* is the register's own secret: see `infra/blinding.py`.

        Raises PurposeNotFitting.
        """
        if not _PURPOSE.fullmatch(purpose):
            raise PurposeNotFitting(PurposeNotFitting.__doc__)
        root = register_key.derived(b"pseudonyms", _KEY_BYTES)
        return cls(digest(root, purpose.encode(), "sha256"))

    @property
    def mark(self) -> str:
        """Tells this purpose's key of this register from all others, and nothing about it."""
        return self._of("mark", "")

    def of_case(self, case_id: UUID) -> str:
        return self._of("case", str(case_id))

    def of_thread(self, correlation_id: UUID) -> str:
        return self._of("thread", str(correlation_id))

    def of_visit(self, visit_id: UUID | str) -> str:
        return self._of("visit", str(visit_id))

    def of_official(self, official: str) -> str:
        return self._of("official", official)

    def _of(self, what: str, which: str) -> str:
        """The first half of HMAC-SHA256 over the two with a space between, in hex."""
        return digest(self.key, f"{what} {which}".encode(), "sha256")[:_BYTES].hex()


def pseudonyms_for(cursor: Cursor[Any], keys: KeyRing, purpose: str) -> Pseudonyms:
    """Those of *purpose*; the register's secret is made now where there was none.

    Raises PurposeNotFitting, WrongMasterKey.
    """
    return Pseudonyms.of(keys.read_or_make(cursor, LINKAGE), purpose)
