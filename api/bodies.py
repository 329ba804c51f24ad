"""The body of a command, read straight into its type: a number in quotes is not a number."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import State
from litestar.types import Scope
from msgspec import Struct, inspect, json

from api.problems import DateOutOfRange
from api.tokens import Bearer
from domain.case import Command

CASES = frozenset(
    {
        *("answered_repeats", "appeal_id", "because", "case_id", "cases", "decision"),
        *("destruction", "earlier", "into", "source_case"),
    }
)
"""The fields of commands, and of what is in them, that name cases."""
_COMMAND = "command"
_YEARS = range(1800, 2200)


class CommandRequest(Request[Bearer, str, State]):
    """A request whose route has the decoder of its command in ``opt``."""

    async def json(self) -> Any:
        """The command. Raises msgspec's errors, and DateOutOfRange."""
        command = self.route_handler.opt["decode"](await self.body())
        self.scope["state"][_COMMAND] = command
        return command


def cases_named(scope: Scope) -> tuple[UUID, ...]:
    """The cases that the command in the request's body names, if it was read."""
    return tuple(dict.fromkeys(_cases_in(scope["state"].get(_COMMAND))))


def decoder_of(command: type[Command]) -> Callable[[bytes], Command]:
    """Reads the command from JSON."""
    decoder = json.Decoder(command)

    def decode(body: bytes) -> Command:
        command = decoder.decode(body)
        _require_real_dates(command)
        return command

    return decode


def _require_real_dates(command: Command) -> None:
    """Refuse dates near the ends of the calendar: in another time zone they have no name."""
    for day in _dates_in(command):
        if day.year not in _YEARS:
            raise DateOutOfRange(DateOutOfRange.__doc__)


@cache
def _dated_fields(type_: type[Struct]) -> tuple[str, ...]:
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - so is its type
    return tuple(field.name for field in info.fields if _may_hold_dates(field.type))


def _may_hold_dates(info: inspect.Type) -> bool:
    match info:
        case inspect.Metadata(type=inner):
            return _may_hold_dates(inner)
        case inspect.UnionType(types=types):
            return any(map(_may_hold_dates, types))
        case inspect.VarTupleType(item_type=item):
            return _may_hold_dates(item)
        case inspect.StructType(fields=fields):
            return any(_may_hold_dates(field.type) for field in fields)
        case _:
            return isinstance(info, inspect.DateType | inspect.DateTimeType)


def _dates_in(value: Any) -> Iterator[date]:
    if isinstance(value, date):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _dates_in(item)
    elif isinstance(value, Struct):
        for name in _dated_fields(type(value)):
            held = getattr(value, name)
            if held is not None:
                yield from _dates_in(held)


def _cases_in(value: Any) -> Iterator[UUID]:
    if isinstance(value, tuple):
        for item in value:
            yield from _cases_in(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            held = getattr(value, name)
            if name in CASES:
                yield from (each for each in _each(held) if isinstance(each, UUID))
            else:
                yield from _cases_in(held)


def _each(held: Any) -> tuple[Any, ...]:
    return held if isinstance(held, tuple) else (held,)
