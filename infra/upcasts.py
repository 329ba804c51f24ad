"""Old versions of stored events lifted to today's: one function a step, never edited again.

Version 1 was written under the law of Azerbaijan only, and in Baku's time. It named the rule of a
term, but not the day that the term started on, nor, after an extension, the term extended.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Data = dict[str, Any]
Upcast = Callable[[Data, datetime], Data]
"""From an event's data and the instant it was recorded at to the data of the next version."""

_BAKU = ZoneInfo("Asia/Baku")
_CHOSEN = "chosen"
_EXTENDED_BY = {"az-a-ext": ("az-a-gen", 30), "az-i-ext": ("az-i-gen", 7)}
"""The term that each rule of an extension extends, and the working days it allows."""


def _appeal_registered_1(data: Data, _: datetime) -> Data:
    """The terms of registering, forwarding and leaving unconsidered were not computed."""
    due = _starting(data["due"], data["registered_on"])
    none = {"register_due": None, "forward_due": None, "no_consideration_due": None}
    return {**data, "due": due, **none}


def _appeal_reclassified_1(data: Data, _: datetime) -> Data:
    """What is lost is in the term before: its start, and how long it was extended by, and when.

    Of an extension the most that the new rule allowed is told, and the last day it could be
    decided on; `Due.continuing` takes from the term before what it tells.
    """
    due = data["due"]
    if due["rule"] in _EXTENDED_BY:
        rule, longest = _EXTENDED_BY[due["rule"]]
        due = {**due, "rule": rule, "granted": [{"length": longest, "decided_on": due["on"]}]}
    return {**data, "due": due, "forward_due": None, "no_consideration_due": None}


def _with_desk_terms(data: Data, _: datetime) -> Data:
    """An appeal returned: no terms of forwarding or leaving unconsidered ran again."""
    return {**data, "forward_due": None, "no_consideration_due": None}


def _appeal_term_extended_1(data: Data, recorded_at: datetime) -> Data:
    """The term's start is lost here; `Due.continuing` takes it from the term before."""
    old = dict(data)
    length, due = old.pop("working_days"), old["due"]
    rule, _ = _EXTENDED_BY.get(due["rule"], (due["rule"], None))
    granted = [{"length": length, "decided_on": _day(recorded_at)}]
    extended = {**due, "rule": rule, "granted": granted}
    return {**old, "due": extended, "length": length, "unit": "working-days"}


def _begun_anew_1(data: Data, recorded_at: datetime) -> Data:
    """An appeal taken up again or reopened: the new term began at that moment."""
    old = dict(data)
    return {**old, "due": _starting(old["due"], old.pop("term_starts_on"), recorded_at)}


def _media_inquiry_received_1(data: Data, _: datetime) -> Data:
    """The outlet's deadline had the offset that it was sent with."""
    lifted = {**data, "due": _starting(data["due"], data["registered_on"])}
    if wish := data.get("outlet_deadline"):
        with suppress(OverflowError):  # the last hours of the year 9999 have no day in Baku
            lifted["outlet_deadline"] = datetime.fromisoformat(wish).astimezone(_BAKU).isoformat()
    return lifted


def _media_inquiry_reopened_1(data: Data, recorded_at: datetime) -> Data:
    """The new term began at that moment."""
    return {**data, "due": _starting(data["due"], _day(recorded_at), recorded_at)}


def _written_appeal_taken_in_1(data: Data, _: datetime) -> Data:
    """The rule named was one of Georgia's: az-handover is the same one in Azerbaijan."""
    due = data["hand_over_due"]
    if due["rule"] == "ge-handover":
        due = {**due, "rule": "az-handover", "rule_version": "statute"}
    return {**data, "hand_over_due": _starting(due, due["on"])}


def _starting(due: Data, day: str, instant: datetime | None = None) -> Data:
    if due["rule"] == _CHOSEN:
        return due
    start = {"since": day}
    if instant:
        start["since_at"] = instant.astimezone(UTC).isoformat()
    return {**due, **start}


def _day(instant: datetime) -> str:
    return instant.astimezone(_BAKU).date().isoformat()


UPCASTS: dict[tuple[str, int], Upcast] = {
    ("appeal-registered", 1): _appeal_registered_1,
    ("appeal-reclassified", 1): _appeal_reclassified_1,
    ("appeal-returned", 1): _with_desk_terms,
    ("appeal-term-extended", 1): _appeal_term_extended_1,
    ("appeal-taken-up-again", 1): _begun_anew_1,
    ("appeal-reopened", 1): _begun_anew_1,
    ("media-inquiry-received", 1): _media_inquiry_received_1,
    ("media-inquiry-reopened", 1): _media_inquiry_reopened_1,
    ("written-appeal-taken-in", 1): _written_appeal_taken_in_1,
}
"""(stored name, version) -> the function that lifts that version by one."""
