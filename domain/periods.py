"""The terms the law sets, as a table; each answer names the rule and calendar it came from."""

from datetime import date

from msgspec import Struct

from domain.calendar import WorkingCalendar
from domain.case import Due


class Period(Struct, frozen=True):
    """A term in working days; day 1 is the first working day after its start."""

    rule: str
    working_days: int
    version: str
    source: str

    def due(self, start: date, calendar: WorkingCalendar) -> Due:
        """The last day of the term that starts on *start*."""
        return self.extend(start, self.working_days, calendar)

    def extend(self, current: date, working_days: int, calendar: WorkingCalendar) -> Due:
        """The last day when *working_days* are added to a term ending on *current*."""
        return Due(
            on=calendar.add_working_days(current, working_days),
            rule=self.rule,
            rule_version=self.version,
            calendar_version=calendar.version,
        )


ANSWER = Period("az-a-gen", 15, "2016", "Law 1308-IVQ Art. 10.1")
EXTENSION = Period("az-a-ext", 30, "2016", "Law 1308-IVQ Art. 10.2")
INFORMATION = Period("az-i-gen", 7, "2005", "Law 1024-IIQ Art. 24.1, 24.5")
MEDIA_ANSWER = Period("az-m-inq", 7, "2005", "Law 1024-IIQ Art. 24.1; our reading for journalists")
CHOSEN = Period("chosen", 0, "1", "a date that an official set")


def chosen(day: date, calendar: WorkingCalendar) -> Due:
    """A due date that an official set, taken as it is."""
    return Due(
        on=day,
        rule=CHOSEN.rule,
        rule_version=CHOSEN.version,
        calendar_version=calendar.version,
    )
