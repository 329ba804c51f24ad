"""What a case's people entered, as corrected since, and what stood there before a correction."""

from datetime import datetime
from typing import Any

from msgspec import Struct, convert, json, to_builtins

from domain.appeal import CoveringLetter
from domain.case import Event
from domain.reception import VisitRegistered
from domain.record import EntryCorrected
from infra.sealing import SEALED

Entries = dict[str, Any]
"""The fields of a case's first event in plain form; those of its visits under their ids."""

_PLACES = {
    "applicant": ("applicant", "person"),
    "representative": ("applicant", "representative"),
}


class Shown(Struct, frozen=True, kw_only=True):
    """A correction as it is told: its value read, and a text that stays sealed said to be so."""

    entry: str
    approved_by: str
    value: Any
    text: str | None


class Before(Struct, frozen=True, kw_only=True):
    """What stood in an entry before: a coded value, or a text."""

    value: Any = None
    text: str | None = None


def take(entries: Entries, event: Event) -> Before | None:
    """Bring the entries of one case up to date with its next event.

    Of a correction, what it replaced: None where nothing stood there, or where it is not known.
    """
    match event:
        case EntryCorrected(entry=entry, value=value):
            *path, last = _path(entry)
            place: Any = entries
            for step in path:
                place = place.get(step) if isinstance(place, dict) else None
            if not isinstance(place, dict):
                return None
            before = place.get(last)
            place[last] = _text(event) if value is None else _plain(entry, value)
            if before is None:
                return None
            return Before(text=before) if value is None else Before(value=_typed(entry, before))
        case VisitRegistered(visit_id=visit_id):
            entries[str(visit_id)] = to_builtins(event)
        case _ if not entries:
            entries.update(to_builtins(event))
            del entries["event"]
        case _:
            pass
    return None


def shown(event: EntryCorrected) -> Shown:
    value = None if event.value is None else _typed(event.entry, _plain(event.entry, event.value))
    text = _text(event) if event.value is None else event.text
    return Shown(entry=event.entry, approved_by=event.approved_by, value=value, text=text)


def _path(entry: str) -> list[str]:
    part, _, field = entry.partition(".")
    return [*_PLACES.get(part, (part,)), field] if field else [part]


def _text(event: EntryCorrected) -> str:
    return SEALED if event.text is None else event.text


def _plain(entry: str, value: str) -> Any:
    return json.decode(value) if entry in {"confidential", "covering_letter"} else value


def _typed(entry: str, plain: Any) -> Any:
    match entry:
        case "covering_letter":
            return convert(plain, CoveringLetter)
        case "received_at":
            return datetime.fromisoformat(plain)
        case "confidential":
            return "yes" if plain else "no"
        case _:
            return plain
