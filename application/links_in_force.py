"""The links in force around what a command decides on, read under the log's lock."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection

from application.orders import Order
from domain import identity, repeat
from domain.appeal import (
    Appeal,
    AppealMerged,
    AppealReopened,
    AppealTakenUpAgain,
    LeaveUnconsidered,
    MergeAppeal,
)
from domain.envelope import Recorded
from domain.identity import (
    DecideIdentity,
    Identity,
    IdentityDecisionWithdrawn,
    PersonsJoined,
    PersonsToldApart,
)
from domain.links import NO_LINKS, Link, Links
from domain.repeat import (
    ConfirmRepeat,
    RejectRepeat,
    RepeatConfirmed,
    RepeatDecisionWithdrawn,
    RepeatRejected,
    TooManyJoined,
    WithdrawRepeatDecision,
)
from infra.links import (
    IDENTITIES,
    REPEATS,
    LinkTable,
    ReachTooLarge,
    links_behind,
    links_in_reach,
)
from infra.rows import StreamRow

_Places = dict[tuple[UUID, UUID, bool], Link]
"""Links by the case they stand on, the other end, and whether they are merges."""


def links_for(
    conn: Connection[Any],
    order: Order,
    read: Callable[[StreamRow], Recorded],
    latest: Mapping[UUID, Any],
) -> Links:
    """All that the decision may contradict: none for commands that decide on no link.

    *latest* are the standings of this batch, which are ahead of the log.
    """
    match order.command:
        case ConfirmRepeat(earlier=other) | RejectRepeat(earlier=other) | MergeAppeal(into=other):
            return _links(conn, REPEATS, {order.case_id, other}, read, latest)
        case WithdrawRepeatDecision() if _left_as_repeat(latest.get(order.case_id)):
            return _links(conn, REPEATS, {order.case_id}, read, latest)
        case LeaveUnconsidered(answered_repeats=named) if named:
            return _links(conn, REPEATS, {order.case_id, *named}, read, latest)
        case DecideIdentity(persons=persons):
            return _links(conn, IDENTITIES, set(persons), read, latest)
        case _:
            return NO_LINKS


def _left_as_repeat(standing: Any) -> bool:
    return bool(standing and getattr(standing.state, "answered_repeats", ()))


def identities_for(
    conn: Connection[Any],
    order: Order,
    read: Callable[[StreamRow], Recorded],
    latest: Mapping[UUID, Any],
) -> Links:
    """The decisions on the persons of two appeals that the command would join."""
    match order.command:
        case ConfirmRepeat(earlier=other) | MergeAppeal(into=other):
            both = [latest[case].state for case in (order.case_id, other) if case in latest]
            ends = {person for state in both for person in getattr(state, "persons", ())}
            return _links(conn, IDENTITIES, ends, read, latest) if len(ends) > 1 else NO_LINKS
        case _:
            return NO_LINKS


def _links(
    conn: Connection[Any],
    table: LinkTable,
    ends: set[UUID],
    read: Callable[[StreamRow], Recorded],
    latest: Mapping[UUID, Any],
) -> Links:
    here = {case: _standing(case, each.state, table) for case, each in latest.items()}
    live, rows = links_behind(conn, table)
    events = [read(row) for row in rows]
    newer: _Places = {}
    for recorded in events:
        _follow(newer, recorded)
    for link in (*newer.values(), *(link for links in here.values() for link in links)):
        ends |= link.pair
    found: _Places = {}
    try:
        in_reach = links_in_reach(conn, table, ends) if live else []
    except ReachTooLarge:
        raise TooManyJoined from None
    for row in in_reach:
        joins, merged = row.verdict != table.apart, row.verdict == "merged"
        _put(found, Link(row.one, row.other, joins, row.decided_in, merged))
    for recorded in events:
        _follow(found, recorded)
    return Links(
        (
            *(link for link in found.values() if link.decided_in not in here),
            *(link for links in here.values() for link in links),
        )
    )


def _standing(case: UUID, state: Any, table: LinkTable) -> list[Link]:
    if table is REPEATS and isinstance(state, Appeal):
        return repeat.standing_links(case, state.repeats, state.merged_into)
    if table is IDENTITIES and isinstance(state, Identity):
        return identity.standing_links(case, state)
    return []


def _put(places: _Places, link: Link) -> None:
    places[link.decided_in, link.other, link.merged] = link


def _drop(places: _Places, which: Iterable[tuple[UUID, UUID, bool]]) -> None:
    for place in which:
        places.pop(place, None)


def _follow(places: _Places, recorded: Recorded) -> None:
    """Bring the links up to date with one more event; once more changes nothing."""
    case = recorded.originator_id
    match recorded.event:
        case RepeatConfirmed(earlier=earlier):
            _put(places, Link(case, earlier, joins=True, decided_in=case))
        case RepeatRejected(earlier=earlier):
            _put(places, Link(case, earlier, joins=False, decided_in=case))
        case RepeatDecisionWithdrawn(earlier=earlier):
            _drop(places, [(case, earlier, False)])
        case AppealMerged(into=into):
            _put(places, Link(case, into, joins=True, decided_in=case, merged=True))
        case AppealReopened() | AppealTakenUpAgain():
            _drop(places, [place for place in places if place[0] == case and place[2]])
        case PersonsJoined(persons=(one, other)):
            _put(places, Link(one, other, joins=True, decided_in=case))
        case PersonsToldApart(persons=(one, other)):
            _put(places, Link(one, other, joins=False, decided_in=case))
        case IdentityDecisionWithdrawn(persons=(_, other)):
            _drop(places, [(case, other, False)])
        case _:
            pass
