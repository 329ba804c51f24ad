"""The demo's archive: an appeal from the earlier register whose time of retention is over."""

from collections.abc import Sequence
from datetime import date, datetime, time
from hashlib import sha256
from uuid import UUID, uuid5

from msgspec import Struct

from application.caller import Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Story
from domain.appeal import AppealKind, Channel, RecordLegacyOutcome, RegisterAppeal, Result
from domain.applicant import Individual
from domain.case import CaseKind, Person
from domain.record import AttachDocument, Document

_ENTERED = 5
"""On this day of the demo the earlier register's case was entered."""
_YEARS_AGO = 7
_LETTER = (
    "Müraciətinizə baxıldı. Yaşayış sahənizin texniki pasportu yenidən tərtib olunub və "
    "arxivdən götürülə bilər.\n"
)
_REQUEST = "Texniki pasportun itirilməsi ilə əlaqədar yenisinin verilməsini xahiş edirəm.\n"


class KeptDocument(Struct, frozen=True):
    """A document of the demo with its bytes, which are kept beside the log."""

    case_id: UUID
    owner: UUID
    document: Document
    content: bytes


def tell_archived(diary: Diary, days: Sequence[date]) -> int:
    """How many cases that makes. Draws nothing."""
    day = days[_ENTERED]
    case_id, person_id = _ids(diary.ids)
    story = Story(diary, CaseKind.APPEAL, diary.moment(day, HOURS[0]), case_id)
    received = date(day.year - _YEARS_AGO, 3, 4)
    registrar = caller("registrar-1", Role.REGISTRAR)
    person = Person(id=person_id, surname="Arxivli", name="Nümunə")
    story.order(
        RegisterAppeal(
            kind=AppealKind.APPLICATION,
            channel=Channel.POST,
            applicant=Individual(person=person),
            topic="housing",
            subject="Texniki pasportun bərpası",
            received_at=datetime.combine(received, time(10), diary.time_zone),
            registered_on=received,
            legacy_number=f"M-117/{received.year}",
        ),
        registrar,
    )
    for kept in archived_documents(diary.ids):
        story.order(AttachDocument(document=kept.document), registrar)
    story.order(
        RecordLegacyOutcome(ended_on=date(received.year, 3, 27), result=Result.SATISFIED),
        registrar,
    )
    return 1


def archived_documents(ids: UUID) -> list[KeptDocument]:
    """What the citizen wrote, and the answer; *ids* are the demo's."""
    return [
        KeptDocument(
            *_ids(ids),
            Document(
                name=name,
                media_type="text/plain",
                size=len(text.encode()),
                sha256=sha256(text.encode()).hexdigest(),
            ),
            text.encode(),
        )
        for name, text in (("Ərizə.txt", _REQUEST), ("Cavab məktubu.txt", _LETTER))
    ]


def _ids(ids: UUID) -> tuple[UUID, UUID]:
    """The case and its applicant."""
    return uuid5(ids, "archived"), uuid5(ids, "archived person")
