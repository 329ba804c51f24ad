"""The outbox: what has to be sent, written from the log as it grows."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal
from uuid import uuid5

from domain.envelope import Recorded
from domain.notice import DeadlineNoticeGiven
from infra.eventstore import TrackingRecorder

Channel = Literal["register", "mail", "webhook"]

_INSERT = (
    "INSERT INTO karguzar.notices (notice_id, event_id, position, case_id, kind, clock, stage, "
    "step, due_on, working_days_left, official, role, given_at, channel, state, next_try_at, "
    "sent_at) VALUES (%(notice_id)s, %(event_id)s, %(position)s, %(case_id)s, %(kind)s, "
    "%(clock)s, %(stage)s, %(step)s, %(due_on)s, %(working_days_left)s, %(official)s, %(role)s, "
    "%(given_at)s, %(channel)s, %(state)s, %(given_at)s, %(sent_at)s) ON CONFLICT DO NOTHING"
)


class Outbox:
    """A consumer of the log: a row for each notice, recipient and channel.

    Rows and position commit together, and the ids derive from the event, so that a notice read
    twice stands here once. The channel ``register`` is the list of notices that everybody has
    here: such a row is sent when it is written.
    """

    name = "outbox"

    def __init__(self, tracking: TrackingRecorder, channels: Collection[Channel]) -> None:
        self._tracking = tracking
        self._channels = ("register", *channels)

    def take(self, batch: Sequence[Recorded]) -> None:
        with self._tracking.datastore.transaction(commit=True) as cursor:
            self._tracking.advance(cursor, self.name, batch[-1].position)
            for recorded in batch:
                if isinstance(recorded.event, DeadlineNoticeGiven):
                    for row in self._rows(recorded, recorded.event):
                        cursor.execute(_INSERT, row)

    def _rows(self, recorded: Recorded, notice: DeadlineNoticeGiven) -> Iterator[dict[str, Any]]:
        for recipient in notice.recipients:
            for channel in self._channels:
                here = channel == "register"
                yield {
                    "notice_id": uuid5(recorded.event_id, f"{channel}/{recipient.official}"),
                    "event_id": recorded.event_id,
                    "position": recorded.position,
                    "case_id": recorded.originator_id,
                    "kind": recorded.kind.value,
                    "clock": notice.clock,
                    "stage": notice.stage.value,
                    "step": notice.step,
                    "due_on": notice.due_on,
                    "working_days_left": notice.working_days_left,
                    "official": recipient.official,
                    "role": recipient.role,
                    "given_at": recorded.recorded_at,
                    "channel": channel,
                    "state": "sent" if here else "waiting",
                    "sent_at": recorded.recorded_at if here else None,
                }
