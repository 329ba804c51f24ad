"""Retention rules, read from their files: those shipped, and an installation's own over them."""

import re
import tomllib
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert

from domain.keeping import ended_stages
from domain.retention import WITH_SUBKINDS, RetentionRule, RetentionRules
from infra.toml_lines import Lines, lines_of

_FOLDER = Path(__file__).parent
_AT_LINE = re.compile(r"at line (\d+)")
_PLACE = re.compile(r" - at `\$\.?([^`\[]*)[^`]*`")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")


class RetentionInvalid(Exception):
    """The file can't be used: every fault with its line."""

    def __init__(self, path: Path, faults: list[tuple[int, str]]) -> None:
        self.sentences = tuple(f"{path}, line {line}: {why}" for line, why in sorted(faults))
        super().__init__("\n".join(self.sentences))


def retention_rules(jurisdiction: str, own: Path | None = None) -> RetentionRules:
    """The shipped rules of the jurisdiction, under an installation's *own* file."""
    shipped = read_retention(_FOLDER / f"{jurisdiction}.toml")
    return shipped.with_own(read_retention(own)) if own else shipped


def read_retention(path: Path) -> RetentionRules:
    """The rules in one file. Raises RetentionInvalid."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise RetentionInvalid(path, [(1, f"can't be read: {type(error).__name__}")]) from error
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        raise RetentionInvalid(path, [(int(at[1]) if at else 1, str(error))]) from error
    lines = lines_of(text)
    faults = [
        (lines.get(("", 0, key)) or lines.get((key, 0, None), 1), f"{key} is nothing known here")
        for key in found
        if key not in ("rule", "jurisdiction")
    ]
    tables = found.get("rule")
    if not (isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables)):
        raise RetentionInvalid(path, [*faults, (1, "it has at least one [[rule]]")])
    rules: list[RetentionRule] = []
    for index, table in enumerate(tables):
        try:
            rule = convert(table, RetentionRule)
        except ValidationError as error:
            faults.append(_fault(lines, index, str(error)))
            continue
        faults += [(_line(lines, index, key), why) for key, why in _wrong(rule, rules)]
        rules.append(rule)
    if faults:
        raise RetentionInvalid(path, faults)
    return RetentionRules(tuple(rules))


def _wrong(rule: RetentionRule, before: list[RetentionRule]) -> list[tuple[str, str]]:
    """The key at fault and the reason."""
    wrong = []
    if not ended_stages(rule.kind):
        wrong.append(("kind", f"{rule.kind.value} is kept for ever: no rule is for it"))
    if rule.subkinds and rule.kind not in WITH_SUBKINDS:
        names = ", ".join(sorted(WITH_SUBKINDS))
        wrong.append(("subkinds", f"only these have subkinds here: {names}"))
    for other in before:
        if other.id == rule.id:
            wrong.append(("id", f"another rule is called {rule.id} too"))
        both = set(other.subkinds) & set(rule.subkinds)
        if other.kind is rule.kind and (both or other.subkinds == rule.subkinds):
            wrong.append(("kind", f"{other.id} says already how long these are kept"))
    return wrong


def _fault(lines: Lines, index: int, message: str) -> tuple[int, str]:
    unknown, place = _UNKNOWN.search(message), _PLACE.search(message)
    key = unknown[1] if unknown else place[1] if place else ""
    why = _PLACE.sub("", message)
    return _line(lines, index, key), f"{key}: {why}" if place and not unknown else why


def _line(lines: Lines, index: int, key: Any) -> int:
    return lines.get(("rule", index, key)) or lines.get(("rule", index, None), 1)
