"""The picture of a case: a circle stands where its event was."""

import itertools
import re
from datetime import date, datetime, timedelta

import pytest

from projections.timeline import Lane, Mark, timeline
from projections.written_days import day_of_year
from tests.domain.spec import BAKU

WORDS = {each.value: each.value for each in Lane} | {"arrived": "arrived"}
FIRST = datetime(2026, 4, 1, 9, tzinfo=BAKU)
_CIRCLE = re.compile(
    r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle" fill="#ffffff"[^>]*>([^<]+)'
)
_TICK = re.compile(r'<text x="([\d.]+)" y="\d+" text-anchor="middle" fill="#5b6673">(\d+ \w+)')


def picture(*after: float) -> tuple[list[tuple[float, str]], dict[date, float]]:
    """Where the circles of events stand, so many days after the first, and where days begin."""
    marks = [
        Mark(Lane.EXECUTING, FIRST + timedelta(days=days), version)
        for version, days in enumerate(after, start=1)
    ]
    drawn = timeline(marks, [], None, WORDS, "en")
    circles = [(float(x), text) for x, text in _CIRCLE.findall(drawn)]
    days = {day_of_year(day, "en"): day for day in (FIRST.date() + timedelta(n) for n in range(90))}
    ticks = {days[text]: float(x) for x, text in _TICK.findall(drawn)}
    return circles, ticks


@pytest.mark.parametrize("gaps", [(0.0, 9.3, 25.0), (0.0, 14.0, 28.6, 50.2)], ids=["month", "long"])
def test_a_circle_stands_at_the_hour_of_its_event(gaps: tuple[float, ...]) -> None:
    circles, ticks = picture(*gaps)
    assert [text for _, text in circles] == [str(n) for n in range(1, len(gaps) + 1)]
    (one, at), (other, far) = min(ticks.items()), max(ticks.items())
    day = (far - at) / (other - one).days
    for days, (x, _) in zip(gaps, circles, strict=True):
        moment = FIRST + timedelta(days=days)
        since = (moment.date() - one).days + (moment.hour + moment.minute / 60) / 24
        assert abs(x - (at + since * day)) < 0.2


def test_events_that_would_lie_on_each_other_share_a_circle_between_them() -> None:
    circles, _ = picture(0, 20, 20.1, 20.2, 40)
    assert [text for _, text in circles] == ["1", "2\u20134", "5"]
    apart, _ = picture(0, 20, 20.2, 40)
    assert circles[1][0] == pytest.approx(apart[1][0], abs=0.2)


def test_no_circle_lies_on_another() -> None:
    circles, _ = picture(*[number * 0.37 for number in range(120)])
    assert len(circles) > 8
    for (x, text), (beyond, more) in itertools.pairwise(circles):
        assert beyond - x >= 18, (text, more)
