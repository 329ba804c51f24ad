"""The desk: takes orders, a batch at a time, and records what follows from them.

One method serves every command, because each is the same: load, authorise, decide, append. What
differs stands in `domain` (decide) and in `access.RIGHTS`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper
from msgspec import Struct
from msgspec.structs import replace
from psycopg import Connection

from application.access import Organisation, leads, may_see, require_right, require_sight
from application.caller import Role
from application.links_in_force import identities_for, links_for
from application.named_cases import main_named_case, named_cases, named_of_its_kind
from application.naming import require_known
from application.orders import (
    KeyUsedBefore,
    NamedCaseMissing,
    NoSuchCase,
    Order,
    Receipt,
    StaleVersion,
    derived_id,
    enveloped,
)
from application.proposals import require_proposable
from domain import calendar_decision
from domain.calendar_decision import CalendarDecisionEvent, decided_after
from domain.case import CaseKind, Context, Event, Other, RegistrationNumber
from domain.decided_calendar import DecidedCalendar
from domain.destruction import ProposeDestruction
from domain.due import Terms
from domain.keeping import ContentGone, ended_on, gone
from domain.kinds import KINDS
from domain.retention import NO_RULES, RetentionRules
from infra.calendar_versions import keep
from infra.erased_owners import erased_among, kept_by_their_cases
from infra.eventstore import Append, Batch, Book, Recorder, StoredCommand, environment
from infra.keys import KeyRing, PersonKey
from infra.mapper import EventMapper, Parts, stored_name
from infra.rows import StreamRow

_CACHED_CASES = 20_000

Outcome = Receipt | Exception


class Standing(Struct, frozen=True):
    """A case as it stands: its state, how many events made it, and the thread it began in."""

    kind: CaseKind
    state: Any
    version: int
    correlation_id: UUID
    ended_on: date | None = None


class InForce(Struct, frozen=True):
    """The decisions on the calendar and the terms with them, all replaced at once.

    ``given`` is how many numbers the book of decisions had given: where it has given more, others
    have decided since.
    """

    decided: DecidedCalendar
    terms: Terms
    given: int


class Desk(Application[UUID]):
    """The register's application. ``clock`` gives aware UTC and stamps every envelope."""

    name = "register"

    def __init__(
        self,
        conninfo: str,
        *,
        keys: KeyRing,
        terms: Terms,
        organisation: Callable[[], Organisation],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retention: RetentionRules = NO_RULES,
    ) -> None:
        super().__init__(environment(conninfo))
        self.keys = keys
        self.organisation = organisation
        self.clock = clock
        self.retention = retention
        self.in_force = InForce(DecidedCalendar(terms.calendar), terms, 0)
        self.calendars_kept: set[str] = set()
        self._standings: OrderedDict[UUID, Standing] = OrderedDict()

    def construct_mapper(self) -> Mapper[UUID]:
        return EventMapper()

    @property
    def log(self) -> Recorder:  # type: ignore[override]
        """The recorder: our own, with the batch."""
        return cast("Recorder", self.recorder)

    @property
    def event_mapper(self) -> EventMapper:
        return cast("EventMapper", self.mapper)

    @property
    def terms(self) -> Terms:
        """The rules and the calendar with all decisions that this process has seen."""
        return self.in_force.terms

    @property
    def decided(self) -> DecidedCalendar:
        """Which decisions stand in that calendar."""
        return self.in_force.decided

    def execute(self, order: Order) -> Receipt:
        """Carry out one order in a transaction of its own, or raise why not."""
        (outcome,) = self.execute_batch([order])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def execute_batch(self, orders: Sequence[Order]) -> list[Outcome]:
        """Carry out the orders in their order, in one transaction under the log's lock.

        Each gets its receipt or its own refusal; none can fail a neighbour. Raises only when
        the transaction as a whole failed, and then nothing of it is known to be recorded: the
        same orders may be given again, their command ids keep them from being done twice.
        """
        with self.log.opened() as batch:
            work = _Work(self, batch, orders)
            outcomes = [work.outcome(order) for order in orders]
            work.append()
        self._remember(work)
        return outcomes

    def execute_together(
        self,
        orders: Sequence[Order],
        also: Callable[[Connection[Any]], object] = lambda _: None,
    ) -> list[Receipt]:
        """Carry out all the orders, or none: raises what the first refused one was refused with.

        *also* is done last in the same transaction, which what it raises undoes.
        """
        with self.log.opened() as batch:
            work = _Work(self, batch, orders)
            receipts = [work.receipt(order) for order in orders]
            work.append()
            also(batch.cursor.connection)
        self._remember(work)
        return receipts

    def follow_calendar(self) -> None:
        """Take in the decisions on the calendar that other processes have recorded.

        Every batch does so by itself, under the log's lock; this is for those who only read.
        """
        given, rows = self.log.calendar_decisions(calendar_decision.BOOK)
        if given != self.in_force.given:
            self.in_force = self.after_decisions(given, rows)

    def after_decisions(self, given: int, rows: Sequence[StreamRow]) -> "InForce":
        """What is in force when *rows* are all that was decided, under *given* numbers."""
        decided = DecidedCalendar(self.in_force.decided.base)
        for row in rows:
            recorded = self.event_mapper.read(row)
            event = cast("CalendarDecisionEvent", recorded.event)
            decided = decided_after(decided, recorded.originator_id, event)
        return InForce(decided, replace(self.terms, calendar=decided.calendar), given)

    def remembered(self, case_id: UUID) -> Standing | None:
        """The case as this process last saw it; events of other processes may have followed."""
        return self._standings.get(case_id)

    def fold(self, standing: Standing | None, rows: Sequence[StreamRow]) -> Standing | None:
        """The case after the events in *rows*. Personal fields are not opened for this."""
        for row in rows:
            recorded = self.event_mapper.read(row)
            evolve = KINDS[recorded.kind].evolve
            state = evolve(standing.state if standing else None, recorded.event)
            standing = Standing(
                recorded.kind,
                state,
                row.version,
                standing.correlation_id if standing else recorded.correlation_id,
                ended_on(
                    standing.ended_on if standing else None,
                    recorded.kind,
                    state,
                    recorded.event,
                    recorded.recorded_at.astimezone(self.terms.time_zone).date(),
                ),
            )
        return standing

    def _remember(self, work: "_Work") -> None:
        self.in_force = work.in_force
        self.calendars_kept |= work.calendars.keys()
        for case_id, standing in work.standings.items():
            self._standings.pop(case_id, None)
            self._standings[case_id] = standing
        while len(self._standings) > _CACHED_CASES:
            self._standings.popitem(last=False)


class _Work:
    """One batch in the making, inside its transaction."""

    def __init__(self, desk: Desk, batch: Batch, orders: Sequence[Order]) -> None:
        self.desk = desk
        self.batch = batch
        self.parts: list[Parts] = []
        self.commands: dict[UUID, StoredCommand] = {}
        self.used_numbers: dict[Book, int] = {}
        self.standings: dict[UUID, Standing] = {}
        self.new_ids: set[UUID] = set()
        cases = {order.case_id for order in orders}
        cases |= {other for order in orders for other in named_cases(order.command)}
        known = {case: desk.remembered(case) for case in cases}
        self.answered, rows, self.numbers = batch.look_up(
            [order.command_id for order in orders],
            {case: standing.version if standing else 0 for case, standing in known.items()},
        )
        self.position = batch.position
        # Looked at under the lock: whoever comes after us in the log is stamped after us too.
        self.now = desk.clock()
        self.today = self.now.astimezone(desk.terms.time_zone).date()
        self.in_force = desk.in_force
        if (given := _given_numbers(self.numbers)) != self.in_force.given:
            self.in_force = desk.after_decisions(given, batch.calendar_decisions())
        calendar = self.in_force.terms.calendar
        self.calendars = {calendar.version: calendar}
        by_case: dict[UUID, list[StreamRow]] = {}
        for row in rows:
            by_case.setdefault(row.case_id, []).append(row)
        for case in cases:
            if standing := desk.fold(known[case], by_case.get(case, ())):
                self.standings[case] = standing

    def outcome(self, order: Order) -> Outcome:
        """The receipt, or what it was refused with; a refused order leaves no trace here."""
        try:
            return self.receipt(order)
        except Exception as error:  # noqa: BLE001 - the neighbours go on, the caller is told
            return error

    def receipt(self, order: Order) -> Receipt:
        """The receipt; raises what the order was refused with."""
        return self._repeated(order) or self._carry_out(order)

    def append(self) -> None:
        """Seal and write what the orders gave."""
        if not self.commands:
            return
        for version, calendar in self.calendars.items():
            if version not in self.desk.calendars_kept:
                keep(self.batch.cursor, calendar)
        keys, made = self._keys()
        seal = self.desk.event_mapper.seal
        self.batch.append(
            Append(
                events=[seal(parts, keys) for parts in self.parts],
                commands=list(self.commands.values()),
                keys=made,
                numbers=self.used_numbers,
            )
        )

    def _repeated(self, order: Order) -> Receipt | None:
        before = self.answered.get(order.command_id) or self.commands.get(order.command_id)
        if not before:
            return None
        if before.digest != order.digest():
            raise KeyUsedBefore
        return Receipt(
            id=before.case_id,
            version=before.version,
            position=before.position,
            events=before.topics,
        )

    def _carry_out(self, order: Order) -> Receipt:
        kind = KINDS[order.kind]
        standing = self.standings.get(order.case_id)
        command = order.command
        begins = isinstance(command, kind.begins)
        require_right(order.by, order.kind, type(command))
        if not begins and (standing is None or standing.kind is not order.kind):
            raise NoSuchCase
        if standing is not None:
            require_sight(order.by, standing.state, self.desk.organisation())
            if order.expected_version not in (None, standing.version):
                msg = f"You have seen version {order.expected_version}; now it is "
                raise StaleVersion(f"{msg}{standing.version}: read the case again")
        if Role.SYSTEM not in order.by.roles:
            require_known(command, self.desk.organisation())
        self._require_named_case(order)
        if isinstance(command, ProposeDestruction):
            conn = self.batch.cursor.connection
            require_proposable(conn, command, self.desk.fold, self.standings)
        events = kind.decide(command, standing.state if standing else None, self._context(order))
        return self._record(order, standing, events)

    def _require_named_case(self, order: Order) -> None:
        """A case may hang on a case of any kind; it is merged into, or repeats, one of its own.

        Those that a destruction names are looked at by their time alone, whoever may see them.
        """
        of_its_kind = named_of_its_kind(order.command)
        for named in named_cases(order.command):
            standing = self.standings.get(named)
            if not standing or (named in of_its_kind and standing.kind is not order.kind):
                raise NamedCaseMissing(NamedCaseMissing.__doc__)
            if order.kind is CaseKind.DESTRUCTION:
                continue
            if not may_see(order.by, standing.state, self.desk.organisation()):
                raise NamedCaseMissing(NamedCaseMissing.__doc__)
            if named == main_named_case(order.command) and gone(standing.state):
                raise ContentGone

    def _record(self, order: Order, standing: Standing | None, events: list[Event]) -> Receipt:
        state, version = (standing.state, standing.version) if standing else (None, 0)
        if standing is None:
            self.new_ids.add(order.case_id)
        thread = standing.correlation_id if standing else self._begin_thread(order)
        evolve = KINDS[order.kind].evolve
        digest = order.digest()
        parts = []
        ended = standing.ended_on if standing else None
        for index, event in enumerate(events):
            state = evolve(state, event)
            ended = ended_on(ended, order.kind, state, event, self.today)
            recorded = enveloped(
                order,
                event,
                index,
                version=version + index + 1,
                owner=getattr(event, "person_id", None) or state.owner or order.case_id,
                thread=getattr(event, "visit_id", None) or thread,
                at=self.now,
            )
            parts.append(self.desk.event_mapper.take_apart(recorded))
        version += len(events)
        if events:
            self.standings[order.case_id] = Standing(order.kind, state, version, thread, ended)
        self.position += len(events)
        self.parts += parts
        for event in events:
            self._use_number(event)
            if isinstance(event, CalendarDecisionEvent):
                self._follow(order.case_id, event)
        topics = tuple(stored_name(event) for event in events)
        self.commands[order.command_id] = StoredCommand(
            order.command_id, digest, order.case_id, version, self.position, topics
        )
        return Receipt(id=order.case_id, version=version, position=self.position, events=topics)

    def _follow(self, decision: UUID, event: CalendarDecisionEvent) -> None:
        """What comes later in this batch is decided with the calendar after *event*."""
        decided = decided_after(self.in_force.decided, decision, event)
        calendar = decided.calendar
        terms = replace(self.in_force.terms, calendar=calendar)
        self.in_force = InForce(decided, terms, _given_numbers(self.numbers))
        self.calendars[calendar.version] = calendar

    def _begin_thread(self, order: Order) -> UUID:
        if order.correlation_id:
            return order.correlation_id
        source = main_named_case(order.command)
        if source and (standing := self.standings.get(source)):
            return standing.correlation_id
        return order.case_id

    def _context(self, order: Order) -> Context:
        def derive_id(what: str) -> UUID:
            identity = derived_id(order, what)
            self.new_ids.add(identity)
            return identity

        around = self.batch.cursor.connection, order, self.desk.event_mapper.read, self.standings
        return Context(
            by=order.by.actor,
            at=self.now,
            today=self.today,
            case_id=order.case_id,
            terms=self.in_force.terms,
            decided=self.in_force.decided,
            retention=self.desk.retention,
            leads=leads(order.by),
            next_number=self._next_number,
            derive_id=derive_id,
            named=self._named_state(order),
            links=links_for(*around),
            identities=identities_for(*around),
            others={
                other: Other(standing.state, standing.version, standing.kind, standing.ended_on)
                for other in named_cases(order.command)
                if (standing := self.standings.get(other))
            },
        )

    def _named_state(self, order: Order) -> Any:
        named = main_named_case(order.command)
        standing = self.standings.get(named) if named else None
        return standing.state if standing else None

    def _next_number(self, book: str, year: int) -> RegistrationNumber:
        last = self.numbers.get((book, year), 0)
        return RegistrationNumber(book=book, year=year, sequence=last + 1)

    def _use_number(self, event: Event) -> None:
        number = getattr(event, "number", None)
        if isinstance(number, RegistrationNumber):
            book = (number.book, number.year)
            self.numbers[book] = self.used_numbers[book] = number.sequence

    def _keys(self) -> tuple[dict[UUID, PersonKey], dict[UUID, bytes]]:
        """Every owner's key, and of those made just now the wrapped form.

        Nobody can have a key yet under an id that is new.
        """
        keys = self.desk.keys.read(self.batch.cursor, self._owners() - self.new_ids)
        unknown = self._owners() - self.new_ids - keys.keys()
        if erased := erased_among(self.batch.cursor.connection, unknown):
            self.parts = kept_by_their_cases(self.desk.event_mapper, self.parts, erased)
            keys |= self.desk.keys.read(self.batch.cursor, self._owners() - self.new_ids)
        made = {}
        for owner in self._owners() - keys.keys():
            keys[owner], made[owner] = self.desk.keys.make(owner)
        return keys, made

    def _owners(self) -> set[UUID]:
        return {owner for parts in self.parts for owner in parts.personal}


def _given_numbers(numbers: Mapping[Book, int]) -> int:
    """How many numbers the book of calendar decisions has given, in all its years."""
    return sum(last for (book, _), last in numbers.items() if book == calendar_decision.BOOK)
