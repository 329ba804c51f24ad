"""Closed cases under another term: how many answers were late, and how many would have been."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.calendar import CalendarMissing, WorkingCalendar
from domain.deadline import Granted, Restart, compute, due_on
from domain.due import Terms
from domain.rule import HOURS, RuleVersion, Unit
from domain.term import Pause

LENGTHS = range(1, 1001)
REPLAYED_UNITS = (Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.CALENDAR_MONTHS)


class NoSuchReplay(Exception):
    """The rule has no length that could be another one."""


class Answered(Struct, frozen=True, kw_only=True):
    """A case whose answer was given, with its term as recorded.

    ``since`` None: the date came without a rule, from an earlier register or from an official.
    """

    unit: str | None
    rule: str | None
    rule_version: str | None
    due_on: date
    met_on: date
    since: date | None
    since_at: datetime | None = None
    granted: tuple[Granted, ...] = ()
    pauses: tuple[Pause, ...] = ()
    restarts: tuple[Restart, ...] = ()


class Tally(Struct, kw_only=True):
    """Counts of cases. Newly late were in time as recorded; no longer late the other way."""

    cases: int = 0
    late: int = 0
    would_be_late: int = 0
    newly_late: int = 0
    no_longer_late: int = 0

    def add(self, *, late: bool, would_be_late: bool) -> None:
        self.cases += 1
        self.late += late
        self.would_be_late += would_be_late
        self.newly_late += would_be_late and not late
        self.no_longer_late += late and not would_be_late


class Replay(Struct, kw_only=True):
    """A rule's closed cases counted one by one. The same start is computed once.

    ``length`` and ``unit`` stand in for the rule's own, whichever of its versions a case has.
    Extensions and pauses stay as they were recorded; days are those of the *terms'* calendar.
    Left out and counted apart are dates without a rule, and cases in years without a calendar.
    """

    terms: Terms
    rule: str
    length: int
    unit: Unit
    total: Tally
    by_unit: dict[str | None, Tally]
    by_other_rules: int = 0
    without_rule: int = 0
    without_calendar: int = 0
    computed: dict[tuple[str, date], date]

    def take(self, case: Answered) -> None:
        if case.rule is None or case.since is None or case.rule_version is None:
            self.without_rule += 1
            return
        if case.rule != self.rule:
            self.by_other_rules += 1
            return
        try:
            due = self._due(case, case.rule_version, case.since)
        except CalendarMissing:
            self.without_calendar += 1
            return
        late, would_be_late = case.met_on > case.due_on, case.met_on > due
        for tally in (self.total, self.by_unit.setdefault(case.unit, Tally())):
            tally.add(late=late, would_be_late=would_be_late)

    def _due(self, case: Answered, rule_version: str, since: date) -> date:
        recorded = self.terms.rulebook.version(self.rule, rule_version)
        version = under(recorded, self.length, self.unit)
        calendar = self.terms.calendar
        if not (case.granted or case.pauses or case.restarts or case.since_at):
            return self._plain(version, since, calendar)
        return compute(
            version,
            case.since_at or since,
            calendar,
            self.terms.time_zone,
            extensions=case.granted,
            recorded=len(case.granted),
            pauses=[pause for pause in case.pauses if pause.to_date],
            restarts=case.restarts,
        ).due

    def _plain(self, version: RuleVersion, since: date, calendar: WorkingCalendar) -> date:
        key = (version.version, since)
        if key not in self.computed:
            self.computed[key] = due_on(version, since, calendar)
        return self.computed[key]


def replay(terms: Terms, rule: str, length: int, unit: Unit | None = None) -> Replay:
    """A replay to be given cases. Without *unit* that of the rule's newest version.

    Raises UnknownRule, RuleWithoutTerm and NoSuchReplay.
    """
    newest = _versions(terms, rule)[-1]
    unit = unit or newest.unit
    if length not in LENGTHS:
        raise NoSuchReplay(f"A length is from {LENGTHS[0]} to {LENGTHS[-1]}, not {length}.")
    if newest.unit not in (*REPLAYED_UNITS, *HOURS):
        raise NoSuchReplay(f"{newest.rule} is counted in {newest.unit}: it has no length.")
    if unit is not newest.unit and (unit in HOURS or newest.unit in HOURS):
        raise NoSuchReplay(f"{newest.rule} is counted in {newest.unit}, not to be told in {unit}.")
    if unit not in (*REPLAYED_UNITS, *HOURS):
        raise NoSuchReplay(f"A term of a length is counted in {', '.join(REPLAYED_UNITS)}.")
    return Replay(
        terms=terms,
        rule=newest.rule,
        length=length,
        unit=unit,
        total=Tally(),
        by_unit={},
        computed={},
    )


def under(version: RuleVersion, length: int, unit: Unit) -> RuleVersion:
    """The rule with another length; all else in it stays, its roll too."""
    return replace(version, length=length, unit=unit)


def _versions(terms: Terms, rule: str) -> Sequence[RuleVersion]:
    rules: Mapping[str, Sequence[RuleVersion]] = terms.rulebook.rules
    if rule.lower() not in rules:
        terms.rulebook.version_for(rule, date.max)
    return rules[rule.lower()]
