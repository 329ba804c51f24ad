"""A case as a document to read: the same for the PDF and for the README of a case file.

Everything in it is text in the reader's language, ready to be set; the template only lays it out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, toml

from domain.applicant import Applicant
from domain.case import CaseKind, Person
from domain.envelope import Recorded
from domain.personal_fields import WITHHELD
from domain.record import DocumentAttached
from domain.reply import (
    ReplyDrafted,
    ReplyInitialled,
    ReplyReturned,
    ReplyRevised,
    ReplySigned,
)
from infra.sealing import SEALED
from projections import register
from projections.corrections import Entries, take
from projections.history import Entry, tell_all
from projections.readmodel import Rows
from projections.telling import FORMS, Names, Reader
from projections.telling import language as sentences
from projections.timeline import DueMark, Lane, Mark, Standing, lane_of, timeline
from projections.written_days import day, instant

LANGUAGES = ("az", "en", "tr", "ka", "ru")
NOT_SHOWN = frozenset({SEALED, WITHHELD})
"""They stand for a text that can't be opened, or isn't for its reader."""
_WRITTEN_IN = frozenset({CaseKind.APPEAL.value, CaseKind.MEDIA_INQUIRY.value})
"""Kinds of case that begin with somebody's own text."""
_FOLDER = Path(__file__).with_name("headings")


class Headings(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of headings."""

    title: str
    contents: str
    page: str
    nothing: str
    parts: dict[str, str]
    fields: dict[str, str]
    lanes: dict[str, str]
    history: dict[str, str]
    reply: dict[str, str]
    deadlines: dict[str, str]
    attachments: dict[str, str]
    proof: dict[str, str]
    taken: dict[str, str]
    left_out: dict[str, str]
    kinds: dict[str, str]
    states: dict[str, str]
    clocks: dict[str, str]
    readme: dict[str, Any]


class ToldTerm(Struct, frozen=True, kw_only=True):
    """A clock with its working, told. ``calendar_known`` as in the API's deadlines."""

    clock: str
    due_on: date
    due_at: datetime
    met_on: date | None
    running: bool
    paused: bool
    rule: str | None
    source: str | None
    calendar_known: bool
    steps: Sequence[str]
    text: str


class Attachment(Struct, frozen=True, kw_only=True):
    """An attached document; ``file`` is its name in the ZIP.

    None where the register hasn't its bytes, or doesn't show them to whoever takes the file.
    """

    version: int
    name: str
    media_type: str
    size: int
    sha256: str
    file: str | None
    shown: bool = True


class CaseDocument(Struct, frozen=True, kw_only=True):
    """What the template sets. ``number`` is the case's own, in words where it has no book."""

    language: str
    headings: Headings
    number: str
    kind: str
    state: str
    subject: str | None
    text: str | None
    fields: list[tuple[str, str]]
    timeline: str
    history: list[dict[str, str]]
    reply: list[dict[str, str]]
    reply_text: str | None
    deadlines: list[dict[str, Any]]
    attachments: list[dict[str, str]]


@cache
def headings(language: str) -> Headings:
    """One of LANGUAGES, read once."""
    return toml.decode((_FOLDER / f"{language}.toml").read_bytes(), type=Headings)


def told_history(
    events: Sequence[Recorded], language: str, names: Names, numbers: Mapping[UUID, str]
) -> list[Entry]:
    """The history; *numbers* are those of other cases that whoever reads it may see."""
    return tell_all(events, language, names, numbers)


def case_document(
    events: Sequence[Recorded],
    terms: Sequence[ToldTerm],
    attachments: Sequence[Attachment],
    language: str,
    names: Names,
    at: datetime,
    told: Sequence[Entry],
) -> CaseDocument:
    """The case as of *at*, by the events up to then, and what is *told* of each."""
    words = headings(language)
    lacking = any(recorded.lacking for recorded in events)
    reader = Reader(sentences(language), names, {}, lacking)
    rows: Rows = {}
    entries: Entries = {}
    for recorded in events:
        register.fold(rows, recorded)
        take(entries, recorded.event)
    (row,) = rows.values()
    home = row.units[0]
    today = at.astimezone(names.time_zone).date()
    dues = [DueMark(t.due_on, _clock(t, words, reader), _standing(t, today, at)) for t in terms]
    texts = [e.event.text for e in events if isinstance(e.event, ReplyDrafted | ReplyRevised)]
    return CaseDocument(
        language=language,
        headings=words,
        number=_number(row, names, language),
        kind=words.kinds.get(row.kind, row.kind),
        state=words.states.get(row.state, row.state),
        subject=_text(entries, "subject", reader),
        text=_text(entries, "text", reader) if row.kind in _WRITTEN_IN else None,
        fields=list(_fields(row, entries, home, language, reader)),
        timeline=timeline(
            [
                Mark(lane_of(e, home), e.recorded_at.astimezone(names.time_zone), v)
                for v, e in enumerate(events, start=1)
            ],
            dues,
            _arrived(row, names),
            words.lanes,
            language,
        ),
        history=[
            _line(entry, language, lane_of(event, home), names)
            for entry, event in zip(told, events, strict=True)
        ],
        reply=list(_chain(events, told, language, names)),
        reply_text=texts[-1] if texts and texts[-1] not in NOT_SHOWN else None,
        deadlines=[_told_term(term, due, language) for term, due in zip(terms, dues, strict=True)],
        attachments=[_attachment(each, words) for each in attachments],
    )


def attached(events: Sequence[Recorded]) -> Iterator[tuple[int, DocumentAttached]]:
    """The documents put on the case, each with the version of its event."""
    for recorded in events:
        if isinstance(recorded.event, DocumentAttached):
            yield recorded.originator_version, recorded.event


def _number(row: register.Row, names: Names, language: str) -> str:
    """The number in the register book; a reception has none, but an official and a day."""
    if row.kind != CaseKind.RECEPTION:
        return row.number
    official, _, _ = row.number.rpartition(" ")
    return f"{names.official(official)}, {day(row.registered_on, language)}"


def _fields(
    row: register.Row, entries: Entries, home: str, language: str, reader: Reader
) -> Iterator[tuple[str, str]]:
    names, spoken, words = reader.names, reader.language.words, headings(language)
    held = row.kind == CaseKind.RECEPTION

    def moment(at: datetime) -> str:
        return instant(at, language, names.time_zone)

    told: Mapping[str, str | None] = {
        "number": _number(row, names, language),
        "kind": _kind(words.kinds.get(row.kind, row.kind), spoken.get(row.subkind, row.subkind)),
        "state": words.states.get(row.state, row.state),
        "result": row.result and spoken.get(row.result, row.result),
        "subject": _text(entries, "subject", reader),
        **_who_asked(entries, reader),
        "received_at": None if held else moment(row.received_at),
        "held_at": moment(row.received_at) if held else None,
        "registered_on": None if held else day(row.registered_on, language),
        "due_on": day(row.due_on, language) if row.due_on else None,
        "closed_at": moment(row.closed_at) if row.closed_at else None,
        "home": names.unit(home),
        "unit": names.unit(row.unit),
        "executors": ", ".join(names.official(each) for each in row.executors),
        "controller": row.controller and names.official(row.controller),
        "confidential": words.fields["yes"] if row.confidential else None,
        "legacy_number": row.legacy_number,
    }
    for name, value in told.items():
        if value:
            yield words.fields[name], value


def _kind(kind: str, subkind: str) -> str:
    """Both, unless a language has one word for them."""
    return kind if kind.lower() == subkind.lower() else f"{kind}, {subkind}"


def _who_asked(entries: Entries, reader: Reader) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    if "applicant" in entries:
        found["applicant"] = reader.value(convert(_nameable(entries["applicant"]), Applicant))
    if "journalist" in entries:
        found["outlet"] = entries.get("outlet")
        found["journalist"] = reader.value(convert(_nameable(entries["journalist"]), Person))
    return found


def _text(entries: Entries, name: str, reader: Reader) -> str | None:
    text = entries.get(name)
    return reader.value(text) if isinstance(text, str) else None


def _nameable(plain: Any) -> Any:
    """The same without what no name needs: a withheld day of birth is no day."""
    if isinstance(plain, dict):
        return {name: _nameable(value) for name, value in plain.items() if name != "birth_date"}
    return [_nameable(each) for each in plain] if isinstance(plain, list | tuple) else plain


def _arrived(row: register.Row, names: Names) -> date | None:
    if row.kind not in {"appeal", "media-inquiry"}:
        return None
    return row.received_at.astimezone(names.time_zone).date()


def _line(entry: Entry, language: str, lane: Lane, names: Names) -> dict[str, str]:
    words = headings(language)
    deputised = entry.on_behalf_of
    return {
        "version": str(entry.version),
        "at": instant(entry.at, language, names.time_zone),
        "who": entry.who.name,
        "for": f"{words.history['for']} {deputised.name}" if deputised else "",
        "unit": entry.unit.name,
        "client": entry.client,
        "what": entry.sentence,
        "reason": entry.reason or "",
        "lane": words.lanes[lane],
    }


def _chain(
    events: Sequence[Recorded], told: Sequence[Entry], language: str, names: Names
) -> Iterator[dict[str, str]]:
    """The reply's texts, and the initials and signatures that each of them bears."""
    words = headings(language)
    for recorded, entry in zip(events, told, strict=True):
        match recorded.event:
            case ReplyDrafted(digest=digest):
                step = "drafted"
            case ReplyRevised(digest=digest):
                step = "revised"
            case ReplyInitialled(digest=digest):
                step = "initialled"
            case ReplySigned(digest=digest):
                step = "signed"
            case ReplyReturned(digest=digest):
                step = "returned"
            case _:
                continue
        yield {
            "step": step,
            "version": str(recorded.originator_version),
            "what": words.reply[step],
            "who": (entry.on_behalf_of or entry.who).name,
            "by": entry.who.name if entry.on_behalf_of else "",
            "at": instant(entry.at, language, names.time_zone),
            "digest": digest,
        }


def _clock(term: ToldTerm, words: Headings, reader: Reader) -> str:
    name, _, _ = term.clock.partition(":")
    return words.clocks.get(name) or FORMS["clock"](reader, term.clock)


def _standing(term: ToldTerm, today: date, at: datetime) -> Standing:
    if term.met_on:
        return Standing.MET if term.met_on <= term.due_on else Standing.LATE
    if term.paused:
        return Standing.PAUSED
    if not term.running:
        return Standing.ENDED
    return Standing.MISSED if term.due_at < at or term.due_on < today else Standing.RUNNING


def _told_term(term: ToldTerm, due: DueMark, language: str) -> dict[str, Any]:
    words = headings(language)
    met = day(term.met_on, language) if term.met_on else ""
    return {
        "clock": due.name,
        "due": day(term.due_on, language),
        "standing": due.standing.value,
        "state": words.deadlines[due.standing].format(day=met),
        "rule": term.rule or "",
        "source": term.source or "",
        "note": "" if term.calendar_known else words.deadlines["calendar_gone"],
        "steps": list(term.steps),
        "text": term.text,
    }


def _attachment(each: Attachment, words: Headings) -> dict[str, str]:
    return {
        "version": str(each.version),
        "name": each.name,
        "media_type": each.media_type,
        "size": words.attachments["bytes"].format(size=f"{each.size:,}".replace(",", "\u00a0")),
        "sha256": each.sha256,
        "file": each.file or words.attachments["left_out" if each.shown else "withheld"],
    }
