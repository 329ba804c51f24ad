"""Whether a case is confidential, corrected afterwards."""

from msgspec import DecodeError
from msgspec.structs import replace

from domain.appeal import CorrectionNotFitting, EntryUnchanged
from domain.entries import parsed, written
from domain.record import CorrectEntry

ENTRY = "confidential"


def required(command: CorrectEntry, *, confidential: bool) -> CorrectEntry:
    """The correction as it is stored. Raises CorrectionNotFitting or EntryUnchanged."""
    try:
        value = parsed(command.value, bool)
    except DecodeError as error:
        raise CorrectionNotFitting from error
    if value == confidential:
        raise EntryUnchanged
    return replace(command, value=written(value))


def told(value: str | None) -> bool:
    """What a stored correction says."""
    return bool(parsed(str(value), bool))
