"""A notice on any clock: the order, and what it leads to."""

from datetime import date
from typing import Any

from domain.notice import DeadlineNoticeGiven, GiveDeadlineNotice, Recipient, Stage


def notice_on(
    clock: str, due_on: date, *officials: str, **changes: Any
) -> tuple[GiveDeadlineNotice, DeadlineNoticeGiven]:
    fields: dict[str, Any] = {
        "clock": clock,
        "stage": Stage.APPROACHING,
        "step": "two-days-left",
        "due_on": due_on,
        "working_days_left": 2,
        "recipients": tuple(
            Recipient(official=name, role="executor") for name in officials or ("engineer",)
        ),
        **changes,
    }
    return GiveDeadlineNotice(**fields), DeadlineNoticeGiven(**fields)
