"""Brings an older register's cases in as appeals: each case whole, or not at all.

All ids derive from the older register's name, its case and its step, so an import that is run
again adds nothing twice, and one that was interrupted goes on.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct, ValidationError, convert, to_builtins

from application.access import CaseHidden
from application.caller import Caller, Role
from application.desk import Desk
from application.legacy_mapping import AssignmentColumns, Cell, LegacyMapping, filled_in
from application.legacy_rows import LegacyCase, RefusedRow, Row
from application.orders import KeyUsedBefore, Order, Receipt, derived_id
from domain.appeal import (
    KIND,
    AcceptAppeal,
    AppealKind,
    AssignAppeal,
    Channel,
    RecordLegacyOutcome,
    RegisterAppeal,
    Result,
    decide,
    evolve,
)
from domain.applicant import Anonymous
from domain.calendar import CalendarMissing
from domain.case import Actor, Command, Context, Refusal, RegistrationNumber
from domain.due import Terms
from domain.record import AddNote

CLIENT = "karguzar-import"
CASES_A_BATCH = 200
_MAPPINGS = Path(__file__).parents[1] / "infra" / "mappings"
SHIPPED_MAPPINGS = tuple(sorted(path.stem for path in _MAPPINGS.glob("*.toml")))
_IDS = UUID("5d1f6c0e-6d0b-5b0e-9f0a-6c6567616379")
_LETTERS = str.maketrans("əıŞşÇçĞğÖöÜü", "eiSsCcGgOoUu")

_REFUSED = (Refusal, CalendarMissing, KeyUsedBefore, CaseHidden)


class Now(Struct, frozen=True):
    """What deciding needs besides the case: the instant, the department's rules and calendar."""

    at: datetime
    terms: Terms


class PlannedCase(Struct, frozen=True):
    """A case's orders, all of which would be carried out. ``late``: ended after its deadline."""

    line: int
    orders: list[Order]
    events: int
    steps: int
    ended: bool
    late: bool


class ImportSummary(Struct, kw_only=True):
    """``refused`` counts cases. ``open`` and ``late`` speak of the cases that are not refused."""

    cases: int = 0
    imported: int = 0
    brought_up_to_date: int = 0
    already_there: int = 0
    refused: int = 0
    steps: int = 0
    open: int = 0
    late: int = 0
    events: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    refusals: list[RefusedRow] = []


class _CellRefused(Exception):
    def __init__(self, row: Row, column: str | None, reason: str) -> None:
        self.refused = RefusedRow(line=row.line, column=column, reason=reason)


def plan_case(case: LegacyCase, mapping: LegacyMapping, now: Now) -> PlannedCase | list[RefusedRow]:
    """The case decided in memory, without the database; or all that is wrong with its rows."""
    drafting = _Drafting(case, mapping, now.terms.time_zone)
    orders = drafting.orders()
    if drafting.refused:
        return drafting.refused
    first = case.rows[0]
    state, events = None, 0
    for order in orders:
        try:
            for event in decide(order.command, state, _context(order, now)):  # type: ignore[arg-type]
                state = evolve(state, event)  # type: ignore[arg-type]
                events += 1
        except _REFUSED as refusal:
            command = type(order.command).__name__
            return [RefusedRow(line=first.line, reason=f"{command}: {refusal}")]
    ended, deadline = drafting.ended_at, drafting.due_at
    return PlannedCase(
        line=first.line,
        orders=orders,
        events=events,
        steps=len(case.rows),
        ended=ended is not None,
        late=bool(ended and deadline and ended > deadline),
    )


def import_cases(
    cases: Sequence[LegacyCase],
    unreadable: Sequence[RefusedRow],
    mapping: LegacyMapping,
    now: Now,
    *,
    desk: Desk | None,
    progress: Callable[[int], None] = lambda _cases: None,
) -> ImportSummary:
    """Without a desk it is a dry run: the same decisions, and nothing recorded.

    Whole cases go into one transaction, a few hundred at a time. *progress* hears how many cases
    are done since it was last told.
    """
    started = monotonic()
    summary = ImportSummary(cases=len(cases), dry_run=desk is None, refusals=list(unreadable))
    for start in range(0, len(cases), CASES_A_BATCH):
        batch: list[PlannedCase] = []
        for case in cases[start : start + CASES_A_BATCH]:
            planned = plan_case(case, mapping, now)
            if isinstance(planned, PlannedCase):
                batch.append(planned)
            else:
                summary.refused += 1
                summary.refusals += planned
        _carry_out(desk, batch, summary)
        progress(len(cases[start : start + CASES_A_BATCH]))
    summary.refusals.sort(key=lambda refused: refused.line)
    summary.seconds = round(monotonic() - started, 3)
    return summary


def units_in(cases: Sequence[LegacyCase], mapping: LegacyMapping) -> dict[str, str]:
    """The units that cases are assigned to: each one's code and its name in the older register."""
    columns = mapping.assignment
    if not columns:
        return {}
    firsts = [case.rows[0] for case in cases]
    names = [first.values[c] or "" for first in firsts if (c := _unit_column(columns, first))]
    return {code: name for name in names if (code := slug(name))}


def slug(text: str) -> str:
    """The text as a code: Group 2 becomes group-2. Empty when nothing of it fits."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return "-".join(words)[:64].rstrip("-")


class _Drafting:
    """Turns one case's rows into orders, gathering what is wrong with them."""

    def __init__(self, case: LegacyCase, mapping: LegacyMapping, here: tzinfo) -> None:
        self.case = case
        self.mapping = mapping
        self.first = case.rows[0]
        self.here = here
        self.there: tzinfo = ZoneInfo(mapping.source.time_zone)
        self.ids = uuid5(_IDS, mapping.source.register)
        self.refused: list[RefusedRow] = []
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.due_at: datetime | None = None

    def orders(self) -> list[Order]:
        self._require_one_case()
        return [
            *self._gathered(self._beginning),
            *self._gathered(self._handing_out),
            *self._gathered(self._steps),
            *self._gathered(self._end),
        ]

    def _gathered(self, part: Callable[[], Iterator[Order]]) -> list[Order]:
        try:
            return list(part())
        except _CellRefused as error:
            self.refused.append(error.refused)
            return []

    def _require_one_case(self) -> None:
        for column in self.mapping.case_columns:
            value = self.first.values[column]
            for row in self.case.rows:
                if row.values[column] != value:
                    reason = f"differs from line {self.first.line}, of the same case"
                    self.refused.append(RefusedRow(line=row.line, column=column, reason=reason))
                    break

    def _beginning(self) -> Iterator[Order]:
        columns, row = self.mapping.appeal, self.first
        if self.mapping.end:
            self.ended_at = self._instant(row, self.mapping.end.at)
            self.due_at = self._instant(row, self.mapping.end.due_at)
        self.started_at = received_at = self._instant(row, columns.received_at)
        if received_at is None:
            raise _CellRefused(row, columns.received_at, "is empty")
        registered_at = self._instant(row, columns.registered_at) or received_at
        yield self._order(
            "registered",
            RegisterAppeal(
                kind=AppealKind(self._word(columns.kind, AppealKind)),
                channel=Channel(self._word(columns.channel, Channel)),
                applicant=Anonymous(contact=filled_in(columns.contact, row.values)),
                topic=self._code(columns.topic),
                region=self._code(columns.region) if columns.region else None,
                subject=filled_in(columns.subject, row.values),
                received_at=received_at,
                registered_on=registered_at.date(),
                legacy_number=filled_in(columns.legacy_number, row.values),
            ),
        )
        if columns.note:
            yield self._order("note", AddNote(text=filled_in(columns.note, row.values)))

    def _handing_out(self) -> Iterator[Order]:
        columns = self.mapping.assignment
        if not columns:
            return
        unit = _unit_column(columns, self.first)
        if not unit:
            return
        executor = self._slug_of(columns.main_executor)
        yield self._order(
            "assigned", AssignAppeal(unit=self._slug_of(unit), main_executor=executor)
        )
        if columns.accepted:
            yield self._order("accepted", AcceptAppeal(), on_behalf_of=executor)

    def _steps(self) -> Iterator[Order]:
        dated: list[tuple[datetime, str, Row]] = []
        seen: dict[str, int] = {}
        for row in self.case.rows:
            try:
                step, at = self._step(row)
            except _CellRefused as error:
                self.refused.append(error.refused)
                continue
            if step in seen:
                reason = f"the same step as line {seen[step]}"
                column = self.mapping.step.id
                self.refused.append(RefusedRow(line=row.line, column=column, reason=reason))
            seen[step] = row.line
            dated.append((at, step, row))
        for at, step, row in sorted(dated, key=lambda entry: (entry[0], entry[2].line)):
            yield self._order(f"step/{step}", AddNote(text=self._told(row, at)), row)

    def _step(self, row: Row) -> tuple[str, datetime]:
        columns = self.mapping.step
        step, at = row.values[columns.id], self._instant(row, columns.at)
        if not step or not at:
            raise _CellRefused(row, columns.at if step else columns.id, "is empty")
        return step, at

    def _told(self, row: Row, at: datetime) -> str:
        columns = self.mapping.step
        text = filled_in(columns.note, row.values)
        if self.started_at and at < self.started_at:
            return f"{text}; {columns.before_start}"
        if self.ended_at and at > self.ended_at:
            return f"{text}; {columns.after_end}"
        return text

    def _end(self) -> Iterator[Order]:
        columns = self.mapping.end
        if not (columns and self.ended_at):
            return
        result = self._word(columns.result, Result) if columns.result else None
        yield self._order(
            "ended",
            RecordLegacyOutcome(
                ended_on=self.ended_at.date(),
                result=Result(result) if result else None,
                due_on=self.due_at.date() if self.due_at else None,
            ),
        )

    def _order(
        self,
        meaning: str,
        command: Command,
        row: Row | None = None,
        *,
        on_behalf_of: str | None = None,
    ) -> Order:
        try:
            convert(to_builtins(command), type(command))
        except ValidationError as error:
            raise _CellRefused(row or self.first, None, str(error)) from error
        source = self.mapping.source
        actor = Actor(
            official=source.official, unit=source.unit, client=CLIENT, on_behalf_of=on_behalf_of
        )
        return Order(
            kind=KIND,
            case_id=uuid5(self.ids, self.case.number),
            command=command,
            by=Caller(actor, frozenset({Role.SYSTEM})),
            command_id=uuid5(self.ids, f"{self.case.number}/{meaning}"),
        )

    def _instant(self, row: Row, column: str | None) -> datetime | None:
        value = row.values[column] if column else None
        if not value:
            return None
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            raise _CellRefused(row, column, "is no ISO 8601 date and time") from None
        if not instant.tzinfo:
            instant = instant.replace(tzinfo=self.there)
        return instant.astimezone(self.here)

    def _word(self, cell: str | Cell, choices: type[AppealKind | Channel | Result]) -> str:
        """One of *choices*, in our words."""
        if not isinstance(cell, Cell):
            return cell
        word = self._value(cell)
        if word not in tuple(choices):
            reason = "has a value for which the mapping has no word of ours"
            raise _CellRefused(self.first, cell.column, reason)
        return word

    def _code(self, cell: str | Cell) -> str:
        if not isinstance(cell, Cell):
            return cell
        self._slug_of(cell.column)
        return slug(self._value(cell))

    def _value(self, cell: Cell) -> str:
        value = self.first.values[cell.column]
        if value is None:
            raise _CellRefused(self.first, cell.column, "is empty")
        return (cell.values or {}).get(value, value)

    def _slug_of(self, column: str) -> str:
        code = slug(self.first.values[column] or "")
        if not code:
            raise _CellRefused(self.first, column, "has nothing to make a code of")
        return code


def _unit_column(columns: AssignmentColumns, row: Row) -> str | None:
    """The column that tells whom the case was assigned to; None where it was to nobody."""
    if not row.values[columns.main_executor]:
        return None
    return next((column for column in columns.unit if row.values[column]), None)


def _carry_out(desk: Desk | None, batch: Sequence[PlannedCase], summary: ImportSummary) -> None:
    if desk is None:
        for case in batch:
            _count(case, case.events, summary)
            summary.imported += 1
        return
    before = desk.log.max_notification_id() or 0
    try:
        receipts = iter(desk.execute_together([order for case in batch for order in case.orders]))
    except _REFUSED as refusal:
        if len(batch) > 1:
            for case in batch:
                _carry_out(desk, [case], summary)
            return
        summary.refused += 1
        summary.refusals.append(RefusedRow(line=batch[0].line, reason=_reason(refusal)))
        return
    for case in batch:
        _enter(case, [next(receipts) for _ in case.orders], before, summary)


def _enter(case: PlannedCase, receipts: list[Receipt], before: int, summary: ImportSummary) -> None:
    new = [receipt for receipt in receipts if receipt.position > before]
    _count(case, sum(len(receipt.events) for receipt in new), summary)
    if not new:
        summary.already_there += 1
    elif len(new) == len(receipts):
        summary.imported += 1
    else:
        summary.brought_up_to_date += 1


def _count(case: PlannedCase, events: int, summary: ImportSummary) -> None:
    summary.steps += case.steps
    summary.open += not case.ended
    summary.late += case.late
    summary.events += events


def _reason(refusal: Exception) -> str:
    if isinstance(refusal, KeyUsedBefore):
        return "the case was imported before, and the file tells it differently now"
    return str(refusal)


def _context(order: Order, now: Now) -> Context:
    return Context(
        by=order.by.actor,
        at=now.at,
        today=now.at.astimezone(now.terms.time_zone).date(),
        case_id=order.case_id,
        terms=now.terms,
        derive_id=partial(derived_id, order),
        next_number=lambda book, year: RegistrationNumber(book=book, year=year, sequence=1),
    )


def shipped_mapping(name: str) -> Path:
    """The mapping that comes with the register under this name."""
    return _MAPPINGS / f"{name}.toml"
