from pathlib import Path

import pytest

from api.events_page import events_page, recorded_by
from domain import appeal, assignment, control, reception, reply
from domain.case import CaseKind
from domain.kinds import KINDS, Kind

PAGE = Path(__file__).parent.parent / "docs" / "events.md"


def test_the_page_of_events_is_up_to_date() -> None:
    assert PAGE.read_text() == events_page(), "run: python -m api.events_page > docs/events.md"


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_event_is_recorded_by_a_command_and_every_command_records_one(kind: Kind) -> None:
    recorded = recorded_by(kind)
    assert all(recorded.values())
    assert {command for commands in recorded.values() for command in commands} == {*kind.commands}


@pytest.mark.parametrize(
    ("kind", "event", "commands"),
    [
        (CaseKind.APPEAL, appeal.AppealRegistered, (appeal.RegisterAppeal,)),
        (CaseKind.APPEAL, appeal.AppealClosed, (appeal.CloseAppeal,)),
        (CaseKind.APPEAL, reply.ReplyDrafted, (reply.DraftReply,)),
        (CaseKind.APPEAL, reply.ReplySigned, (reply.SignReply,)),
        (CaseKind.RECEPTION, reception.VisitRated, (reception.RateVisit,)),
        (
            CaseKind.ASSIGNMENT,
            control.ControlEstablished,
            (assignment.GiveAssignment, control.PutUnderControl),
        ),
    ],
)
def test_the_commands_that_record_an_event_are_found_through_all_that_decide_calls(
    kind: CaseKind, event: type, commands: tuple[type, ...]
) -> None:
    assert recorded_by(KINDS[kind])[event] == commands
