"""The demo's oversight: a finding that a unit answers, and an erasure that nobody approved yet."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from application.caller import Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Story
from domain.case import CaseKind
from domain.destruction import Ground, ProposeDestruction
from domain.finding import AcceptAnswer, AnswerFinding, FindingKind, NameAnswerer, OpenFinding

_OPENED, _ANSWERED, _ACCEPTED, _PROPOSED = -15, -9, -6, -3
"""So many of the demo's days before its end."""
_UNIT = "pensions"


def tell_oversight(diary: Diary, days: Sequence[date], person: UUID) -> int:
    """The erasure is of *person*'s data; how many cases that makes. Draws nothing."""
    _tell_finding(diary, days)
    _tell_erasure(diary, days, person)
    return 2


def _tell_finding(diary: Diary, days: Sequence[date]) -> None:
    at = diary.moment(days[_OPENED], HOURS[0])
    story = Story(diary, CaseKind.FINDING, at, diary.new_case(CaseKind.FINDING))
    auditor = caller("auditor", Role.AUDITOR)
    story.order(
        OpenFinding(
            kind=FindingKind.LATE,
            unit=_UNIT,
            text="Şöbədə bəzi müraciətlərə müddət bitdikdən sonra cavab verilib.",
            answer_due_on=days[_PROPOSED],
        ),
        auditor,
    )
    story.order(NameAnswerer(answerer=f"{_UNIT}-head"), auditor)
    story.at = diary.moment(days[_ANSWERED], HOURS[0])
    answer = "Gecikmənin səbəbi aradan qaldırılıb, müddətlərə hər səhər baxılır."
    story.order(AnswerFinding(text=answer), caller(f"{_UNIT}-head", Role.UNIT_HEAD))
    story.at = diary.moment(days[_ACCEPTED], HOURS[0])
    story.order(AcceptAnswer(), auditor)


def _tell_erasure(diary: Diary, days: Sequence[date], person: UUID) -> None:
    at = diary.moment(days[_PROPOSED], HOURS[-1])
    story = Story(diary, CaseKind.DESTRUCTION, at, diary.new_case(CaseKind.DESTRUCTION))
    story.order(
        ProposeDestruction(ground=Ground.REQUEST, person=person, reason="Vətəndaşın ərizəsi"),
        caller("controller", Role.CONTROLLER),
    )
