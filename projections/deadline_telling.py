"""The working of a due date, each step as one sentence in the reader's language.

The sentences, units and names are TOML, one file a language.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct, structs, toml

from domain.deadline_steps import Step, StepKind
from domain.rule import Start, Unit
from projections.telling import Language, Names, Reader, Template

LANGUAGES = ("az", "tr", "ka", "en", "ru")
OWN_LANGUAGE = {"az": "az", "tr": "tr", "ge": "ka"}
"""The language that each jurisdiction names its days in."""

_FOLDER = Path(__file__).with_name("workings")
_OBSERVED, _FROM_ONE, _EVE = " (observed)", " (from 1pm)", "eve of "
_IN_BRACKETS = re.compile(r"(\s*\([^()]*\))+$")
_NOBODY = Names(officials={}, units={}, time_zone=ZoneInfo("UTC"))


class ToldStep(Step, frozen=True, kw_only=True, omit_defaults=True):
    """A step of the working, and ``text``, which tells it in the reader's language."""

    text: str


class Working(Struct, frozen=True):
    """A file as it is read. ``cited`` are the parts of acts and sources that have a translation.

    ``days`` are names by the English one; before it may stand the jurisdiction meant.
    """

    language: Language
    weekdays: tuple[str, ...]
    observed: str
    eve: str
    afternoon: str
    span: str
    events: dict[str, str]
    grounds: dict[str, str]
    days: dict[str, str]
    cited: tuple[tuple[re.Pattern[str], str], ...]

    def source(self, text: str) -> str:
        """A source or act, translated as far as its parts are known."""
        for part, translation in self.cited:
            text = part.sub(translation, text)
        return text


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    date: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    observed: str
    eve: str
    afternoon: str
    span: str
    sentences: dict[str, str]
    units: dict[str, tuple[str, ...]]
    events: dict[str, str]
    grounds: dict[str, str]
    days: dict[str, str]
    cited: dict[str, str]


class _Slots(Struct, frozen=True, kw_only=True):
    """What sentences may name, each as it is shown."""

    on: str | None
    weekday: str | None
    time: str | None
    first: str | None
    last: str | None
    span: str | None
    at: str | None
    until: str | None
    length: str | None
    hours: str | None
    event: str | None
    rule: str | None
    version: str | None
    source: str | None
    reason: str | None
    act: str | None
    announced: str | None
    year: str | None


@cache
def working(code: str) -> Working:
    """One of LANGUAGES, read once."""
    file = toml.decode((_FOLDER / f"{code}.toml").read_bytes(), type=_File)
    language = Language(
        date=file.date,
        months=file.months or ("",) * 12,
        sealed="",
        unnamed="",
        sentences={name: Template.of(text) for name, text in file.sentences.items()},
        values={},
        words={},
        units=file.units,
    )
    return Working(
        language=language,
        weekdays=file.weekdays,
        observed=file.observed,
        eve=file.eve,
        afternoon=file.afternoon,
        span=file.span,
        events=file.events,
        grounds=file.grounds,
        days=file.days,
        cited=tuple((re.compile(part), text) for part, text in file.cited.items()),
    )


def told_steps(steps: Sequence[Step], jurisdiction: str, language: str) -> tuple[ToldStep, ...]:
    """Every step with its sentence; *jurisdiction* is whose days and names they are."""
    return tuple(
        ToldStep(**structs.asdict(step), text=tell_step(step, jurisdiction, language))
        for step in steps
    )


def tell_step(step: Step, jurisdiction: str, language: str) -> str:
    spoken = working(language)
    reader = _reader(language)
    return reader.told(
        spoken.language.sentences[_sentence_of(step)], _slots(step, jurisdiction, language)
    )


def tell_due(due_at: datetime, language: str) -> str:
    """The last sentence of a working: the day and the time at which the term ends."""
    step = Step(kind=StepKind.OFFICE_CLOSES, on=due_at.date(), at=due_at)
    reader = _reader(language)
    return reader.told(working(language).language.sentences["due"], _slots(step, "", language))


def tell_target(rule: str, due: date, language: str) -> str:
    step = Step(kind=StepKind.OTHER_READING, rule=rule, on=due)
    reader = _reader(language)
    return reader.told(working(language).language.sentences["target"], _slots(step, "", language))


def tell_unsure(language: str) -> str:
    """Said of a term whose certainty is I or M."""
    step = Step(kind=StepKind.RULE)
    reader = _reader(language)
    return reader.told(working(language).language.sentences["unsure"], _slots(step, "", language))


def tell_length(count: int, unit: Unit, language: str) -> str:
    return working(language).language.counted(count, unit.value)


def tell_day(day: date, language: str) -> str:
    return _reader(language).day(day)


def day_name(reason: str, name: str | None, jurisdiction: str, language: str) -> str:
    """Why a day differs. *reason* is in English, *name* in the jurisdiction's own language.

    In that language its own name is shown, in others a translation, else the English one.
    """
    reasons = reason.split("; ")
    own = OWN_LANGUAGE.get(jurisdiction) == language
    names: list[str] = name.split("; ") if name and own else []
    if len(names) != len(reasons):
        names = [""] * len(reasons)
    found = [_one_name(*pair, jurisdiction, language) for pair in zip(reasons, names, strict=True)]
    return "; ".join(dict.fromkeys(found))


def _one_name(reason: str, name: str, jurisdiction: str, language: str) -> str:
    spoken = working(language)
    frame, day = "{day}", reason
    if reason.startswith(_EVE):
        frame, day = spoken.eve, reason.removeprefix(_EVE)
    elif reason.endswith(_OBSERVED):
        frame, day = spoken.observed, reason.removesuffix(_OBSERVED)
    elif reason.endswith(_FROM_ONE):
        frame, day = spoken.afternoon, reason.removesuffix(_FROM_ONE)
    known = spoken.days.get(f"{jurisdiction}/{day}")
    local = _IN_BRACKETS.sub("", name)
    return frame.format(day=known or local or spoken.days.get(day, day))


def _sentence_of(step: Step) -> str:
    """The sentence's name: the kind of step and, where it has several, what sets it apart."""
    variant = ""
    match step.kind:
        case StepKind.STARTED_NEXT_WORKING_DAY:
            variant = step.reason or ""
        case StepKind.EXTENDED if step.base in (Start.START, Start.DECISION):
            variant = step.base
        case StepKind.RULE if step.unit in (Unit.YEARLY, Unit.CHOSEN):
            variant = step.unit
        case StepKind.RULE if not step.count:
            variant = "same-day"
        case _:
            pass
    return f"{step.kind}-{variant}" if variant else step.kind.value


def _slots(step: Step, jurisdiction: str, language: str) -> _Slots:
    spoken, reader = working(language), _reader(language)

    def day(value: date | None) -> str | None:
        return reader.day(value) if value else None

    def instant(value: datetime | None) -> str | None:
        return f"{reader.day(value)}, {value:%H:%M}" if value else None

    def source(text: str | None) -> str | None:
        return spoken.source(text) if text else None

    first, last = day(step.first), day(step.last)
    return _Slots(
        on=day(step.on),
        weekday=spoken.weekdays[step.on.weekday()] if step.on else None,
        time=f"{step.at:%H:%M}" if step.at else None,
        first=first,
        last=last,
        span=first if first == last else spoken.span.format(first=first, last=last),
        at=instant(step.at),
        until=instant(step.until),
        length=spoken.language.counted(step.count or 0, step.unit.value) if step.unit else None,
        hours=_hours(step.minutes, spoken) if step.minutes is not None else None,
        event=spoken.events[step.event.value] if step.event else None,
        rule=step.rule,
        version=step.version,
        source=source(step.source),
        reason=_reason(step, jurisdiction, language) if step.reason else None,
        act=source(step.act),
        announced=day(step.announced_on),
        year=str(step.year) if step.year else None,
    )


def _reason(step: Step, jurisdiction: str, language: str) -> str:
    reason = step.reason or ""
    if step.kind in (StepKind.PAUSED, StepKind.RESTARTED):
        return working(language).grounds.get(reason, reason)
    return day_name(reason, step.name, jurisdiction, language)


def _hours(minutes: int, spoken: Working) -> str:
    hours, rest = divmod(minutes, 60)
    counted = spoken.language.counted
    told = [counted(hours, "hours")] if hours or not rest else []
    return " ".join([*told, *([counted(rest, "minutes")] if rest else [])])


@cache
def _reader(code: str) -> Reader:
    return Reader(working(code).language, _NOBODY, {})
