"""The rules of law from their files, and a department's own targets; nothing wrong gets in."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from enum import EnumMeta
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct, ValidationError, convert, structs

from domain.appeal import AppealKind
from domain.case import CaseKind
from domain.rule import ClockName, ClockRules, Extension, Norm, Rulebook, RuleVersion, Until
from infra.rule_rows import OF_EXTENSIONS, ClockRow, NormRow, RuleRow, faults_of_rule
from infra.toml_lines import Lines, lines_of

_SHIPPED = Path(__file__).with_name("rules")
_AT_LINE = re.compile(r"at line (\d+)")


class RulesInvalid(Exception):
    """Every fault of the rule files at once, each with its file, line and reason."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


_ROWS: dict[str, type[Struct]] = {"rule": RuleRow, "norm": NormRow, "clock": ClockRow}


class _Placed(Struct, frozen=True):
    """A row with the place it was read from."""

    row: Any
    file: Path
    table: str
    number: int
    lines: Lines

    def fault(self, reason: str, key: str | None = None) -> str:
        place = (self.table, self.number)
        line = self.lines.get((*place, key)) or self.lines.get((*place, None), 1)
        return f"{self.file}:{line}: {reason}"


def rulebook(jurisdiction: str, own: Path | None = None) -> Rulebook:
    """The shipped rules of a jurisdiction (az, tr, ge) and those of a department's own file.

    Raises RulesInvalid naming all that is wrong.
    """
    reading = _Reading(jurisdiction)
    for file in (_SHIPPED / f"{jurisdiction}.toml", *([own] if own else [])):
        reading.read(file)
    return reading.rulebook()


class _Reading:
    def __init__(self, jurisdiction: str) -> None:
        self.jurisdiction = jurisdiction
        self.faults: list[str] = []
        self.rows: dict[str, list[_Placed]] = {name: [] for name in _ROWS}

    def read(self, file: Path) -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(f"{file}:1: can't be read: {error}")
            return
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _AT_LINE.search(str(error))
            line = found[1] if found else len(text.splitlines())
            self.faults.append(f"{file}:{line}: isn't TOML: {error}")
            return
        lines = lines_of(text)
        top = _Placed(None, file, "", 0, lines)
        if content.pop("jurisdiction", None) != self.jurisdiction:
            reason = f'has to say jurisdiction = "{self.jurisdiction}"'
            self.faults.append(top.fault(reason, "jurisdiction"))
        for name, tables in content.items():
            if name not in _ROWS or not _is_tables(tables):
                wanted = " or ".join(f"[[{each}]]" for each in _ROWS)
                place = _Placed(None, file, name if (name, 0, None) in lines else "", 0, lines)
                self.faults.append(place.fault(f"{name} isn't {wanted}", name))
                continue
            for number, table in enumerate(tables):
                self._row(_Placed(table, file, name, number, lines))

    def rulebook(self) -> Rulebook:
        versions = self._versions()
        for placed in self.rows["rule"]:
            self._check(placed, faults_of_rule(placed.row))
            self._check(placed, _faults_of_names(placed.row, versions))
        self._check_norms(versions)
        self._check_clocks(versions)
        if self.faults:
            raise RulesInvalid(self.faults)
        return Rulebook(
            jurisdiction=self.jurisdiction,
            rules={
                rule: tuple(_version(each.row, versions) for each in found)
                for rule, found in versions.items()
            },
            norms={
                norm.row.id: Norm(
                    rule=norm.row.id,
                    says=norm.row.says,
                    source=norm.row.source,
                    certainty=norm.row.certainty,
                )
                for norm in self.rows["norm"]
            },
            clocks=tuple(
                ClockRules(
                    case=clock.row.case,
                    clock=clock.row.clock,
                    rules=clock.row.rules,
                    kinds=clock.row.kinds,
                )
                for clock in self.rows["clock"]
            ),
        )

    def _row(self, placed: _Placed) -> None:
        """Take the row in, unless anything in it is of the wrong type."""
        row_type = _ROWS[placed.table]
        fields = {field.name: field for field in structs.fields(row_type)}
        faults = [
            placed.fault(f"there is no key {key}{_hint(key, fields)}", key)
            for key in placed.row.keys() - fields.keys()
        ]
        values = {}
        for name, field in fields.items():
            if name not in placed.row:
                if field.required:
                    faults.append(placed.fault(f"{name} is missing"))
                continue
            try:
                values[name] = convert(placed.row[name], field.type)
            except ValidationError as error:
                faults.append(placed.fault(f"{name}: {_sentence(error, field.type)}", name))
        self.faults += sorted(faults)
        if not faults:
            self.rows[placed.table].append(structs.replace(placed, row=row_type(**values)))

    def _check(self, placed: _Placed, faults: Iterator[tuple[str, str]]) -> None:
        self.faults += [placed.fault(f"{placed.row.id}: {why}", key) for key, why in faults]

    def _versions(self) -> dict[str, list[_Placed]]:
        """The versions of each rule, oldest first; no two may be in force on one day."""
        versions: dict[str, list[_Placed]] = {}
        for placed in sorted(self.rows["rule"], key=lambda each: each.row.valid_from):
            versions.setdefault(placed.row.id, []).append(placed)
        for rule, each_version in versions.items():
            for earlier, later in pairwise(each_version):
                ends = earlier.row.valid_to
                if ends is None or later.row.valid_from <= ends:
                    reason = f"{rule}: version {earlier.row.version} is still in force then"
                    self.faults.append(later.fault(reason, "valid_from"))
            names = [each.row.version for each in each_version]
            for number, each in enumerate(each_version):
                if each.row.version in names[:number]:
                    reason = f"{rule}: there are two versions {each.row.version}"
                    self.faults.append(each.fault(reason, "version"))
        return versions

    def _check_norms(self, versions: dict[str, list[_Placed]]) -> None:
        seen = set(versions)
        for norm in self.rows["norm"]:
            if norm.row.id in seen:
                self.faults.append(norm.fault(f"{norm.row.id} is there twice", "id"))
            seen.add(norm.row.id)

    def _check_clocks(self, versions: dict[str, list[_Placed]]) -> None:
        seen: dict[tuple[CaseKind, ClockName], set[str]] = {}
        for clock in self.rows["clock"]:
            row = clock.row
            for rule in row.rules:
                if rule not in versions:
                    hint = _hint(rule, versions)
                    self.faults.append(clock.fault(f"there is no rule {rule}{hint}", "rules"))
            if not row.rules:
                self.faults.append(clock.fault("a clock needs a rule", "rules"))
            for kind in row.kinds:
                if row.case is not CaseKind.APPEAL or kind not in list(AppealKind):
                    self.faults.append(clock.fault(f"{row.case} has no kind {kind}", "kinds"))
            taken = seen.setdefault((row.case, row.clock), set())
            kinds = set(row.kinds) or {"", *AppealKind}
            if taken & kinds:
                reason = f"{row.case} has another clock {row.clock}"
                self.faults.append(clock.fault(reason, "clock"))
            taken |= kinds


def _faults_of_names(row: RuleRow, versions: dict[str, list[_Placed]]) -> Iterator[tuple[str, str]]:
    named = [("readings", rule) for rule in row.readings]
    named += [("extension", rule) for rule in (row.extension,) if rule]
    named += [("target_for", rule) for rule in (row.target_for,) if rule]
    for key, rule in named:
        if rule not in versions:
            yield key, f"there is no rule {rule}{_hint(rule, versions)}"
        elif rule == row.id:
            yield key, "a rule can't name itself here"
        elif not any(_covers(each.row, row) for each in versions[rule]):
            yield key, f"no version of {rule} is in force as long as this one"
        elif key == "extension" and versions[rule][0].row.starts not in OF_EXTENSIONS:
            yield key, f"{rule} is no extension: it has to start at due, start or decision"


def _covers(one: RuleRow, other: RuleRow) -> bool:
    begins = one.valid_from <= other.valid_from
    last, asked = one.valid_to or date.max, other.valid_to or date.max
    return begins and asked <= last


def _version(row: RuleRow, versions: dict[str, list[_Placed]]) -> RuleVersion:
    values = {
        name: getattr(row, name)
        for name in RuleVersion.__struct_fields__
        if name not in {"rule", "extension"}
    }
    extension = None
    if row.extension:
        [longer] = [each.row for each in versions[row.extension] if _covers(each.row, row)]
        extension = Extension(
            rule=longer.id,
            version=longer.version,
            length=longer.length,
            unit=longer.unit,
            base=longer.starts,
            times=longer.times,
            until=longer.until or Until.BEFORE_DUE,
            decided_within=longer.decided_within,
            notice_within=longer.notice_within,
            notify=longer.notify,
            source=longer.source,
            certainty=longer.certainty,
        )
    return RuleVersion(rule=row.id, extension=extension, **values)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def _sentence(error: ValidationError, wanted: Any) -> str:
    if isinstance(wanted, EnumMeta):
        return f"has to be one of {', '.join(list(wanted))}"
    return str(error)
