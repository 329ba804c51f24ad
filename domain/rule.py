"""Terms set by law as data: how long, from what, counted how, extended how, by which source."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal

from msgspec import Struct, field

from domain.case import NotFitting

Certainty = Literal["S", "P", "SEED", "I", "M"]
"""S statute or official page, P press, SEED a department's own statute, I our inference, M from
memory. A rule that is I or M has to be confirmed by a lawyer."""


class Unit(StrEnum):
    WORKING_DAYS = "working-days"
    CALENDAR_DAYS = "calendar-days"
    CALENDAR_MONTHS = "calendar-months"
    """Ends on the day of the same number, or on the month's last day where there is none."""
    CLOCK_HOURS = "clock-hours"
    HOURS_OUTSIDE_REST_DAYS = "hours-outside-rest-days"
    """Hours run through working days from midnight to midnight and stand still in between."""
    YEARLY = "yearly"
    """The first day of that month and number on or after the start."""
    CHOSEN = "chosen"
    """The day, or the instant, that an official or a letter set."""


HOURS = frozenset({Unit.CLOCK_HOURS, Unit.HOURS_OUTSIDE_REST_DAYS})


class Counting(StrEnum):
    FROM_NEXT_DAY = "from-next-day"
    """The day of the event isn't counted. In working days, day 1 is the first one after it."""
    SAME_DAY = "same-day"
    """On the day of the event; in working days, on the next one when that is a rest day."""
    FROM_MOMENT = "from-moment"


class Roll(StrEnum):
    """What happens to a last day that is a rest day."""

    NONE = "none"
    NEXT_WORKING_DAY = "next-working-day"


class Start(StrEnum):
    """The event that starts a term. The last three start an extension only."""

    REGISTRATION = "registration"
    RECEIPT = "receipt"
    REQUEST = "request"
    FILING = "filing"
    SERVICE = "service"
    PUBLICATION = "publication"
    CLAIM = "claim"
    GROUND_FOUND = "ground-found"
    GROUND_REMOVED = "ground-removed"
    CORRECTION = "correction"
    NOTICE = "notice"
    OUTCOME = "outcome"
    LETTER = "letter"
    LAST_REPORT = "last-report"
    PERIOD_END = "period-end"
    DUE = "due"
    START = "start"
    DECISION = "decision"


class Until(StrEnum):
    """By when an extension has to be decided."""

    BEFORE_DUE = "before-due"
    """Before the term to be extended has passed; its last day is still in time."""
    AT_START = "at-start"


class ClockName(StrEnum):
    """A clock of a case."""

    REGISTER = "register"
    FORWARD = "forward"
    NO_CONSIDERATION = "no-consideration"
    ANSWER = "answer"
    HAND_OVER = "hand-over"
    INFORMATION = "information"
    UNIT_REPORT = "unit-report"


class Extension(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a term may be extended: by ``length`` at most, ``times`` often, from ``base``.

    From START the length is that of the whole longer term. ``notice_within``: working days after
    the start of the term in which ``notify`` have to be told. ``decided_within``: working days
    after the start, for AT_START.
    """

    rule: str
    version: str
    length: int
    unit: Unit
    base: Start
    times: int = 1
    until: Until = Until.BEFORE_DUE
    decided_within: int | None = None
    notice_within: int | None = None
    notify: tuple[str, ...] = ()
    source: str
    certainty: Certainty


class RuleVersion(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule as it is in force from ``valid_from`` to ``valid_to``, both included.

    ``starts`` names the event whose day or instant the term runs from. ``office_hours``: what
    happens after the office closes counts as happening on the next working day. ``pauses`` are
    the grounds on which the term stands still, ``restarts`` those on which a new one begins.
    ``readings`` are other rules that read the same text otherwise. ``target_for`` names the rule
    whose legal date this department's own target comes before.
    """

    rule: str
    version: str
    valid_from: date
    valid_to: date | None = None
    starts: Start
    length: int = 0
    unit: Unit
    counting: Counting
    roll: Roll = Roll.NONE
    leave_counts: bool = True
    """Whether administrative leave counts as working days: then the term ends earlier."""
    office_hours: bool = False
    month: int | None = None
    day: int | None = None
    extension: Extension | None = None
    extension_barred: str | None = None
    """Why the law allows no extension, where it says so."""
    pauses: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    target_for: str | None = None
    source: str
    certainty: Certainty
    note: str | None = None

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


class Norm(Struct, frozen=True, kw_only=True):
    """What the law says beside the terms: a duty without a length, a bar, a fine."""

    rule: str
    says: str
    source: str
    certainty: Certainty


class ClockRules(Struct, frozen=True, kw_only=True):
    """The rules a clock may run by in cases of these kinds; the first is used unless chosen."""

    case: str
    clock: ClockName
    rules: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    """Empty: every kind."""


class UnknownRule(NotFitting):
    """There is no such rule."""

    def __init__(self, rule: str, near: list[str]) -> None:
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"There is no rule {rule}.{hint}")
        self.rule, self.near = rule, tuple(near)


class RuleWithoutTerm(NotFitting):
    """The law says something here, but sets no term."""


class RuleNotInForce(NotFitting):
    """No version of the rule was in force on that day."""


class NoSuchClock(NotFitting):
    """Cases of this kind have no such clock."""


class Rulebook(Struct, frozen=True, kw_only=True):
    """The rules of one jurisdiction, a department's own targets among them.

    ``rules`` are the versions of each rule by its id, oldest first.
    """

    jurisdiction: str
    rules: Mapping[str, tuple[RuleVersion, ...]]
    norms: Mapping[str, Norm] = field(default_factory=dict)
    clocks: tuple[ClockRules, ...] = ()

    def version_for(self, rule: str, on: date) -> RuleVersion:
        """The version in force on a day, that of the event which starts the term.

        Raises UnknownRule, RuleNotInForce or RuleWithoutTerm. Ids are taken in either case.
        """
        name = rule.lower()
        if name in self.norms:
            raise RuleWithoutTerm(f"{name} sets no term: {self.norms[name].says}")
        if name not in self.rules:
            raise UnknownRule(rule, get_close_matches(name, sorted(self.rules), n=3))
        for version in self.rules[name]:
            if version.in_force(on):
                return version
        raise RuleNotInForce(f"No version of {name} was in force on {on}.")

    def version(self, rule: str, version: str) -> RuleVersion:
        """The version an event was recorded with, in force or not. Raises UnknownRule."""
        for each in self.rules.get(rule, ()):
            if each.version == version:
                return each
        raise UnknownRule(f"{rule} in version {version}", [])

    def targets_of(self, rule: str, on: date) -> list[RuleVersion]:
        """The department's own targets that come before the legal date of a rule."""
        versions = (version for each in self.rules.values() for version in each)
        return [each for each in versions if each.target_for == rule and each.in_force(on)]

    def rules_for(self, case: str, kind: str, clock: ClockName) -> tuple[str, ...]:
        """The rules that a clock may run by, the one used by default first.

        Raises NoSuchClock.
        """
        for rules in self.clocks:
            fits = not rules.kinds or kind in rules.kinds
            if rules.case == case and rules.clock is clock and fits:
                return rules.rules
        raise NoSuchClock(f"A case {case} of kind {kind} has no clock {clock}.")
