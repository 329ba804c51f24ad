"""An event of any type, made from its declaration: as full or as bare as it may be."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from msgspec import convert, inspect

from domain.case import Event

PERSON_ID = UUID("00000000-0000-7000-8000-0000000000aa")
TEXTS = (
    "Mətn",
    "code-1",
    "a" * 64,
    "application/pdf",
    "https://example.az/1",
    "people-1",
    "2026-10",
    "channel=post",
)


def instances(event: type[Event]) -> Iterator[Event]:
    """The event bare, and full once for each form that its parts can take."""
    info = inspect.type_info(event)
    assert isinstance(info, inspect.StructType)
    yield convert(_plain(info, form=0, full=False), event)
    for form in range(_forms(info)):
        yield convert(_plain(info, form=form, full=True), event)


def _forms(info: inspect.StructType) -> int:
    return max([1, *(len(_several(field.type)) for field in info.fields)])


def _several(info: inspect.Type) -> list[inspect.Type]:
    """The types that a value may have, None left out; each value of an enumeration is one."""
    if isinstance(info, inspect.Metadata):
        return _several(info.type)
    if isinstance(info, inspect.UnionType):
        return [
            one for t in info.types if not isinstance(t, inspect.NoneType) for one in _several(t)
        ]
    if isinstance(info, inspect.EnumType):
        return [inspect.LiteralType((member.value,)) for member in info.cls]
    return [info]


def _plain(info: inspect.StructType, *, form: int, full: bool) -> dict[str, Any]:
    plain = {
        field.encode_name: _value(field.type, form=form, full=full)
        for field in info.fields
        if full or field.required
    }
    return plain | ({str(info.tag_field): info.tag} if info.tag_field else {})


def _value(info: inspect.Type, *, form: int, full: bool) -> Any:
    if isinstance(info, inspect.UnionType) and info.includes_none and not full:
        return None
    choices = _several(info)
    match choices[form % len(choices)]:
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.StructType() as struct:
            plain = _plain(struct, form=form, full=full)
            return plain | ({"id": PERSON_ID} if struct.cls.__name__ == "Person" else {})
        case inspect.VarTupleType(item_type=item, min_length=least):
            count = 2 if full else least or 0
            return [_value(item, form=form, full=full) for _ in range(count)]
        case inspect.StrType(pattern=pattern):
            return next(text for text in TEXTS if re.search(pattern or "", text))
        case inspect.IntType(ge=low):
            return low or 1
        case inspect.FloatType():
            return 1.5
        case inspect.BoolType():
            return full
        case inspect.DateTimeType():
            return datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
        case inspect.DateType():
            return date(2026, 4, 6)
        case inspect.TimeType():
            return time(18)
        case inspect.UUIDType():
            return PERSON_ID
        case other:
            raise TypeError(f"no value is known for {other}")
