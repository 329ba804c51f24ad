"""A due date with its working, as the server and the command line answer it."""

import re
from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from msgspec import Struct

from api.instants import instant_of
from domain.case import NotFitting
from domain.deadline import Deadline, Granted, MomentNeeded, Reading, Restart, compute
from domain.due import Terms
from domain.rule import Certainty, RuleVersion
from domain.term import Pause
from projections.deadline_telling import ToldStep, tell_due, told_steps

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class StartNotReadable(NotFitting):
    """The start has to be a date or an instant: 2025-06-02 or 2025-06-02T16:00:00+04:00."""


class PauseNotReadable(NotFitting):
    """A pause is written GROUND:FROM:TO, with dates; TO is the first day that counts again."""


class Target(Struct, frozen=True, kw_only=True):
    """The department's own date, before the legal one."""

    rule: str
    rule_version: str
    due: date
    due_at: datetime
    source: str
    certainty: Certainty


class Working(Struct, kw_only=True):
    """A due date and how it came about. Instants have the jurisdiction's offset from UTC.

    ``certainty``: S statute or official page, P press, SEED a department's own statute, I an
    inference, M from memory. ``estimated``: a holiday on the way isn't fixed by an act yet.
    ``readings`` are the dates by other readings of the same text. ``steps`` tell all that was
    counted, skipped and moved; ``text`` is in the reader's language, here as in each step.
    """

    rule: str
    rule_version: str
    jurisdiction: str
    calendar_version: str
    start: date
    due: date
    due_at: datetime
    office_closes_at: datetime
    source: str
    certainty: Certainty
    estimated: bool
    notify: tuple[str, ...]
    readings: tuple[Reading, ...]
    targets: tuple[Target, ...]
    extensions: tuple[Granted, ...]
    pauses: tuple[Pause, ...]
    restarts: tuple[Restart, ...]
    steps: tuple[ToldStep, ...]
    text: str


class Question(Struct, frozen=True, kw_only=True):
    """A term that somebody asks about: no case, only a rule and its start.

    ``decided_on`` is the day of all extensions; without it they are decided on the first day.
    A pause on a ground that starts the term anew starts it on its last date.
    """

    rule: str
    start: str
    extensions: tuple[int, ...] = ()
    decided_on: date | None = None
    pauses: tuple[str, ...] = ()


def answer_to(question: Question, terms: Terms, language: str) -> Working:
    """The due date asked for, with its working.

    Raises StartNotReadable, PauseNotReadable, UnknownRule, RuleNotInForce, RuleWithoutTerm,
    CalendarMissing and the refusals of `domain.deadline`.
    """
    start = start_of(question.start, terms.time_zone)
    on = start.astimezone(terms.time_zone).date() if isinstance(start, datetime) else start
    version = terms.rulebook.version_for(question.rule, on)
    pauses = [pause_of(text) for text in question.pauses]
    restarts = tuple(
        Restart(on=pause.to_date or pause.from_date, ground=pause.ground)
        for pause in pauses
        if pause.ground in version.restarts
    )
    closed = tuple(pause for pause in pauses if pause.ground not in version.restarts)
    granted = tuple(
        Granted(length=length, decided_on=question.decided_on or on)
        for length in question.extensions
    )
    deadline = compute(
        version,
        start,
        terms.calendar,
        terms.time_zone,
        extensions=granted,
        pauses=closed,
        restarts=restarts,
        rulebook=terms.rulebook,
    )
    return Working(
        rule=deadline.rule,
        rule_version=deadline.rule_version,
        jurisdiction=deadline.jurisdiction,
        calendar_version=deadline.calendar_version,
        start=deadline.start,
        due=deadline.due,
        due_at=deadline.due_at,
        office_closes_at=deadline.office_closes_at,
        source=deadline.source,
        certainty=deadline.certainty,
        estimated=deadline.estimated,
        notify=notified(version, granted),
        readings=deadline.readings,
        targets=targets_beside(deadline, start, terms),
        extensions=granted,
        pauses=closed,
        restarts=restarts,
        steps=told_steps(deadline.steps, deadline.jurisdiction, language),
        text=tell_due(deadline.due_at, language),
    )


def targets_beside(deadline: Deadline, start: date | datetime, terms: Terms) -> tuple[Target, ...]:
    """The department's own targets for the same start; those in hours need its instant."""
    on = start.astimezone(terms.time_zone).date() if isinstance(start, datetime) else start
    found = []
    for version in terms.rulebook.targets_of(deadline.rule, on):
        try:
            own = compute(version, start, terms.calendar, terms.time_zone)
        except MomentNeeded:
            continue
        found.append(
            Target(
                rule=own.rule,
                rule_version=own.rule_version,
                due=own.due,
                due_at=own.due_at,
                source=own.source,
                certainty=own.certainty,
            )
        )
    return tuple(found)


def notified(version: RuleVersion, granted: Sequence[Granted]) -> tuple[str, ...]:
    """Who has to be told, by the rule and by its extension where there was one."""
    longer = version.extension.notify if version.extension and granted else ()
    return tuple(dict.fromkeys((*version.notify, *longer)))


def start_of(text: str, zone: tzinfo) -> date | datetime:
    """A date, or an aware instant; one without an offset is meant in *zone*."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else instant_of(text, zone)
    except ValueError:
        raise StartNotReadable from None


def pause_of(text: str) -> Pause:
    ground, _, dates = text.partition(":")
    since, _, until = dates.partition(":")
    try:
        pause = Pause(
            ground=ground,
            from_date=date.fromisoformat(since),
            to_date=date.fromisoformat(until) if until else None,
        )
    except ValueError:
        raise PauseNotReadable from None
    if pause.to_date and pause.to_date < pause.from_date:
        raise PauseNotReadable("A pause can't end before it begins.")
    return pause
