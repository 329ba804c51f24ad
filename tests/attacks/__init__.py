"""Attacks that are tried, one by one, and the page that tells of them: docs/audit.md.

The tests carry out what stands here, and expect what stands here.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

DATABASE = "database superuser"
OUTSIDE = "who writes to the checkpoints' directory"
KEYHOLDER = "the same with the signing key and every copy of the checkpoints"
BEARER = "who has the file in hands"
REGISTER = "the register, or who has its signing key"


def nothing(_: Any) -> None: ...


class Attack(Struct, frozen=True, kw_only=True):
    """What is done, by whom, and what the check says to it.

    ``finds`` is the kind of the first finding, ``position`` the event it names, and ``says`` a part
    of its sentence. Without ``finds`` the attack isn't caught: ``result`` is what the check says,
    and ``why`` why it can't say more. ``before`` is done halfway, before the later events.
    """

    name: str
    done: str
    who: str
    act: Callable[[Any], object]
    finds: str | None = None
    position: int | None = None
    says: str = ""
    result: str = "tampered"
    why: str = ""
    before: Callable[[Any], object] = nothing
    outside: bool = True
