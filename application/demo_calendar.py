"""The demo's decision on the calendar: a working day of the coming week becomes a day off."""

from datetime import date

from application.caller import Role
from application.demo_cast import caller
from application.demo_story import HOURS, Diary, Story
from domain.calendar import DayKind
from domain.calendar_decision import KIND, AnnounceCalendarDecision, DecidedDay

_AHEAD = 5


def tell_decision(diary: Diary, day: date) -> int:
    """Announced on *day*; how many cases that makes."""
    story = Story(diary, KIND, diary.moment(day, HOURS[-1]), diary.new_case(KIND))
    day_off = diary.calendar.add_working_days(diary.today, _AHEAD)
    story.order(
        AnnounceCalendarDecision(
            act="Nazirlər Kabinetinin nümunə üçün uydurulmuş qərarı",
            announced_on=day,
            days=(DecidedDay(on=day_off, kind=DayKind.OFF, reason="day off, made up"),),
        ),
        caller("controller", Role.CONTROLLER),
    )
    return 1
