"""Files of acts that move days: read whole, or refused with everything that is wrong in them."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from msgspec import Struct, ValidationError, convert, field, structs

from domain.calendar import DayKind, DayMark
from infra.toml_lines import lines_of

FIRST, LAST = date(2005, 1, 1), date(2035, 12, 31)
"""The days that calendars cover."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_Row = TypeVar("_Row", bound=Struct)
_At = tuple[str, int]
"""A table: its name and its number in the file, from 0."""

_SYNTAX = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class CalendarFileInvalid(Exception):
    """A calendar file can't be used. ``sentences`` say all that is wrong, with file and line."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days that an act made different, for everyone or not: ``on`` one day or ``from`` … ``to``.

    ``shortens_eve`` is set for a day that the law treats as a holiday, such as a voting day.
    """

    kind: DayKind
    reason: str
    act: str
    announced_on: date
    on: date | None = None
    from_: date | None = field(name="from", default=None)
    to: date | None = None
    name: str | None = None
    announced_on_certainty: Literal["S", "P", "M"] | None = None
    closes_at: time | None = None
    exempt: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    shortens_eve: bool = False

    @property
    def first(self) -> date:
        return self.on or self.from_ or date.max

    @property
    def last(self) -> date:
        return self.on or self.to or date.min

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def holds_for(self, organisation: str | None) -> bool:
        if self.only:
            return organisation in self.only
        return organisation not in self.exempt

    def meets(self, other: "Override") -> bool:
        """Whether both hold for the same body: some named one, or those that nothing names."""
        named = self.only | other.only | self.exempt | other.exempt
        return any(self.holds_for(body) and other.holds_for(body) for body in (None, *named))

    def marks(self) -> Iterator[DayMark]:
        for day in self.days:
            yield DayMark(
                on=day,
                kind=self.kind,
                reason=self.reason,
                name=self.name,
                act=self.act,
                announced_on=self.announced_on,
                announced_on_certainty=self.announced_on_certainty,
                closes_at=self.closes_at,
            )


class Organisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body with its own week or opening hours."""

    id: str
    rest_weekdays: frozenset[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    ] = frozenset({"saturday", "sunday"})
    opens_at: time = time(9)
    closes_at: time = time(18)

    @property
    def rests_on(self) -> frozenset[int]:
        return frozenset(WEEKDAYS.index(name) for name in self.rest_weekdays)


class Acts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar file.

    With ``short_eves``, the act that says so, the eve of each holiday is an hour shorter.
    """

    jurisdiction: str
    short_eves: str | None = None
    override: tuple[Override, ...] = ()
    organisation: tuple[Organisation, ...] = ()

    @property
    def bodies(self) -> frozenset[str]:
        """Every organisation that the file speaks of."""
        return frozenset(body.id for body in self.organisation).union(
            *(override.only | override.exempt for override in self.override)
        )


def acts_in(path: Path, jurisdiction: str) -> Acts:
    """The acts of a jurisdiction in a file. Raises CalendarFileInvalid."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarFileInvalid([f"{path}: can't be read: {error}"]) from error
    return acts_from(text, jurisdiction, str(path))


def acts_from(text: str, jurisdiction: str, name: str) -> Acts:
    """The acts in a file's *text*; *name* is what its faults are told under."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _SYNTAX.search(str(error))
        line = at[1] if at and at[1] else len(text.splitlines())
        reason = _SYNTAX.sub("", str(error))
        raise CalendarFileInvalid([f"{name}:{line}: {reason}."]) from None
    reading = _Reading(text)
    acts = reading.acts(content, jurisdiction)
    if acts is None or reading.wrong:
        raise CalendarFileInvalid(
            f"{name}:{line}: {reason}." for line, reason in sorted(reading.wrong)
        )
    return acts


class _Reading:
    """One pass over a file, which keeps what is wrong instead of stopping at the first fault."""

    def __init__(self, text: str) -> None:
        self.lines = lines_of(text)
        self.wrong: list[tuple[int, str]] = []

    def acts(self, content: dict[str, Any], jurisdiction: str) -> Acts | None:
        overrides = self._rows(content.pop("override", []), "override", Override)
        bodies = self._rows(content.pop("organisation", []), "organisation", Organisation)
        whole = self._row(content, ("", 0), Acts)
        meant = content.get("jurisdiction", jurisdiction)
        if meant != jurisdiction:
            said = f"the file is for {meant}, the calendar for {jurisdiction}"
            self._fault(("", 0), "jurisdiction", said)
        for at, override in overrides:
            self._check_days(at, override)
            self._check_hours(at, override)
        covered = [one for one in overrides if FIRST <= one[1].first <= one[1].last <= LAST]
        self._check_contradictions(covered)
        self._check_organisations(bodies)
        if whole is None:
            return None
        return structs.replace(
            whole,
            override=tuple(override for _, override in overrides),
            organisation=tuple(body for _, body in bodies),
        )

    def _rows(self, tables: Any, name: str, kind: type[_Row]) -> list[tuple[_At, _Row]]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._fault((name, 0), None, f"{name} has to be written as [[{name}]]")
            return []
        found = ((at, self._row(table, at, kind)) for at, table in _numbered(tables, name))
        return [(at, row) for at, row in found if row is not None]

    def _row(self, table: dict[str, Any], at: _At, kind: type[_Row]) -> _Row | None:
        before = len(self.wrong)
        known = {one.encode_name: one for one in structs.fields(kind)}
        for key in table:
            if key not in known:
                self._fault(at, key, f"{key} is not a key here; known are {', '.join(known)}")
        for key, one in known.items():
            if key in table:
                self._try(table[key], one.type, at, key)
            elif one.required:
                self._fault(at, key, f"{key} is missing")
        return convert(table, kind) if len(self.wrong) == before else None

    def _try(self, value: Any, kind: Any, at: _At, key: str) -> None:
        try:
            convert(value, kind)
        except ValidationError as error:
            self._fault(at, key, f"{key}: {str(error).rstrip('.')}")
            return
        if value == "":
            self._fault(at, key, f"{key} is empty")

    def _check_days(self, at: _At, override: Override) -> None:
        ends = (override.from_, override.to)
        if (override.on is None) == (ends == (None, None)) or (ends.count(None) == 1):
            self._fault(at, None, "say either on, or from and to")
        elif override.first > override.last:
            self._fault(at, "to", f"to ({override.to}) is before from ({override.from_})")
        elif override.first < FIRST or override.last > LAST:
            self._fault(at, None, f"calendars cover {FIRST} to {LAST} only")
        if override.only and override.exempt:
            self._fault(at, "exempt", "say either only or exempt")

    def _check_hours(self, at: _At, override: Override) -> None:
        if override.kind is DayKind.OFF and override.closes_at is not None:
            self._fault(at, "closes_at", "a day off has no closing time")
        if override.kind is DayKind.HALF and override.closes_at is None:
            self._fault(at, None, "a half day needs closes_at")
        if override.shortens_eve and override.kind is not DayKind.OFF:
            self._fault(at, "shortens_eve", "only a day off shortens its eve")

    def _check_contradictions(self, overrides: list[tuple[_At, Override]]) -> None:
        said: dict[tuple[date, date], list[tuple[_At, Override]]] = {}
        for at, override in overrides:
            for day in override.days:
                for earlier_at, earlier in said.setdefault((day, override.announced_on), []):
                    if override.meets(earlier):
                        line = self._line(earlier_at, None)
                        self._fault(
                            at, None, f"{day} already stands in line {line}, announced the same day"
                        )
                said[day, override.announced_on].append((at, override))

    def _check_organisations(self, bodies: list[tuple[_At, Organisation]]) -> None:
        seen: dict[str, _At] = {}
        for at, body in bodies:
            if body.id in seen:
                line = self._line(seen[body.id], None)
                self._fault(at, "id", f"organisation {body.id} already stands in line {line}")
            seen.setdefault(body.id, at)
            if body.opens_at >= body.closes_at:
                self._fault(at, "closes_at", f"{body.id} closes before it opens")
            if len(body.rest_weekdays) == len(WEEKDAYS):
                self._fault(at, "rest_weekdays", f"{body.id} never works")

    def _fault(self, at: _At, key: str | None, reason: str) -> None:
        self.wrong.append((self._line(at, key), reason))

    def _line(self, at: _At, key: str | None) -> int:
        places = ((*at, key), (*at, None), ("", 0, at[0]))
        return next((self.lines[place] for place in places if place in self.lines), 1)


def _numbered(tables: list[Any], name: str) -> Iterator[tuple[_At, Any]]:
    return (((name, number), table) for number, table in enumerate(tables))
