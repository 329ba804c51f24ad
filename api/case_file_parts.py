"""The files that a case file is made of, each as its bytes."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, to_builtins

from api.deadline_working import ClockWorking
from api.documents import Documents
from domain.calendar import WorkingCalendar
from domain.due import Terms
from domain.envelope import Recorded
from domain.personal_fields import EVERY_FIELD, Fields
from infra.case_archive import Listed
from infra.case_file_verifier import (
    CONSISTENCY,
    INCLUSION,
    KEY,
    MANIFEST,
    NOTE,
    OF_CASE_FILES,
    SEAL,
)
from infra.case_proofs import CaseProofs
from infra.notes import Signer
from infra.rows import StreamRow
from projections.case_document import (
    Attachment,
    CaseDocument,
    Headings,
    headings,
)
from projections.history import NO_NUMBERS, Entry
from projections.telling import Names
from projections.written_days import instant

FORM = "karguzar-case-file/1"
_SHORT = 16


class Taken(Struct, frozen=True, kw_only=True):
    """Who takes the file out, for whom and why; *shown* are the personal fields they see."""

    at: datetime
    by: str
    unit: str
    client: str
    on_behalf_of: str | None
    reason: str
    shown: Fields = EVERY_FIELD


class Sources(Struct, frozen=True, kw_only=True):
    """Where a case file comes from. Without ``signer`` nothing in it is signed.

    ``numbers`` are those of other cases that whoever takes it may see.
    """

    documents: Documents
    names: Names
    terms: Terms
    calendar: Callable[[str], WorkingCalendar | None]
    origin: str
    signer: Signer | None
    numbers: Mapping[UUID, str] = NO_NUMBERS


class CaseFileParts:
    """The files of one case file, each as its bytes."""

    def __init__(  # noqa: PLR0913
        self,
        sources: Sources,
        rows: Sequence[StreamRow],
        events: Sequence[Recorded],
        position: int,
        taken: Taken,
        *,
        document: CaseDocument,
        told: Sequence[Entry],
        attachments: Sequence[Attachment],
        proofs: CaseProofs | None,
    ) -> None:
        self.sources = sources
        self.attachments = attachments
        self.case_id = rows[0].case_id
        self._rows = rows
        self._events = events
        self._position = position
        self._taken = taken
        self._document = document
        self._told = told
        self._proofs = proofs

    @property
    def _words(self) -> Headings:
        return headings(self._document.language)

    @property
    def _uncovered(self) -> list[int]:
        size = self._proofs.size if self._proofs else 0
        return [row.version for row in self._rows if row.position > size]

    def readme(self) -> bytes:
        words, number = self._words.readme, self._document.number
        at = instant(self._taken.at, self._document.language, self.sources.names.time_zone)
        lines = [
            words["heading"].format(number=number),
            "",
            words["opening"].format(at=at),
            "",
            *(f"- {each}" for each in words["files"]),
            "",
            words["check"],
            "",
            '    python verify.py case.zip --key "…"',
            "",
            words["key"],
            "",
            self._words.proof["cannot"],
            "",
        ]
        return "\n".join(lines).encode()

    def history(self) -> bytes:
        """Every event as the API tells it; ``form`` is the version of the event's form."""
        entries = [
            {**to_builtins(entry), "form": event.event.VERSION}
            for entry, event in zip(self._told, self._events, strict=True)
        ]
        return self._json(language=self._document.language, entries=entries)

    def deadlines(self, clocks: Sequence[ClockWorking]) -> bytes:
        return self._json(language=self._document.language, clocks=list(clocks))

    def stored_events(self) -> bytes:
        """All that a leaf of the tree is made of: see infra/leaves.py."""
        return _json(
            [
                {
                    "case_id": row.case_id,
                    "version": row.version,
                    "topic": row.topic,
                    "state": row.state,
                    "position": row.position,
                }
                for row in self._rows
            ]
        )

    def proof_files(self) -> Iterator[tuple[str, bytes]]:
        proofs, signer = self._proofs, self.sources.signer
        if proofs is None or signer is None:
            return
        yield NOTE, proofs.note.encode()
        yield KEY, f"{signer.verifier}\n".encode()
        yield INCLUSION, _json({"size": proofs.size, "root": proofs.root, "events": proofs.events})
        if proofs.continued is not None:
            continued = {
                "from_size": self._position,
                "from_root": proofs.root_before,
                "to_size": proofs.size,
                "to_root": proofs.root,
                "hashes": proofs.continued,
            }
            yield CONSISTENCY, _json(continued)

    def manifest(self, listed: list[Listed]) -> Iterator[tuple[str, bytes]]:
        """What is in the ZIP and what isn't, and the register's signature on that."""
        first = self._events[0]
        proofs, signer = self._proofs, self.sources.signer
        content = _json(
            {
                "form": FORM,
                "case_id": self.case_id,
                "number": self._document.number,
                "kind": first.kind,
                "thread": first.correlation_id,
                "version": self._rows[-1].version,
                "position": self._position,
                "language": self._document.language,
                "taken": self._taken,
                "proof": {
                    "signed": proofs is not None,
                    "origin": self.sources.origin,
                    "size": proofs.size if proofs else 0,
                    "uncovered": self._uncovered,
                },
                "attachments": [
                    {
                        "name": each.file,
                        "title": each.name,
                        "media_type": each.media_type,
                        "size": each.size,
                        "sha256": each.sha256,
                        "version": each.version,
                    }
                    for each in self.attachments
                    if each.file
                ],
                "left_out": list(self._left_out()),
                "files": listed,
            }
        )
        yield MANIFEST, content
        if proofs and signer:
            digest = sha256(content).hexdigest()
            yield SEAL, signer.note(f"{signer.verifier.name}{OF_CASE_FILES}\n{digest}\n").encode()

    def content(self) -> dict[str, Any]:
        """What the template sets."""
        words, names, taken = self._words, self.sources.names, self._taken
        labels = words.taken
        deputised = taken.on_behalf_of
        rows = [
            (labels["by"], f"{names.official(taken.by)}, {names.unit(taken.unit)}"),
            (labels["for"], names.official(deputised) if deputised else ""),
            (labels["at"], instant(taken.at, self._document.language, names.time_zone)),
            (labels["reason"], taken.reason),
        ]
        return {
            "document": self._document,
            "footer": f"{self.case_id} · {self._position}",
            "taken": [row for row in rows if row[1]],
            "proof": {
                "says": self._says(),
                "facts": list(self._facts()),
                "note": self._proofs.note.strip() if self._proofs else "",
            },
        }

    def _says(self) -> list[str]:
        words = self._words.proof
        if self.sources.signer is None:
            return [words["unsigned"]]
        if self._proofs is None:
            return [words["waiting"]]
        newer = ", ".join(map(str, self._uncovered))
        return [words["signed"], *([words["uncovered"].format(events=newer)] if newer else [])]

    def _facts(self) -> Iterator[tuple[str, str]]:
        words, proofs = self._words.proof, self._proofs
        yield words["case_id"], str(self.case_id)
        yield words["thread"], str(self._events[0].correlation_id)
        yield words["position"], str(self._position)
        yield words["position_of_last"], str(self._rows[-1].position)
        if proofs:
            short = proofs.root.hex()[:_SHORT]
            yield words["log"], self.sources.origin
            yield words["size"], str(proofs.size)
            yield words["root"], b64encode(proofs.root).decode()
            yield words["short"], " ".join(short[at : at + 4] for at in range(0, _SHORT, 4))

    def _left_out(self) -> Iterator[dict[str, Any]]:
        why = self._words.left_out
        for each in self.attachments:
            if each.file is None:
                what = "document-not-stored" if each.shown else "document-withheld"
                yield {
                    "what": what,
                    "why": why[what],
                    "sha256": each.sha256,
                    "version": each.version,
                }
        if self._taken.shown != EVERY_FIELD:
            yield {"what": "fields-withheld", "why": why["fields-withheld"]}
        for what in ("other-cases", "accesses"):
            yield {"what": what, "why": why[what]}
        if self._proofs is None:
            yield {"what": "no-proofs", "why": why["no-proofs"]}
        elif self._uncovered:
            yield {"what": "unproved", "why": why["unproved"], "versions": self._uncovered}

    def _json(self, **content: Any) -> bytes:
        return _json({"case_id": self.case_id, "position": self._position, **content})


def _json(content: Any) -> bytes:
    """Readable, and always the same for the same content."""
    plain = msgspec.json.encode(content, order="sorted")
    return msgspec.json.format(plain, indent=1) + b"\n"
