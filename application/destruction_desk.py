"""Carries out approved destructions: recorded and done at once, then cleaned up to the end."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import structlog

from application.caller import Caller, Role
from application.desk import Desk, Standing
from application.orders import Order
from application.retention import other_of, standings_of, today_at
from domain.case import Actor, Refusal
from domain.destruction import (
    KIND,
    CarryOutDestruction,
    CompleteDestruction,
    Destruction,
    SparedCase,
    Stage,
    due_case,
)
from domain.keeping import DestroyContent, why_kept
from infra.destruction import (
    SealedSince,
    cases_under,
    destroy_keys,
    destroyed_among,
    log_position,
    open_destructions,
    owners_in,
)

CALLER = Caller(
    Actor(official="retention", unit="register", client="karguzar-retention"),
    frozenset({Role.SYSTEM}),
)

log = structlog.get_logger()


class DestructionDesk:
    """After a kill the next round goes on where this one was; a second round does nothing.

    *hung_on* tells which cases an open one hangs on, or None while the read models are behind the
    log. *clean* makes what the database still holds of the deleted unreadable: it may be repeated.
    """

    def __init__(
        self,
        desk: Desk,
        hung_on: Callable[[Sequence[UUID]], set[UUID] | None],
        clean: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._hung_on = hung_on
        self._clean = clean

    def round(self) -> None:
        """Carry out and complete whatever waits for it."""
        for destruction, standing in self.standings().items():
            if standing.state.stage is Stage.APPROVED:
                self._carry_out(destruction, standing)
        carried_out = [
            destruction
            for destruction, standing in self.standings().items()
            if standing.state.stage is Stage.CARRIED_OUT
        ]
        self._complete(carried_out)

    def waiting(self) -> bool:
        """Whether a round has anything to do."""
        stages = {standing.state.stage for standing in self.standings().values()}
        return not stages.isdisjoint({Stage.APPROVED, Stage.CARRIED_OUT})

    def standings(self) -> dict[UUID, Standing]:
        """The destructions that haven't ended, as they stand, by their ids."""
        with self._connection() as conn:
            rows = open_destructions(conn)
        found: dict[UUID, Standing] = {}
        for row in rows:
            if standing := self._desk.fold(found.get(row.case_id), [row]):
                found[row.case_id] = standing
        return found

    def proposed(self) -> set[UUID]:
        """The cases that a destruction names which may still be carried out."""
        return {case for standing in self.standings().values() for case in standing.state.cases}

    def _carry_out(self, destruction: UUID, standing: Standing) -> None:
        """Record it and destroy the keys in one transaction with the end of every case in it."""
        state: Destruction = standing.state
        command = self._of_cases(state) if state.person is None else self._of_person(state.person)
        if command is None:
            return
        orders = [_order(destruction, command)]
        if state.person is None:
            ended = standings_of(self._desk, command.cases)
            orders += [
                Order(
                    kind=ended[case].kind,
                    case_id=case,
                    command=DestroyContent(destruction=destruction),
                    by=CALLER,
                    command_id=uuid5(destruction, f"destroy {case}"),
                )
                for case in command.cases
            ]
        try:
            self._desk.execute_together(orders, partial(destroy_keys, destruction=destruction))
        except (Refusal, SealedSince) as refusal:
            # A case has changed since we looked, or has to end first: the next round looks again.
            log.warning(
                "destruction-waits", destruction=str(destruction), refusal=type(refusal).__name__
            )

    def _of_cases(self, state: Destruction) -> CarryOutDestruction | None:
        hung = self._hung_on(state.cases)
        if hung is None:
            return None
        going, spared = self._sorted(state.cases, hung)
        with self._connection() as conn:
            looked_at = log_position(conn)
            persons = owners_in(conn, going) - set(going)
            under = cases_under(conn, persons)
            others = set().union(*under.values()) - set(going) if under else set()
            living = others - destroyed_among(conn, others)
        kept = {person for person, cases in under.items() if cases & living}
        return CarryOutDestruction(
            cases=tuple(going),
            owners=tuple(sorted({*going, *persons} - kept)),
            kept=tuple(sorted(kept)),
            spared=tuple(spared),
            looked_at=looked_at,
        )

    def _of_person(self, person: UUID) -> CarryOutDestruction:
        with self._connection() as conn:
            looked_at = log_position(conn)
            cases = cases_under(conn, [person])[person]
        return CarryOutDestruction(
            cases=tuple(sorted(cases)), owners=(person,), looked_at=looked_at
        )

    def _sorted(
        self, cases: Sequence[UUID], hung: set[UUID]
    ) -> tuple[list[UUID], list[SparedCase]]:
        """Those that may still go, and those that have to stay since they were proposed."""
        standings, today = standings_of(self._desk, cases), today_at(self._desk)
        going, spared = [], []
        for case in cases:
            other = other_of(standings[case])
            why = why_kept(standings[case].kind, standings[case].state)
            if case in hung:
                why = why or "hung-on"
            try:
                due_case(case, other, self._desk.retention, today)
            except Refusal:
                why = why or "not-due"
            if why:
                spared.append(SparedCase(case_id=case, why=why))
            else:
                going.append(case)
        return going, spared

    def _complete(self, destructions: Sequence[UUID]) -> None:
        """Clean up once for all of them, and record that nothing is left."""
        if not destructions:
            return
        with self._connection() as conn, conn.transaction():
            done = {each: destroy_keys(conn, each) for each in destructions}
        self._clean()
        for destruction, destroyed in done.items():
            command = CompleteDestruction(
                keys=destroyed.keys, kept=destroyed.kept, documents=destroyed.documents
            )
            self._desk.execute(_order(destruction, command))
            log.info("destruction-completed", destruction=str(destruction), keys=destroyed.keys)

    def _connection(self) -> AbstractContextManager[Any]:
        return self._desk.log.datastore.get_connection()


def _order(destruction: UUID, command: CarryOutDestruction | CompleteDestruction) -> Order:
    # What is carried out may differ from one try to the next: a key of its own each time, while
    # the destruction's stage sees to it that it happens once.
    return Order(
        kind=KIND,
        case_id=destruction,
        command=command,
        by=CALLER,
        command_id=uuid5(destruction, repr(command)),
    )
