"""A case of a month, with documents and a signed reply, and the case files taken of it."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import psycopg
from msgspec import Struct

from api.case_file import gather
from api.case_file_parts import Sources, Taken
from api.documents import Documents
from application.caller import Caller
from application.desk import Desk
from domain.appeal import CloseAppeal, DispatchReply, DispatchWay, Result
from domain.case import CaseKind, Command
from domain.record import AttachDocument, Document
from domain.reply import DraftReply, InitialReply, ReturnReply, ReviseReply, SignReply
from infra import case_file_verifier
from infra.notes import Signer
from projections.runner import LogReader
from projections.telling import Names
from tests.domain.spec import BAKU, NOON, PLAIN_CALENDAR
from tests.infra.proofs import ORIGIN, Proven, proven
from tests.orders import (
    EXECUTOR,
    HEAD,
    REGISTRAR,
    SIGNATORY,
    accept_appeal,
    add_note,
    assign_appeal,
    order,
    register_appeal,
)

VERIFIER = Path(case_file_verifier.__file__)
NAMES = Names(
    officials={
        "aliyev": "Əliyev Rauf",
        "mammadov": "Məmmədov Elçin",
        "huseynova": "Hüseynova Günel",
        "director": "Cəfərov Kamran",
    },
    units={"records": "Kargüzarlıq şöbəsi", "pensions": "Pensiya təminatı şöbəsi"},
    time_zone=BAKU,
)
ANSWER = (
    "Hörmətli Rəşad Həsənov! Müraciətinizə baxıldı. Pensiyanız 1 may 2026-cı il tarixindən yenidən "
    "hesablanacaq və fərq hesabınıza köçürüləcək."
)
SCAN = b"%PDF-1.4\n" + bytes(range(256)) * 40
TAKEN = Taken(
    at=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
    by="aliyev",
    unit="records",
    client="tests",
    on_behalf_of=None,
    reason="Məhkəmənin sorğusu",
)


class Office(Struct, frozen=True):
    """A register with one case, whose log is proved."""

    desk: Desk
    documents: Documents
    proven: Proven
    case: UUID

    def sources(self, signer: Signer | None) -> Sources:
        return Sources(
            documents=self.documents,
            names=NAMES,
            terms=self.desk.terms,
            calendar=lambda version: PLAIN_CALENDAR if version == "plain" else None,
            origin=ORIGIN,
            signer=signer,
        )

    def taken(self, language: str = "az", *, signed: bool = True) -> bytes:
        """The bytes of a case file, as of the case's last event."""
        log = self.desk.log
        rows = log.cases_between(self.case, self.case, log.max_notification_id() or 0)
        position = rows[-1].position
        reader = LogReader(log, self.desk.event_mapper, self.desk.keys)
        events = self.desk.event_mapper.read_all(rows, reader.keys_of)
        with psycopg.connect(self.proven.database, autocommit=True) as conn:
            found = gather(
                conn,
                self.sources(self.proven.signer if signed else None),
                rows,
                events,
                position,
                TAKEN,
                language,
            )
            return b"".join(found.pieces())

    def do(self, command: Command, by: Caller, kind: CaseKind = CaseKind.APPEAL) -> None:
        self.desk.execute(order(kind, self.case, command, by))


@contextmanager
def office(database: str, desk: Desk, directory: Path) -> Iterator[Office]:
    """An appeal that was answered in time, after a text that was sent back once."""
    day = DayBook(desk)
    with proven(database, directory) as register:
        for _ in range(3):
            desk.execute(register_appeal())
        found = Office(desk, Documents(desk), register, desk.execute(register_appeal()).id)
        _answered(found, day)
        register.hash_and_sign()
        for _ in range(5):
            desk.execute(register_appeal())
        register.hash_and_sign()
        yield found


class DayBook:
    """Moves the desk's clock on, a day's work at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def day(self, number: int, hour: int = 9) -> datetime:
        at = (NOON + timedelta(days=number)).astimezone(BAKU).replace(hour=hour)
        self._desk.clock = lambda: at.astimezone(UTC)
        return at


def _answered(found: Office, book: DayBook) -> None:
    case, desk = found.case, found.desk
    digest = sha256(ANSWER.encode()).hexdigest()
    first = "Müraciətinizə baxıldı."
    book.day(0, 15)
    attach(found, "Ərizə № 17 (skan).pdf", SCAN)
    desk.execute(assign_appeal(case, resolution="Baxılsın, cavab hazırlansın"))
    book.day(1)
    desk.execute(accept_appeal(case))
    book.day(3)
    desk.execute(add_note(case, "Vətəndaşla telefonla danışıldı", by=EXECUTOR))
    book.day(7, 11)
    found.do(DraftReply(text=first, initials_by=("huseynova",), signatory="director"), EXECUTOR)
    book.day(7, 16)
    found.do(
        ReturnReply(digest=sha256(first.encode()).hexdigest(), reason="Tarix göstərilsin"), HEAD
    )
    book.day(8)
    found.do(ReviseReply(text=ANSWER), EXECUTOR)
    book.day(8, 14)
    found.do(InitialReply(digest=digest), HEAD)
    book.day(9, 10)
    found.do(SignReply(digest=digest), SIGNATORY)
    on = book.day(9, 16).date()
    found.do(
        DispatchReply(letter_number="12/34", dispatched_on=on, way=DispatchWay.POST), REGISTRAR
    )
    book.day(10, 10)
    found.do(CloseAppeal(result=Result.SATISFIED, file_index="05-12"), REGISTRAR)


def attach(found: Office, name: str, content: bytes) -> None:
    digest = sha256(content).hexdigest()
    found.documents.store(found.case, found.case, digest, "application/pdf", content)
    document = Document(name=name, media_type="application/pdf", size=len(content), sha256=digest)
    found.do(AttachDocument(document=document), REGISTRAR)


def files_in(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def zipped_again(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()
