"""The demo's repeats: who comes back is recognised, once wrongly, and a cause is removed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from application.caller import Caller, Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Story, TodayReached
from application.orders import derived_id
from domain import appeal
from domain.case import CaseKind
from domain.cause import AdoptRemoval, CauseKind, NameCause, ProposeRemoval, ReportRemoval
from domain.repeat import ConfirmRepeat, RejectRepeat, WithdrawRepeatDecision

_NAMED, _ADOPTED, _CARRIED_OUT = -80, -74, -60
"""So many of the demo's days before its end."""
_DUE = -50
_UNIT = "pensions"
_WRONGLY = 2
"""Which of those who come back was taken for one who had not been there."""


def tell_repeat(diary: Diary, story: Story, earlier: UUID, registrar: Caller) -> None:
    """The registrar sees that the person was here before. Draws nothing."""
    story.order(ConfirmRepeat(earlier=earlier), registrar)
    diary.returns += 1
    if diary.returns == _WRONGLY:
        next_day = diary.moment(diary.calendar.add_working_days(story.today, 1), HOURS[0])
        later = Story(diary, appeal.KIND, next_day, story.case_id)
        reason = "Müraciət başqa məsələyə aiddir."
        with suppress(TodayReached):
            later.order(WithdrawRepeatDecision(earlier=earlier, reason=reason), registrar)
            later.order(RejectRepeat(earlier=earlier), registrar)


def tell_cause(diary: Diary, days: Sequence[date]) -> int:
    """A cause whose removal was adopted and carried out; how many cases. Draws nothing."""
    at = diary.moment(days[_NAMED], HOURS[0])
    story = Story(diary, CaseKind.CAUSE, at, diary.new_case(CaseKind.CAUSE))
    controller = caller("controller", Role.CONTROLLER)
    story.order(
        NameCause(
            kind=CauseKind.UNCLEAR_ANSWER,
            title="Cavabda hesablamanın əsası göstərilmir",
            description=(
                "Pensiyanın məbləği barədə cavablarda hesablama qaydası izah olunmur, "
                "vətəndaşlar eyni məsələ ilə yenidən müraciət edirlər."
            ),
            topics=("pension",),
            units=(_UNIT,),
        ),
        controller,
    )
    proposed = story.order(
        ProposeRemoval(
            text="Hesablamanı sadə dillə izah edən cavab nümunəsi hazırlansın və tətbiq edilsin.",
            unit=_UNIT,
            due_on=days[_DUE],
        ),
        controller,
    )
    removal = derived_id(proposed, "removal")
    story.at = diary.moment(days[_ADOPTED], HOURS[0])
    story.order(
        AdoptRemoval(removal_id=removal), caller("deputy-chair", Role.SIGNATORY, Role.LEADER)
    )
    story.at = diary.moment(days[_CARRIED_OUT], HOURS[0])
    report = ReportRemoval(removal_id=removal, carried_out_on=days[_CARRIED_OUT])
    story.order(report, caller(f"{_UNIT}-head", Role.UNIT_HEAD))
    return 1
