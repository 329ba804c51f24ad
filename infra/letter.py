"""A notice in words: its number, kind, clock and days, in the reader's language.

Nothing else of the case is told: a letter leaves the register.
"""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import get_args
from uuid import UUID

from msgspec import Struct, toml

from domain.notice import Stage
from infra.organisation import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)

_FOLDER = Path(__file__).with_name("notices")
_IN_TIME = frozenset({Stage.APPROACHING, Stage.DUE_TODAY})


class Notice(Struct, frozen=True, kw_only=True):
    """A notice to one official through one channel. ``notice_id`` is the same at each try.

    ``email`` None: the register knows no address of theirs.
    """

    notice_id: UUID
    case_id: UUID
    number: str
    kind: str
    clock: str
    stage: str
    step: str
    due_on: date
    working_days_left: int
    official: str
    role: str
    given_at: datetime
    email: str | None
    language: Language
    tries: int


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """What a letter says; days stand behind a colon, so that no number needs a plural."""

    day: str
    subject: str
    case: str
    clock: str
    due: str
    left: str
    late: str
    link: str
    closing: str
    stages: dict[str, str]
    kinds: dict[str, str]
    clocks: dict[str, str]

    def clock_of(self, clock: str) -> str:
        """A clock's name without the id of what it runs for."""
        name = clock.partition(":")[0]
        return self.clocks.get(name, name)

    def date(self, on: date) -> str:
        return self.day.format(day=on.day, month=on.month, year=on.year)


@cache
def words(language: Language) -> Words:
    return toml.decode((_FOLDER / f"{language}.toml").read_bytes(), type=Words)


def subject_of(notice: Notice) -> str:
    said = words(notice.language)
    return said.subject.format(number=notice.number, stage=said.stages[notice.stage])


def text_of(notice: Notice, link: str | None) -> str:
    """The letter as plain text; days are told as they stood when the notice was given."""
    said = words(notice.language)
    days = notice.working_days_left
    in_time = notice.stage in _IN_TIME and days >= 0
    lines = [
        f"{said.stages[notice.stage]}.",
        "",
        said.case.format(number=notice.number, kind=said.kinds[notice.kind]),
        said.clock.format(clock=said.clock_of(notice.clock)),
        said.due.format(due_on=said.date(notice.due_on)),
        said.left.format(days=days) if in_time else said.late.format(days=-days),
    ]
    if link:
        lines.append(said.link.format(link=link))
    return "\n".join([*lines, "", said.closing.format(id=notice.notice_id), ""])


def link_to(public_url: str | None, case_id: UUID) -> str | None:
    """Where the case is found by those who may see it."""
    return f"{public_url}/api/v1/cases/{case_id}" if public_url else None
