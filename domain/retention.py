"""Retention: how long a case is kept after it has ended, by rules that are data."""

from calendar import isleap
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.case import CaseKind, Code, Value

Years = Annotated[int, Meta(ge=1, le=100)]


class Starts(StrEnum):
    """From when the years are counted."""

    CLOSING = "closing"
    END_OF_YEAR = "end-of-year"


class RetentionRule(Value):
    """A rule without ``subkinds`` is for all of its kind that no other rule names.

    ``certainty`` is that of the deadline rules: S, P, SEED, I or M.
    """

    id: Code
    kind: CaseKind
    starts: Starts
    years: Years
    source: str
    certainty: Literal["S", "P", "SEED", "I", "M"]
    subkinds: tuple[Code, ...] = ()
    note: str | None = None

    def may_go_on(self, ended_on: date) -> date:
        """The first day on which a case that ended on this day may be destroyed."""
        if self.starts is Starts.END_OF_YEAR:
            return date(ended_on.year + self.years + 1, 1, 1)
        year = ended_on.year + self.years
        if (ended_on.month, ended_on.day) == (2, 29) and not isleap(year):
            return date(year, 3, 1)
        return ended_on.replace(year=year)


class RetentionRules(Struct, frozen=True):
    """All rules of an installation. A case that none is for is kept."""

    rules: tuple[RetentionRule, ...] = ()

    def of(self, kind: CaseKind, subkind: str) -> RetentionRule | None:
        """The rule for this subkind, or else the one for the whole kind."""
        of_kind = [rule for rule in self.rules if rule.kind is kind]
        named = (rule for rule in of_kind if subkind in rule.subkinds)
        return next(named, next((rule for rule in of_kind if not rule.subkinds), None))

    def with_own(self, own: "RetentionRules") -> "RetentionRules":
        """These rules under an installation's own, which come first where both say something."""
        said = {rule.id for rule in own.rules}
        return replace(
            self, rules=(*own.rules, *(rule for rule in self.rules if rule.id not in said))
        )


NO_RULES = RetentionRules()

_SUBKIND = {CaseKind.APPEAL: "kind", CaseKind.MEDIA_INQUIRY: "media"}
WITH_SUBKINDS = frozenset(_SUBKIND)
"""The kinds whose rules may name subkinds."""


def subkind_of(kind: CaseKind, case: Any) -> str:
    """The subkind as rules name it; empty where the case doesn't tell it."""
    return str(getattr(case, _SUBKIND.get(kind, ""), None) or "")
