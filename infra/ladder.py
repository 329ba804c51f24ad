"""The ladder of notices, read from its file."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from msgspec import ValidationError, convert

from domain.ladder import Ladder, Role, Step, WatchedClock
from domain.notice import Stage
from infra.toml_lines import Lines, lines_of

SHIPPED = Path(__file__).with_name("ladder.toml")
_FURTHEST = 250
_AT_LINE = re.compile(r"at line (\d+)")
_PLACE = re.compile(r" - at `\$\.?([^`\[]*)[^`]*`")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")


class LadderInvalid(Exception):
    """The file can't be used: every fault with its line."""

    def __init__(self, path: Path, faults: list[tuple[int, str]]) -> None:
        self.sentences = tuple(f"{path}, line {line}: {why}" for line, why in sorted(faults))
        super().__init__("\n".join(self.sentences))


def read_ladder(path: Path | None = None) -> Ladder:
    """The shipped ladder, or that of an installation's own file. Raises LadderInvalid."""
    path = path or SHIPPED
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LadderInvalid(path, [(1, f"can't be read: {type(error).__name__}")]) from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise LadderInvalid(path, [(line, str(error))]) from error
    lines = _Places(lines_of(text))
    faults = [
        (lines.of_key(key), f"{key} is nothing a ladder has; it has [[step]] only")
        for key in found
        if key != "step"
    ]
    tables = found.get("step")
    if not (isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables)):
        raise LadderInvalid(path, [*faults, (1, "a ladder has at least one [[step]]")])
    steps: list[tuple[int, Step]] = []
    for index, table in enumerate(tables):
        try:
            steps.append((index, convert(table, Step)))
        except ValidationError as error:
            faults.append(lines.of_fault(index, table, str(error)))
    for index, step in steps:
        faults += [(lines.of(index, key), why) for key, why in _wrong(step)]
    faults += [(lines.of(index, key), why) for index, key, why in _contradictions(steps)]
    if faults:
        raise LadderInvalid(path, faults)
    return tuple(step for _, step in steps)


def _wrong(step: Step) -> Iterator[tuple[str, str]]:
    """The key at fault and the reason, of one step."""
    days = step.working_days
    match step.stage:
        case Stage.APPROACHING:
            if not 0 < days <= _FURTHEST:
                yield "working_days", f"an approaching date is 1 to {_FURTHEST} working days ahead"
        case Stage.DUE_TODAY:
            if days != 0:
                yield "working_days", "what is due today has 0 working days left"
        case Stage.OVERDUE | Stage.ESCALATED | Stage.CHASED:
            if not -_FURTHEST <= days < 0:
                yield "working_days", f"{step.stage} comes after the due date: -1 to -{_FURTHEST}"
    if step.stage is Stage.CHASED and set(step.clocks) != {"information"}:
        yield "clocks", 'only information is chased: ["information"]'
    if "asked-unit" in step.to and set(step.clocks) != {"information"}:
        yield "to", 'only with clocks = ["information"] there is an asked-unit'
    for key, values in (("clocks", step.clocks), ("to", step.to)):
        if not values:
            yield key, f"{key} names nothing"
        for value, times in Counter(values).items():
            if times > 1:
                yield key, f"{value} is named twice"


def _contradictions(steps: list[tuple[int, Step]]) -> Iterator[tuple[int, str, str]]:
    """Steps of one name; steps of which none is the later one."""
    names: set[str] = set()
    places: dict[tuple[str, str, int], str] = {}
    for index, step in steps:
        if step.name in names:
            yield index, "name", f"another step is called {step.name} too"
        names.add(step.name)
        for clock in dict.fromkeys(step.clocks):
            place = (step.stage.value, clock, step.working_days)
            if other := places.get(place):
                why = f"{other} is {step.stage} for {clock} on the same day: name all in one step"
                yield index, "clocks", why
            places.setdefault(place, step.name)


class _Places:
    """Where the steps of a file and their keys stand."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def of_key(self, key: str) -> int:
        return self._lines.get(("", 0, key)) or self._lines.get((key, 0, None), 1)

    def of(self, index: int, key: str) -> int:
        step = ("step", index)
        return self._lines.get((*step, key)) or self._lines.get((*step, None), 1)

    def of_fault(self, index: int, table: Mapping[str, Any], message: str) -> tuple[int, str]:
        unknown, place = _UNKNOWN.search(message), _PLACE.search(message)
        key = unknown[1] if unknown else place[1] if place else ""
        why = _PLACE.sub("", message)
        match key:
            case "stage":
                why = f"{table['stage']!r} is no stage: {', '.join(Stage)}"
            case "clocks":
                why = f"clocks is a list of {', '.join(get_args(WatchedClock))}"
            case "to":
                why = f"to is a list of {', '.join(get_args(Role))}"
            case _ if place:
                why = f"{key}: {why}"
        return self.of(index, key), why
