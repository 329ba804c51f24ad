"""An instance of any event type, made from its fields alone; every text in it is distinctive."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from msgspec import convert, inspect

from domain.case import Event

_BY_PATTERN = {
    r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)": "code-{}",
    r"^[0-9a-f]{64}$(?!\n)": "{:064x}",
    r"^[a-z0-9.+-]+/[A-Za-z0-9.+-]+$(?!\n)": "text/x-{}",
    r"^(people-\d{1,4}( matters-\d{1,4})?|matters-\d{1,4})$(?!\n)": "people-{}",
    r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$(?!\n)": "2026-10",
    r"^[a-z]{1,20}=[a-z0-9][a-z0-9._-]{0,63}$(?!\n)": "channel=code-{}",
    r"^https?://[^\s\x00]+$(?!\n)": "https://example.com/{}",
}


class Maker:
    """Makes whole instances: every optional field is there, every list has two items.

    ``personal`` collects the values of the personal fields, as they stand in JSON.
    """

    def __init__(self, first: int = 1) -> None:
        self._numbers = count(first)
        self.personal: list[str] = []

    def events(self, cls: type[Event]) -> Iterator[Event]:
        """One instance; several where a field may be one of several structs."""
        info = inspect.type_info(cls)
        assert isinstance(info, inspect.StructType)
        unions = [n for f in info.fields if (n := len(_structs(f.type))) > 1]
        for choice in range(max(unions, default=1)):
            yield convert({**self._struct(info, choice), "event": info.tag}, cls)

    def _struct(self, info: inspect.StructType, choice: int) -> dict[str, Any]:
        tag = {info.tag_field: info.tag} if info.tag_field else {}
        return {
            **tag,
            **{f.encode_name: self._value(f.type, f.encode_name, choice) for f in info.fields},
        }

    def _value(self, info: inspect.Type, name: str, choice: int) -> Any:
        if isinstance(info, inspect.Metadata):
            value = self._value(info.type, name, choice)
            if (info.extra or {}).get("personal"):
                self.personal.append(value)
            return value
        number = next(self._numbers)
        match info:
            case inspect.UnionType():
                structs = _structs(info)
                if structs:
                    return self._struct(structs[choice % len(structs)], choice)
                return self._value(
                    next(t for t in info.types if not isinstance(t, inspect.NoneType)), name, choice
                )
            case inspect.StructType():
                return self._struct(info, choice)
            case inspect.VarTupleType():
                return [self._value(info.item_type, name, choice) for _ in range(2)]
            case inspect.StrType(pattern=str(pattern)) if pattern in _BY_PATTERN:
                return _BY_PATTERN[pattern].format(number)
            case inspect.StrType():
                return f"{name} şəxsi {number}"
            case inspect.IntType():
                return (info.ge or 0) + number % 5
            case inspect.FloatType():
                return number % 9 / 2
            case inspect.BoolType():
                return True
            case inspect.UUIDType():
                return str(UUID(int=number, version=4))
            case inspect.DateType():
                return str(date.fromordinal(720_000 + number))
            case inspect.DateTimeType():
                return f"2026-04-06T12:00:00.{number:06}+04:00"
            case inspect.TimeType():
                return f"18:00:00.{number:06}"
            case inspect.EnumType():
                return next(iter(info.cls)).value
        raise TypeError(f"{name}: no instance of {info}")


def _structs(info: inspect.Type) -> list[inspect.StructType]:
    while isinstance(info, inspect.Metadata):
        info = info.type
    types = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [t for t in types if isinstance(t, inspect.StructType)]
