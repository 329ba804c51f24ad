"""Commands may name only units and officials that the organisation has."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from msgspec import Struct, inspect

from application.access import Organisation
from domain.case import Command, NotFitting

Named = tuple[str, str]
"""What is named, a unit or an official, and its id."""

_Reader = Callable[[Any], Iterator[Named]]
_CLOSE = 3


class UnknownUnit(NotFitting):
    """There is no such unit: correct it, or have it entered in the organisation first."""


class UnknownOfficial(NotFitting):
    """There is no such official: correct them, or have them entered in the organisation first."""


def require_known(command: Command, organisation: Organisation) -> None:
    """Raise UnknownUnit or UnknownOfficial for the first name that isn't in the organisation.

    Where no unit is entered at all there is nothing to compare with, and every name will do.
    """
    if not organisation.subtrees:
        return
    for what, name in named_in(command):
        if what == "unit":
            require_unit(name, organisation)
        elif name not in organisation.officials:
            raise UnknownOfficial(_told("official", name, organisation.officials))


def require_unit(unit: str, organisation: Organisation) -> None:
    """Raise UnknownUnit, whose sentence names the units that look alike."""
    if unit not in organisation.subtrees:
        raise UnknownUnit(_told("unit", unit, organisation.subtrees))


def named_in(command: Command) -> Iterator[Named]:
    """The units and officials a command names, in the order of its fields."""
    for name, read in _fields_of(type(command)):
        yield from read(getattr(command, name))


def _told(what: str, name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=_CLOSE)
    hint = " or ".join(f"'{one}'" for one in close)
    return f"There is no {what} '{name}'" + (f": did you mean {hint}?" if hint else "")


@cache
def _fields_of(type_: type[Struct]) -> tuple[tuple[str, _Reader], ...]:
    """The fields that name units or officials, or hold what does: worked out once a type."""
    info: Any = inspect.type_info(type_)
    readers = ((field.name, _reader(field.type)) for field in info.fields)
    return tuple((name, read) for name, read in readers if read)


def _reader(info: inspect.Type) -> _Reader | None:
    match info:
        case inspect.Metadata(extra={"names": str(what)}):
            return lambda value: iter(() if value is None else ((what, value),))
        case inspect.Metadata(type=inner):
            return _reader(inner)
        case inspect.VarTupleType(item_type=item):
            one = _reader(item)
            return one and (lambda value: (named for each in value or () for named in one(each)))
        case inspect.UnionType(types=types):
            readers = [read for one in types if (read := _reader(one))]
            if any(isinstance(one, inspect.StructType) for one in types):
                return _of_struct if readers else None
            return readers[0] if readers else None
        case inspect.StructType(cls=cls):
            return _of_struct if _fields_of(cls) else None
        case _:
            return None


def _of_struct(value: Struct | None) -> Iterator[Named]:
    for name, read in _fields_of(type(value)) if value is not None else ():
        yield from read(getattr(value, name))
