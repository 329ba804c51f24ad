"""Carries out what the policies order, once for each event however often it is read."""

from collections.abc import Iterator, Sequence
from uuid import uuid5

import structlog

from application.caller import Caller, Role
from application.desk import Desk
from application.orders import KeyUsedBefore, NamedCaseMissing, NoSuchCase, Order
from application.policies import POLICIES, Next, Policy
from domain.calendar import CalendarMissing
from domain.case import Actor, Refusal
from domain.envelope import Recorded
from infra.eventstore import TrackingRecorder

CLIENT = "karguzar-policies"

log = structlog.get_logger()


class PolicyDesk:
    """A consumer of the log whose position follows its orders.

    They may be given twice: their ids derive from the event and the policy, and a repeated
    command does nothing.
    """

    name = "policies"

    def __init__(
        self, desk: Desk, tracking: TrackingRecorder, policies: Sequence[Policy] = POLICIES
    ) -> None:
        self._desk = desk
        self._tracking = tracking
        self._policies = policies

    def take(self, batch: Sequence[Recorded]) -> None:
        for recorded in batch:
            for policy, order in self._orders(recorded):
                try:
                    self._desk.execute(order)
                except KeyUsedBefore:
                    continue  # done before, by a version that put the command differently
                except (Refusal, NoSuchCase, NamedCaseMissing, CalendarMissing) as refusal:
                    self._record_refusal(recorded, policy, refusal)
        with self._tracking.datastore.transaction(commit=True) as cursor:
            self._tracking.advance(cursor, self.name, batch[-1].position)

    def _orders(self, recorded: Recorded) -> Iterator[tuple[Policy, Order]]:
        for policy in self._policies:
            if isinstance(recorded.event, policy.takes):
                for index, following in enumerate(policy.react(recorded)):
                    yield policy, _order(recorded, policy, index, following)

    def _record_refusal(self, recorded: Recorded, policy: Policy, refusal: Exception) -> None:
        """The domain's refusal won't change by itself: an official has to look at it."""
        name = type(refusal).__name__
        log.error(
            "policy-order-refused",
            policy=policy.name,
            error=name,
            case_id=str(recorded.originator_id),
            position=recorded.position,
        )
        with self._tracking.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "INSERT INTO karguzar.refused_orders (event_id, policy, position, refusal) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (recorded.event_id, policy.name, recorded.position, name),
            )


def _order(recorded: Recorded, policy: Policy, index: int, following: Next) -> Order:
    principal = following.on_behalf_of or recorded.on_behalf_of or recorded.actor
    actor = Actor(official=policy.name, unit=recorded.unit, client=CLIENT, on_behalf_of=principal)
    return Order(
        kind=following.kind,
        case_id=following.case_id,
        command=following.command,
        by=Caller(actor, frozenset({Role.SYSTEM})),
        command_id=uuid5(recorded.event_id, f"{policy.name}/{index}"),
        cause_id=recorded.event_id,
        correlation_id=recorded.correlation_id,
    )
