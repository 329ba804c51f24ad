"""How a corrected value is written, and the entries that tell about a person of the case."""

from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct, convert, json, structs

from domain.case import Person

OF_PERSON: dict[str, Any] = {
    field.name: field.type for field in structs.fields(Person) if field.name != "id"
}
"""The entries of a person with their types; before each stands whose it is: applicant.phone."""


def parsed(value: str, type_: Any) -> Any:
    """The value of an entry of this type; a flag or a struct is written as JSON.

    Raises msgspec's DecodeError.
    """
    if type_ is bool or (isinstance(type_, type) and issubclass(type_, Struct)):
        return json.decode(value, type=type_)
    return convert(value, type_)


def written(value: Any) -> str:
    """The one way in which an event holds this value; instants in UTC."""
    match value:
        case bool() | Struct():
            return json.encode(value).decode()
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)
