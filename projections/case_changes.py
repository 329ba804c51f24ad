"""What differs in one case between two positions, and which events made it so."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, to_builtins

from domain.envelope import Recorded
from domain.kinds import KINDS
from domain.reply import ReplyDrafted, ReplyRevised
from projections.corrections import Entries, take


class Difference(Struct, frozen=True, kw_only=True):
    """``field`` is its place in the case as it is answered: standing.unit, entries.topic.

    ``positions`` are those of the events since that touched it.
    """

    field: str
    before: Any
    after: Any
    positions: list[int]


def differences(events: Iterable[Recorded], since: int, until: int) -> list[Difference]:
    """The fields that differ, from all events of the case in order. Before it began all are null.

    What was changed and changed back is no difference.
    """
    state: Any = None
    entries: Entries = {}
    text: str | None = None
    first: dict[str, Any] = {}
    latest: dict[str, Any] = {}
    touched: dict[str, list[int]] = {}
    for recorded in events:
        if recorded.position > until:
            break
        event = recorded.event
        state = KINDS[recorded.kind].evolve(state, event)
        take(entries, event)
        if isinstance(event, ReplyDrafted | ReplyRevised):
            text = event.text
        fields = _fields(state, entries, text)
        if recorded.position <= since:
            first = latest = fields
            continue
        for name in fields.keys() | latest.keys():
            if fields.get(name) != latest.get(name):
                touched.setdefault(name, []).append(recorded.position)
        latest = fields
    return [
        Difference(
            field=name, before=first.get(name), after=latest.get(name), positions=touched[name]
        )
        for name in sorted(touched)
        if first.get(name) != latest.get(name)
    ]


def _fields(state: Any, entries: Entries, text: str | None) -> dict[str, Any]:
    standing = to_builtins(state, order="sorted")
    return {
        **{f"standing.{name}": value for name, value in standing.items()},
        **{f"entries.{name}": value for name, value in to_builtins(entries).items()},
        "reply_text": text,
    }
