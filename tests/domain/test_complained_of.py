"""Whoever an appeal complains of steers nothing in it, themselves or as somebody's deputy."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from domain.appeal import AppealRegistered, NoteMergedAppeal, decide, evolve
from domain.appeal_refusals import ComplainedOfMayNotExamine
from domain.case import Actor, Command, Event
from domain.control import TakeOffControl
from domain.information import RecordInformation
from domain.notice import GiveDeadlineNotice
from domain.recalculation import RecomputeDueDates
from domain.record import AddNote, AttachDocument
from tests.domain.spec import Spec, official
from tests.domain.test_appeal import SUCCESSES

ONLY_RECORDED = {
    NoteMergedAppeal,
    RecordInformation,
    TakeOffControl,
    AttachDocument,
    AddNote,
    RecomputeDueDates,
    GiveDeadlineNotice,
}
OF_A_STANDING_APPEAL = [each for each in SUCCESSES if each[0]]
STEERING = [each for each in OF_A_STANDING_APPEAL if type(each[1]) not in ONLY_RECORDED]
RECORDING = [each for each in OF_A_STANDING_APPEAL if type(each[1]) in ONLY_RECORDED]


def complaint_about(who: str, before: Sequence[Event]) -> Spec:
    registered, *rest = before
    assert isinstance(registered, AppealRegistered)
    return Spec(decide, evolve, replace(registered, complained_of=(who,)), *rest)


@pytest.mark.parametrize(
    ("before", "command", "by"),
    [each[:3] for each in STEERING],
    ids=[type(each[1]).__name__ for each in STEERING],
)
def test_the_examination_is_steered_by_others(
    before: Sequence[Event], command: Command, by: Actor
) -> None:
    about = complaint_about(by.official, before)
    about.when(command, by).refused(ComplainedOfMayNotExamine)
    deputy = official("deputy", by.unit, on_behalf_of=by.official)
    about.when(command, deputy).refused(ComplainedOfMayNotExamine)
    about = complaint_about("deputy", before)
    about.when(command, deputy).refused(ComplainedOfMayNotExamine)


@pytest.mark.parametrize(
    ("before", "command", "by", "event"),
    RECORDING,
    ids=[type(each[1]).__name__ for each in RECORDING],
)
def test_what_is_only_recorded_may_be_recorded_by_them_too(
    before: Sequence[Event], command: Command, by: Actor, event: Event
) -> None:
    complaint_about(by.official, before).when(command, by).then(event)
