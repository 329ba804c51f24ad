"""What each personal field is, and an event without those that its reader has no need of."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec import Struct, inspect
from msgspec.structs import replace

from domain.appeal import Enclosure
from domain.applicant import Anonymous, LegalEntity, Represented
from domain.case import Event, Person
from domain.envelope import Recorded
from domain.record import Document, EntryCorrected

WITHHELD = "[withheld]"
"""Stands for what the reader's role doesn't see; what can't be opened at all reads otherwise."""

StructT = TypeVar("StructT", bound=Struct)


class Field(StrEnum):
    """What a personal field tells of somebody."""

    IDENTITY = "identity"
    CONTACT = "contact"
    TEXT = "text"
    DOCUMENT = "document"


Fields = frozenset[Field]
EVERY_FIELD: Fields = frozenset(Field)

OF_STRUCTS: Mapping[type[Struct], Mapping[str, Field]] = MappingProxyType(
    {
        Person: {
            "surname": Field.IDENTITY,
            "name": Field.IDENTITY,
            "patronymic": Field.IDENTITY,
            "fin": Field.CONTACT,
            "birth_date": Field.CONTACT,
            "phone": Field.CONTACT,
            "email": Field.CONTACT,
            "address": Field.CONTACT,
        },
        LegalEntity: {"name": Field.IDENTITY, "legal_address": Field.CONTACT},
        Represented: {"authority": Field.TEXT},
        Anonymous: {"contact": Field.CONTACT},
        Enclosure: {"description": Field.TEXT},
        Document: {"name": Field.DOCUMENT},
    }
)
"""The personal fields of what stands in events; an event's own are texts."""


def withheld(recorded: Recorded, shown: Fields) -> Recorded:
    """The event as a reader sees it to whom only the fields *shown* are shown."""
    if shown == EVERY_FIELD:
        return recorded
    event = recorded.event
    if isinstance(event, EntryCorrected):
        if event.text is not None and field_of_entry(event.entry) not in shown:
            event = replace(event, text=WITHHELD)
    else:
        event = _without(event, shown)
    reason = recorded.reason
    if reason is not None and Field.TEXT not in shown:
        reason = WITHHELD
    if event is recorded.event and reason is recorded.reason:
        return recorded
    return replace(recorded, event=event, reason=reason)


def field_of_entry(entry: str) -> Field:
    """What a corrected entry tells; those of a person are named with whose they are."""
    name = entry.rpartition(".")[2] if "." in entry else ""
    return OF_STRUCTS[Person].get(name, Field.TEXT)


@cache
def holds_contact(type_: type[Struct]) -> frozenset[str]:
    """The fields of a struct in which contact details may stand, however deep."""
    return frozenset(name for name, part in _parts(type_).items() if Field.CONTACT in part.fields)


def marked_fields(type_: type[Struct]) -> frozenset[str]:
    """The fields of a struct that are personal themselves."""
    return frozenset(name for name, part in _parts(type_).items() if part.inner is None)


class _Part(Struct, frozen=True):
    """A field with something personal: itself, or in the structs inside it."""

    fields: Fields
    inner: Callable[[Any, Fields], Any] | None


def _without(value: StructT, shown: Fields) -> StructT:
    changes: dict[str, Any] = {}
    for name, part in _parts(type(value)).items():
        present = getattr(value, name)
        if present is None or part.fields <= shown:
            continue
        changes[name] = part.inner(present, shown) if part.inner else WITHHELD
    return replace(value, **changes) if changes else value


def _without_each(value: Any, shown: Fields) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_without_each(each, shown) for each in value)
    return _without(value, shown) if isinstance(value, Struct) else value


@cache
def _parts(type_: type[Struct]) -> dict[str, _Part]:
    info: Any = inspect.type_info(type_)
    found = {}
    for field in info.fields:
        marked, structs = _read(field.type)
        if marked:
            kind = OF_STRUCTS[type_][field.name] if type_ in OF_STRUCTS else Field.TEXT
            found[field.name] = _Part(frozenset({kind}), None)
        elif inner := frozenset().union(*(_fields_in(struct) for struct in structs)):
            found[field.name] = _Part(inner, _without_each)
    return found


def _fields_in(type_: type[Struct]) -> Fields:
    return frozenset[Field]().union(*(part.fields for part in _parts(type_).values()))


def _read(info: Any) -> tuple[bool, list[type[Struct]]]:
    """Whether the type is marked personal, and the structs that may stand in it."""
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            marked, structs = _read(inner)
            return marked or bool((extra or {}).get("personal")), structs
        case inspect.UnionType(types=types):
            read = [_read(one) for one in types]
            return any(marked for marked, _ in read), [s for _, found in read for s in found]
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return _read(item)
        case inspect.StructType(cls=cls):
            return False, [cls]
        case _:
            return False, []


def holders(events: tuple[type[Event], ...]) -> frozenset[type[Struct]]:
    """The structs inside these events that have personal fields of their own."""
    found: set[type[Struct]] = set()
    waiting: list[type[Struct]] = [*events]
    seen: set[type[Struct]] = set()
    while waiting:
        type_ = waiting.pop()
        if type_ in seen:
            continue
        seen.add(type_)
        info: Any = inspect.type_info(type_)
        for field in info.fields:
            marked, structs = _read(field.type)
            waiting += structs
            if marked and not issubclass(type_, Event):
                found.add(type_)
    return frozenset(found)
