"""A term of a case and the day it comes to, by the rules and the calendar of a jurisdiction."""

from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo

from msgspec import Struct, field, structs
from msgspec.structs import replace

from domain.calendar import WorkingCalendar
from domain.case import Code, NotFitting, Refusal, Value
from domain.deadline import (
    ExtensionBarred,
    ExtensionTooLate,
    Granted,
    GroundUnknown,
    Restart,
    compute,
    due_on,
)
from domain.rule import (
    HOURS,
    ClockName,
    NoSuchClock,
    Rulebook,
    RuleNotInForce,
    RuleVersion,
    Start,
    Unit,
)
from domain.term import Course, Pause

CHOSEN = "chosen"
CHOSEN_VERSION = "1"


class Due(Value, omit_defaults=True):
    """The last day of a term, and all that it was computed from.

    ``at`` is the instant it ends at, in UTC, where hours are counted or an instant was set.
    ``since`` is the day the term runs from, ``since_at`` the instant where that matters; neither
    is there for a day that an official chose. The last of ``pauses`` may still go on.
    """

    on: date
    rule: Code
    rule_version: str
    calendar_version: str
    at: datetime | None = None
    since: date | None = None
    since_at: datetime | None = None
    granted: tuple[Granted, ...] = ()
    pauses: tuple[Pause, ...] = ()
    restarts: tuple[Restart, ...] = ()

    def continuing(self, before: "Due") -> "Due":
        """The term with what the first version of its event left to the term *before*."""
        if self.since is not None or self.rule == CHOSEN:
            return self
        granted = self.granted
        if before.granted:
            granted = tuple(
                replace(theirs, length=min(mine.length, theirs.length))
                for mine, theirs in zip(granted, before.granted, strict=False)
            )
        return replace(self, since=before.since, granted=granted)

    @property
    def paused(self) -> Pause | None:
        """The pause in which the term stands still now."""
        last = self.pauses[-1] if self.pauses else None
        return last if last and last.to_date is None else None


class RuleNotForThisCase(NotFitting):
    """This rule doesn't set the term of such a case."""


class TermStandsStill(Refusal):
    """The term stands still: let it run on first."""


class TermIsRunning(Refusal):
    """The term isn't standing still."""


class ChosenTerm(Refusal):
    """An official set this date: no rule says how it is extended or paused."""


class Terms(Struct, frozen=True, kw_only=True):
    """What due dates are computed with: today's rules and calendar, and the zone of its clocks."""

    rulebook: Rulebook
    calendar: WorkingCalendar
    time_zone: tzinfo
    usual: dict[tuple[str, str, ClockName, date], str | None] = field(default_factory=dict)
    """The usual rules asked for so far; made from the others, as ``begun`` is."""
    begun: dict[tuple[str, str, date], Due] = field(default_factory=dict)
    """The plain terms so far, by rule, version and start: most of a day's cases have the same."""
    from_registration: dict[tuple[str, date], Due] = field(default_factory=dict)
    """Those of them that no receipt moves, by rule and day of registration."""

    def __post_init__(self) -> None:
        structs.force_setattr(self, "usual", {})
        structs.force_setattr(self, "begun", {})
        structs.force_setattr(self, "from_registration", {})

    def rules_for(self, case: str, kind: str, clock: ClockName) -> tuple[str, ...]:
        """The rules that may set this clock, the usual one first; none where there is no clock."""
        try:
            return self.rulebook.rules_for(case, kind, clock)
        except NoSuchClock:
            return ()

    def usual_rule(self, case: str, kind: str, clock: ClockName, on: date) -> str | None:
        """The first of the clock's rules that was in force on a day; none where there is none."""
        asked = (case, kind, clock, on)
        if asked not in self.usual:
            rules = self.rules_for(case, kind, clock)
            fitting = (rule for rule in rules if rule != CHOSEN and self._in_force(rule, on))
            self.usual[asked] = next(fitting, None)
        return self.usual[asked]

    def choose_rule(
        self, case: str, kind: str, clock: ClockName, wanted: str | None, on: date
    ) -> str:
        """The rule *wanted*, or the usual one on that day.

        Raises RuleNotForThisCase, or RuleNotInForce where no rule is known for so old a case.
        """
        if wanted is None:
            usual = self.usual_rule(case, kind, clock, on)
            if usual is None:
                raise RuleNotInForce(f"No rule for the {clock} of such a case is known for {on}.")
            return usual
        rules = self.rules_for(case, kind, clock)
        if wanted not in rules:
            raise RuleNotForThisCase(
                f"{wanted} doesn't set the {clock} of a case {case} of kind {kind}; "
                f"these may: {', '.join(rules) or 'none'}."
            )
        return wanted

    def begin(self, rule: str, registered_on: date, received_at: datetime) -> Due:
        """A term that starts with the registration or the receipt, whichever its rule names."""
        if due := self.from_registration.get((rule, registered_on)):
            return due
        version = self.rulebook.version_for(rule, registered_on)
        due = self._begun(version, registered_on, received_at)
        if _runs_from_registration(version):
            self.from_registration[rule, registered_on] = due
        return due

    def _begun(self, version: RuleVersion, registered_on: date, received_at: datetime) -> Due:
        if _runs_from_registration(version):
            return self._computed(version, registered_on)
        if version.unit in HOURS or version.office_hours:
            return self._computed(version, received_at)
        return self._computed(version, received_at.astimezone(self.time_zone).date())

    def begin_if_any(
        self, case: str, kind: str, clock: ClockName, registered_on: date, received_at: datetime
    ) -> Due | None:
        """The term of a clock by its usual rule; none where the law of that day has none."""
        rule = self.usual_rule(case, kind, clock, registered_on)
        return self.begin(rule, registered_on, received_at) if rule else None

    def begin_anew(
        self, due: Due, case: str, kind: str, at: datetime, *, ground_removed: bool = False
    ) -> Due:
        """A new term of the answer from that instant on, by the rule that set the one before.

        Where that is no longer in force, by the usual rule. An ordinary term begins by the rule
        for a removed ground, where there is one and the ground was removed.
        """
        on = at.astimezone(self.time_zone).date()
        rules = self.rules_for(case, kind, ClockName.ANSWER)
        usual = self.choose_rule(case, kind, ClockName.ANSWER, None, on)
        kept = due.rule if due.rule in rules and self._in_force(due.rule, on) else usual
        if ground_removed and kept == usual:
            kept = next((each for each in rules if self._after_removal(each, on)), usual)
        return self.begin_on(kept, at)

    def begin_on(self, rule: str, start: date | datetime) -> Due:
        """A term that starts on that day or, where hours or office hours count, at that instant."""
        on = start.astimezone(self.time_zone).date() if isinstance(start, datetime) else start
        return self._computed(self.rulebook.version_for(rule, on), start)

    def choose(self, day: date, at: datetime | None = None) -> Due:
        """A due date that an official set, taken as it is."""
        return Due(
            on=day,
            rule=CHOSEN,
            rule_version=CHOSEN_VERSION,
            calendar_version=self.calendar.version,
            at=at,
        )

    def recompute(self, due: Due) -> Due:
        """The same term by the same version of its rule, with today's calendar.

        What an official chose, and a term that stands still, stay as they are.
        """
        if due.since is None or due.paused:
            return due
        return self._again(due, self._version_of(due))

    def extend(self, due: Due, length: int | None, decided_on: date) -> Due:
        """The term extended by *length*, or as long as the law allows, in its extension's unit."""
        version = self._version_of(due)
        if due.paused:
            raise TermStandsStill
        if version.extension is None:
            raise ExtensionBarred(version.extension_barred or ExtensionBarred.__doc__)
        length = version.extension.length if length is None else length
        return self._extended(due, version, Granted(length=length, decided_on=decided_on))

    def extension_told_by(self, due: Due) -> date | None:
        """By when those it concerns have to be told of an extension, where the law says so."""
        version, start = self._version_of(due), due.since
        within = version.extension.notice_within if version.extension else None
        if within is None or start is None:
            return None
        start = max([start, *(restart.on for restart in due.restarts)])
        course = Course(
            calendar=self.calendar, leave_counts=version.leave_counts, pauses=due.pauses
        )
        return course.end(Unit.WORKING_DAYS, start, within)

    def extension_unit(self, due: Due) -> Unit:
        """What the length of an extension counts. Raises ExtensionBarred."""
        extension = self._version_of(due).extension
        if extension is None:
            raise ExtensionBarred
        return extension.unit

    def suspend(self, due: Due, ground: str, since: date) -> Due:
        """The term stands still from *since*; its last day is open until it runs on.

        Raises GroundUnknown where the rule doesn't know the ground.
        """
        version = self._version_of(due)
        if due.paused:
            raise TermStandsStill
        if ground not in {*version.pauses, *version.restarts}:
            known = ", ".join((*version.pauses, *version.restarts)) or "none"
            raise GroundUnknown(f"{ground} doesn't suspend {version.rule}; these do: {known}.")
        return replace(due, pauses=(*due.pauses, Pause(ground=ground, from_date=since)))

    def resume(self, due: Due, on: date) -> Due:
        """The term runs on from *on* or, where its rule says so, starts anew there."""
        pause = due.paused
        if pause is None:
            raise TermIsRunning
        version = self._version_of(due)
        before = due.pauses[:-1]
        if pause.ground in version.restarts:
            # What was extended or paused was the term that ended with the restart.
            restarts = (*due.restarts, Restart(on=on, ground=pause.ground))
            anew = replace(due, granted=(), pauses=(), restarts=restarts)
            return self._again(anew, version)
        closed = replace(pause, to_date=on)
        return self._again(replace(due, pauses=(*before, closed)), version)

    def reclassify(self, due: Due, rule: str, registered_on: date, received_at: datetime) -> Due:
        """The term that another rule gives: receipt and registration stay, so it may be over.

        An extension is kept as far as the other rule allows it and unless the other term had
        passed when it was decided; pauses and new starts where the rule knows their grounds.
        """
        if due.paused:
            raise TermStandsStill
        begun = self.begin(rule, registered_on, received_at)
        version = self._version_of(begun)
        again = replace(
            begun,
            pauses=tuple(p for p in due.pauses if p.ground in version.pauses),
            restarts=tuple(r for r in due.restarts if r.ground in version.restarts),
        )
        for granted in self._still_allowed(due, version):
            with suppress(ExtensionTooLate):
                again = self._extended(again, version, granted)
        return self._again(again, version)

    def correct_receipt(self, due: Due, registered_on: date, received_at: datetime) -> Due:
        """The same term after the receipt was corrected: it moves where it runs from the receipt.

        Raises TermStandsStill where it would move while it stands still.
        """
        version = self._version_of(due)
        if _runs_from_registration(version):
            return due
        begun = self._begun(version, registered_on, received_at)
        if (begun.since, begun.since_at) == (due.since, due.since_at):
            return due
        if due.paused:
            raise TermStandsStill
        kept = replace(begun, granted=due.granted, pauses=due.pauses, restarts=due.restarts)
        return self._again(kept, version)

    def _still_allowed(self, due: Due, version: RuleVersion) -> list[Granted]:
        """The extensions of a term, cut to what another rule allows."""
        extension, before = version.extension, self._version_of(due).extension
        if not (extension and before and extension.unit is before.unit):
            return []
        kept = due.granted[: extension.times]
        return [replace(each, length=min(each.length, extension.length)) for each in kept]

    def _in_force(self, rule: str, on: date) -> bool:
        return any(version.in_force(on) for version in self.rulebook.rules[rule])

    def _after_removal(self, rule: str, on: date) -> bool:
        versions = self.rulebook.rules[rule]
        return any(v.starts is Start.GROUND_REMOVED and v.in_force(on) for v in versions)

    def _version_of(self, due: Due) -> RuleVersion:
        if due.since is None:
            raise ChosenTerm
        return self.rulebook.version(due.rule, due.rule_version)

    def _extended(self, due: Due, version: RuleVersion, granted: Granted) -> Due:
        """Only the new extension has to be allowed."""
        extended = replace(due, granted=(*due.granted, granted))
        return self._again(extended, version, recorded=len(due.granted))

    def _again(self, due: Due, version: RuleVersion, recorded: int | None = None) -> Due:
        """Its extensions stand, unless only the first *recorded* do."""
        start, granted = _start_of(due), due.granted
        stand = len(granted) if recorded is None else recorded
        return self._computed(version, start, granted, due.pauses, due.restarts, stand)

    def _computed(
        self,
        version: RuleVersion,
        start: date | datetime,
        granted: tuple[Granted, ...] = (),
        pauses: tuple[Pause, ...] = (),
        restarts: tuple[Restart, ...] = (),
        recorded: int = 0,
    ) -> Due:
        if not (granted or pauses or restarts or isinstance(start, datetime)):
            return self._plain(version, start)
        deadline = compute(
            version,
            start,
            self.calendar,
            self.time_zone,
            extensions=granted,
            recorded=recorded,
            pauses=pauses,
            restarts=restarts,
        )
        by_hours = version.unit in HOURS
        instant = start if isinstance(start, datetime) else None
        return Due(
            on=deadline.due,
            rule=version.rule,
            rule_version=version.version,
            calendar_version=self.calendar.version,
            at=deadline.due_at.astimezone(UTC) if by_hours else None,
            since=instant.astimezone(self.time_zone).date() if instant else start,
            since_at=instant.astimezone(UTC) if instant else None,
            granted=granted,
            pauses=pauses,
            restarts=restarts,
        )

    def _plain(self, version: RuleVersion, start: date) -> Due:
        term = (version.rule, version.version, start)
        due = self.begun.get(term)
        if due is None:
            due = self.begun[term] = Due(
                on=due_on(version, start, self.calendar),
                rule=version.rule,
                rule_version=version.version,
                calendar_version=self.calendar.version,
                since=start,
            )
        return due


_WITH_REGISTRATION = frozenset({Start.REGISTRATION, Start.GROUND_FOUND, Start.GROUND_REMOVED})


def _runs_from_registration(version: RuleVersion) -> bool:
    return version.starts in _WITH_REGISTRATION and version.unit not in HOURS


def _start_of(due: Due) -> date | datetime:
    start = due.since_at or due.since
    assert start is not None  # noqa: S101 - asked before
    return start
