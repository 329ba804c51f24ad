"""Matters: what each appeal and visit is about, sealed, and what finds the ones like it.

As in `projections.people`: cards that only the register opens, and keyed tokens.
"""

from uuid import UUID

from msgspec import Struct, msgpack
from msgspec.structs import replace

from domain.appeal import AppealRegistered
from domain.case import Event
from domain.envelope import Recorded
from domain.keeping import ContentDestroyed
from domain.kinds import EVENTS
from domain.matter_card import MatterCard, joined, matter_card_of, matter_keys
from domain.reception import VisitRegistered, WrittenAppealTakenIn
from domain.record import EntryCorrected
from infra.blinding import Blinding
from infra.sealing import SEALED
from projections.groups import Group
from projections.readmodel import Rows

VERSION = 1
GROUP = Group.LATER
KEY = ("case_id", "part")
KEYED = True
WHOLE = ""
"""The part of an appeal: all of it."""
TAKES: frozenset[type[Event]] = frozenset(
    {AppealRegistered, VisitRegistered, WrittenAppealTakenIn, EntryCorrected, ContentDestroyed}
)
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
"""These don't say anew what a citizen comes about."""


class Row(Struct):
    """``part`` is empty for an appeal, else the id of a visit or of what was taken in at it."""

    case_id: UUID
    part: str
    card: bytes
    blocks: list[int]


class Told(Struct, frozen=True, array_like=True):
    """What was told by the subject, with the coded entries, and what by the text.

    Apart, because they are corrected one by one.
    """

    subject: MatterCard
    text: MatterCard

    @property
    def card(self) -> MatterCard:
        return joined(self.subject, self.text)


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(Told).decode


def fold(rows: Rows, recorded: Recorded, blinding: Blinding) -> None:
    case = recorded.originator_id
    match recorded.event:
        case AppealRegistered() as event:
            subject = matter_card_of(
                event.topic,
                _readable(event.subject),
                complained_of_units=event.complained_of_units,
                complained_of=event.complained_of,
                region=event.region,
            )
            text = _readable(event.text)
            if _readable(event.subject) or text:
                told = Told(subject, matter_card_of(None, text))
                _put(rows, (case, WHOLE), told, blinding)
        case VisitRegistered(visit_id=visit_id, matter=matter) as event:
            if _readable(matter):
                subject = matter_card_of(event.topic, matter, region=event.region)
                _put(rows, (case, str(visit_id)), Told(subject, MatterCard()), blinding)
        case WrittenAppealTakenIn(appeal_id=appeal_id) as event:
            text = _readable(event.text)
            if _readable(event.subject) or text:
                subject = matter_card_of(event.topic, _readable(event.subject), region=event.region)
                told = Told(subject, matter_card_of(None, text))
                _put(rows, (case, str(appeal_id)), told, blinding)
        case EntryCorrected() as event:
            part, _, entry = event.entry.rpartition(".")
            if (case, part) in rows and (said := event.value or event.text):
                told = corrected(opened((case, part, rows[case, part].card), blinding), entry, said)
                _put(rows, (case, part), told, blinding)
        case ContentDestroyed():
            rows.clear()
        case _:
            pass


def corrected(told: Told, entry: str, said: str) -> Told:
    """What is told after one entry was corrected."""
    subject = told.subject
    match entry:
        case "subject":
            coded = MatterCard(
                topic=subject.topic, region=subject.region, complained_of=subject.complained_of
            )
            return replace(told, subject=joined(coded, matter_card_of(None, said)))
        case "text":
            return replace(told, text=matter_card_of(None, said))
        case "topic" | "region":
            return replace(told, subject=replace(subject, **{entry: said}))
        case _:
            return told


def opened(row: tuple[UUID, str, bytes], blinding: Blinding) -> Told:
    """What was told in a part of a case, from what is sealed of it. Raises CardNotOurs."""
    case, part, sealed = row
    return _decode(blinding.open(sealed, case.bytes + part.encode()))


def _put(rows: Rows, key: tuple[UUID, str], told: Told, blinding: Blinding) -> None:
    case, part = key
    sealed = blinding.seal(_encode(told), case.bytes + part.encode())
    rows[key] = Row(case, part, sealed, list(map(blinding.token, matter_keys(told.card))))


def _readable(text: str | None) -> str | None:
    """None for a text whose key is gone."""
    return None if text == SEALED else text
