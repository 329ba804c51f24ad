"""People: what of each citizen in a case is compared with others, sealed, and what finds it.

A card is a person in normalised form, which only the register opens. Blocks are keyed tokens of
its blocking keys: whoever reads the table sees that two rows have one in common, not what.
"""

from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct

from domain.appeal import AppealRegistered
from domain.applicant import Anonymous, Applicant, parts
from domain.case import Event, Person
from domain.entries import OF_PERSON
from domain.envelope import Recorded
from domain.keeping import ContentDestroyed
from domain.kinds import EVENTS
from domain.person_card import Card, block_keys, card_of, corrected, decode, encode
from domain.reception import VisitRegistered, WrittenAppealTakenIn
from domain.record import EntryCorrected
from infra.blinding import Blinding
from projections.groups import Group
from projections.readmodel import Rows

VERSION = 1
GROUP = Group.LATER
KEY = ("case_id", "person_id", "part")
KEYED = True
TAKES: frozenset[type[Event]] = frozenset(
    {AppealRegistered, VisitRegistered, WrittenAppealTakenIn, EntryCorrected, ContentDestroyed}
)
IGNORED = frozenset(str(event.__struct_config__.tag) for event in EVENTS if event not in TAKES)
"""These tell nothing new of a citizen; journalists and spokespersons don't complain of us."""

_CORRECTED_IN = {
    "applicant": frozenset({"applicant", "represented"}),
    "representative": frozenset({"representative"}),
}
_FEWEST_DIGITS = 7
_UNKNOWN = Card()


class Row(Struct):
    """Somebody without a name, who left a contact detail, has the id of their case.

    ``part`` is applicant, represented, representative, signatory, visitor or anonymous.
    """

    case_id: UUID
    person_id: UUID
    part: str
    card: bytes
    blocks: list[int]


def fold(rows: Rows, recorded: Recorded, blinding: Blinding) -> None:
    case = recorded.originator_id
    match recorded.event:
        case AppealRegistered(applicant=applicant):
            for part, person in people_of(applicant):
                _put(rows, (case, person.id or case, part), card_of(person), blinding)
        case VisitRegistered(visitor=visitor, person_id=person_id):
            _put(rows, (case, person_id, "visitor"), card_of(visitor), blinding)
        case WrittenAppealTakenIn(applicant=person, person_id=person_id):
            _put(rows, (case, person_id, "applicant"), card_of(person), blinding)
        case EntryCorrected(entry=entry, text=str(text), person_id=UUID() as person_id):
            whose, _, field = entry.partition(".")
            if field in OF_PERSON:
                _correct(rows, case, person_id, (whose, field, text), blinding)
        case ContentDestroyed():
            rows.clear()
        case _:
            pass


def people_of(applicant: Applicant) -> Iterator[tuple[str, Person]]:
    """The citizens who write or are written for, each after their part."""
    yield from parts(applicant)
    if isinstance(applicant, Anonymous) and applicant.contact:
        yield "anonymous", reached_at(applicant.contact)


def reached_at(contact: str) -> Person:
    """A person of whom only this is known: an e-mail address, a telephone number or an address."""
    if "@" in contact:
        return Person(email=contact)
    if sum(map(str.isdigit, contact)) >= _FEWEST_DIGITS:
        return Person(phone=contact)
    return Person(address=contact)


def opened(row: tuple[UUID, UUID, bytes], blinding: Blinding) -> Card:
    """The card of a case, a person and what is sealed of them. Raises CardNotOurs."""
    case, person_id, sealed = row
    return decode(blinding.open(sealed, case.bytes + person_id.bytes))


def _put(rows: Rows, key: tuple[UUID, UUID, str], card: Card, blinding: Blinding) -> None:
    """Enter or replace the person; one of whom nothing is known, or left, has no row."""
    case, person_id, part = key
    rows.pop(key, None)
    if card != _UNKNOWN:
        sealed = blinding.seal(encode(card), case.bytes + person_id.bytes)
        rows[key] = Row(case, person_id, part, sealed, list(map(blinding.token, block_keys(card))))


def _correct(
    rows: Rows, case: UUID, person_id: UUID, said: tuple[str, str, str], blinding: Blinding
) -> None:
    whose, field, text = said
    parts = _CORRECTED_IN.get(whose, frozenset())
    found = [key for key in rows if key[1] == person_id and key[2] in parts]
    for key in found or [(case, person_id, whose)]:
        card = opened((case, person_id, rows[key].card), blinding) if found else _UNKNOWN
        _put(rows, key, corrected(card, field, text), blinding)
