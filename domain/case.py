"""What all kinds of case share: the words on every event, command and refusal."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, dataclass_transform
from uuid import UUID

from msgspec import Meta, Struct, structs

from domain.calendar import WorkingCalendar
from domain.decided_calendar import DecidedCalendar
from domain.links import NO_LINKS, Links

if TYPE_CHECKING:
    from domain.due import Terms
    from domain.retention import RetentionRules

PERSONAL: dict[str, Any] = {"personal": True}
"""Marks a field that is stored encrypted: inside a Person under that person's own key,
anywhere else under the key of the event's ``person_id``, or else of the case's data subject."""

UNIT: dict[str, Any] = {"names": "unit"}
OFFICIAL: dict[str, Any] = {"names": "official"}
"""These mark the fields of commands that name a unit or an official of the department."""

_NO_NUL = r"^[^\x00]*$"
_CODE = r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)"

ShortText = Annotated[str, Meta(min_length=1, max_length=500, pattern=_NO_NUL)]
Code = Annotated[str, Meta(pattern=_CODE)]
UnitId = Annotated[str, Meta(pattern=_CODE, extra=UNIT)]
OfficialId = Annotated[str, Meta(pattern=_CODE, extra=OFFICIAL)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
PersonalText = Annotated[str, Meta(min_length=1, max_length=500, pattern=_NO_NUL, extra=PERSONAL)]
PersonalLongText = Annotated[
    str, Meta(min_length=1, max_length=50_000, pattern=_NO_NUL, extra=PERSONAL)
]
PersonalDate = Annotated[date, Meta(extra=PERSONAL)]


EVERY_UNIT = "*"
"""Stands among the units of a case that concerns them all; no unit can have this id."""
ANSWERING_FOR_FILES = "*files"
"""The same for those in every unit who propose destructions or decide on them, and nobody else."""


class CaseKind(StrEnum):
    """The kinds of case; the value is the stored name."""

    APPEAL = "appeal"
    RECEPTION = "reception"
    MEDIA_INQUIRY = "media-inquiry"
    ASSIGNMENT = "assignment"
    CALENDAR_DECISION = "calendar-decision"
    DESTRUCTION = "destruction"
    FINDING = "finding"
    IDENTITY = "identity"
    CAUSE = "cause"
    UNIT_REPORT = "unit-report"


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that happened. The tag is the stored name, chosen once, never a module path.

    Why it happened stands on the envelope: a command's ``reason`` is not repeated here.
    """

    VERSION: ClassVar[int] = 1


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something an official asks for. A ``reason`` field goes to the envelope of its events."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of commands and events, compared by value."""


class Refusal(Exception):
    """A command that can't be carried out. The docstring's first line tells people why."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or (self.__doc__ or "").strip().splitlines()[0])


class NotFitting(Refusal):
    """What was sent can't be right, whatever the state of the case (answered 422, not 409)."""


class Actor(Value):
    """Who asks: an official of a unit, possibly for another, through a client system."""

    official: OfficialId
    unit: UnitId
    client: Code
    on_behalf_of: OfficialId | None = None

    @property
    def principal(self) -> str:
        """The official whose act this is: the one acted for, else the actor."""
        return self.on_behalf_of or self.official


class RegistrationNumber(Value):
    """A number in a register book, gap-free per book and year."""

    book: Code
    year: int
    sequence: int

    @classmethod
    def told(cls, text: str) -> Self:
        """The number that reads so. Raises ValueError for what is none."""
        book, _, number = text.rpartition("-")
        sequence, _, year = number.partition("/")
        return cls(book=book.lower(), year=int(year), sequence=int(sequence))

    def __str__(self) -> str:
        return f"{self.book.upper()}-{self.sequence}/{self.year}"


class Other(Struct, frozen=True):
    """Another case that a command names, as it stands. ``ended_on``: it has ended, and when."""

    state: Any
    version: int
    kind: CaseKind | None = None
    ended_on: date | None = None


class Context(Struct, frozen=True, kw_only=True):
    """What a decision may look at besides the command and the case.

    ``at`` is aware UTC; ``today`` is its date where the department sits.
    ``next_number(book, year)`` tells the number the book would give; it is used up only if an
    event that carries it is recorded. ``derive_id(what)`` is a new id, the same each time the
    same command is decided. ``named`` is the other case that the command names, as it stands;
    ``others`` are all that it names, by their ids. ``leads``: whoever asks heads a unit or signs
    for the department.
    ``terms`` are the rules and the calendar that due dates come from; ``decided`` tells which
    decisions stand in that calendar, where there are any. ``retention`` says how long ended cases
    are kept; without it nothing is due. ``links`` are the standing decisions on repeats, or on
    persons, in reach of those that the command names; ``identities`` those on the persons of
    appeals that it would join.
    """

    by: Actor
    at: datetime
    today: date
    case_id: UUID
    terms: "Terms"
    next_number: Callable[[str, int], RegistrationNumber]
    derive_id: Callable[[str], UUID]
    named: Any = None
    others: Mapping[UUID, Other] = MappingProxyType({})
    decided: DecidedCalendar | None = None
    retention: "RetentionRules | None" = None
    leads: bool = False
    links: Links = NO_LINKS
    identities: Links = NO_LINKS

    @property
    def calendar(self) -> WorkingCalendar:
        return self.terms.calendar

    @property
    def time_zone(self) -> tzinfo:
        return self.terms.time_zone

    def local_date(self, instant: datetime) -> date:
        """The date of an aware instant where the department sits, whatever its own offset."""
        return instant.astimezone(self.time_zone).date()


class Person(Value):
    """A natural person. ``id`` may be left out of a command: then it is a person new to us."""

    id: UUID | None = None
    surname: PersonalText | None = None
    name: PersonalText | None = None
    patronymic: PersonalText | None = None
    fin: PersonalText | None = None
    birth_date: PersonalDate | None = None
    phone: PersonalText | None = None
    email: PersonalText | None = None
    address: PersonalText | None = None


def identified(person: Person, ctx: Context, part: str) -> Person:
    """The person with an id: their own, or one derived from the command and their part in it."""
    return person if person.id else structs.replace(person, id=ctx.derive_id(part))


class NotYetBegun(Refusal):
    """There is no such case: it has to be begun first."""


class AlreadyBegun(Refusal):
    """This case has already been begun."""
