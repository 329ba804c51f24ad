"""Personal values that are recognised wherever they turn up, and bodies that hold nothing else."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from itertools import count
from typing import Any

from msgspec import inspect

from api.examples import example_of
from domain.case import Command

FOUND = re.compile(
    r"qzx\d{3,}|559171\d{3}|1907-03-\d\d|Nişanəğ|Ni\\u015fan|Ni%C5%9Fan", re.IGNORECASE
)
"""Any marker: written out, in lower case, escaped or percent-encoded."""
_BASE64 = re.compile(r"[A-Za-z0-9_-]{24,}")
_SEALED_TOO = frozenset({"reason"})
"""Not marked where they are declared, but sealed with the event: people write names in them."""

_numbers = count(100)


def marker(name: str = "text") -> str:
    """A value for a personal field, unlike every other."""
    number = next(_numbers)
    match name:
        case "fin":
            return f"QZX{number:04}"
        case "phone" | "contact":
            return f"+994559171{number % 900 + 100}"
        case "email":
            return f"qzx{number:04}ə@example.com"
        case "birth_date":
            return f"1907-03-{number % 28 + 1:02}"
        case _:
            return f"Nişanəğı-qzx{number:04}ü"


def found_in(text: str | bytes) -> set[str]:
    """The markers in a text, those inside cursors and other base64 too."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return set(FOUND.findall(text)) | {
        hidden for part in _BASE64.findall(text) for hidden in FOUND.findall(_decoded(part))
    }


def _decoded(part: str) -> str:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def marked_body(command: type[Command], form: str | None = None) -> dict[str, Any]:
    """A body of the command with a marker in every personal field, optional ones too.

    *form* is the tag of the applicant, where there are several.
    """
    body = example_of(command)
    _mark(inspect.type_info(command), body, form)
    return body


def has_personal(command: type[Command]) -> bool:
    """Whether the command takes anything personal, its reason apart."""
    return _holds(inspect.type_info(command))


def _mark(info: Any, plain: dict[str, Any], form: str | None) -> None:
    for field in info.fields:
        name = field.encode_name
        if _personal(field.type):
            plain[name] = marker(name)
        elif name in _SEALED_TOO:
            plain[name] = marker()
        elif structs := list(_structs(field.type)):
            chosen = next((s for s in structs if s.tag == form), structs[0])
            if _holds(chosen):
                many = isinstance(plain.get(name), list) or _is_list(field.type)
                inner = [_whole(chosen, form) for _ in range(2 if many else 1)]
                plain[name] = inner if many else inner[0]


def _whole(info: Any, form: str | None) -> dict[str, Any]:
    value: dict[str, Any] = example_of(info.cls)
    _mark(info, value, form)
    return value


def _holds(info: Any) -> bool:
    return any(
        _personal(field.type) or any(_holds(struct) for struct in _structs(field.type))
        for field in info.fields
    )


def _personal(info: Any) -> bool:
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            return bool((extra or {}).get("personal")) or _personal(inner)
        case inspect.UnionType(types=types):
            return any(map(_personal, types))
        case _:
            return False


def _is_list(info: Any) -> bool:
    match info:
        case inspect.Metadata(type=inner):
            return _is_list(inner)
        case inspect.UnionType(types=types):
            return any(map(_is_list, types))
        case _:
            return isinstance(info, inspect.VarTupleType)


def _structs(info: Any) -> Iterator[Any]:
    match info:
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            yield from _structs(inner)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _structs(one)
        case inspect.StructType():
            yield info
        case _:
            pass
