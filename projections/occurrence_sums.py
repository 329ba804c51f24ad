"""What occurrences are counted by: the sums behind every figure of dashboards.

What a page asks for is kept by unit, and by day where a figure of single days is told by it. The
rest, which analysts read, is of whole months of the whole register.
"""

from collections.abc import Iterable

from projections.figures import FIGURES
from projections.occurrence import Occurrence
from projections.sums import Tally


def _named(occurrences: Iterable[Occurrence]) -> frozenset[str]:
    return frozenset(each.value for each in occurrences)


_ALL = _named(Occurrence)
_RECEIVED = _named({Occurrence.RECEIVED})
_ENDED = _named({Occurrence.CLOSED, Occurrence.ANSWERED})
_STANDING = _named({Occurrence.STANDING})
_VISITS = _named({Occurrence.VISIT_REGISTERED})
_PEOPLE = _named({Occurrence.PERSON_RECEIVED})
_FULFILLED = _named({Occurrence.FULFILLED})
_HELD = _named({Occurrence.HELD_BALL})
_TOLD = _HELD | _named(
    {
        *(counted.occurrence for counted in FIGURES.values()),
        Occurrence.WAITED,
        Occurrence.HEARD,
        Occurrence.VISIT_RATED,
    }
)
_OF_CASE = _RECEIVED | _ENDED

TALLIES = (
    Tally(dimension="", of=_TOLD, by_day=True),
    Tally(dimension="", of=_ALL - _TOLD, by_unit=False),
    Tally(dimension="on_time", of=_ALL, column="on_time", by_day=True),
    Tally(dimension="repeat", of=_RECEIVED, column="repeat", only="repeat", by_day=True),
    Tally(dimension="repeat", of=_ENDED, column="repeat", only="repeat", by_unit=False),
    Tally(dimension="subkind", of=_STANDING | _FULFILLED, column="subkind", by_day=True),
    Tally(dimension="subkind", of=_RECEIVED, column="subkind"),
    Tally(dimension="subkind", of=_ENDED | _VISITS | _PEOPLE, column="subkind", by_unit=False),
    Tally(dimension="outcome", of=_HELD, column="outcome", by_day=True),
    Tally(dimension="outcome", of=_ENDED | _STANDING, column="outcome"),
    Tally(
        dimension="outcome", of=_ALL - _HELD - _ENDED - _STANDING, column="outcome", by_unit=False
    ),
    Tally(dimension="official", of=_STANDING | _PEOPLE, column="official"),
    Tally(dimension="topic of repeats", of=_RECEIVED, column="topic", only="repeat"),
    Tally(dimension="topic of repeats", of=_ENDED, column="topic", only="repeat", by_unit=False),
    Tally(dimension="topic", of=_RECEIVED | _VISITS, column="topic"),
    Tally(dimension="topic", of=_ENDED | _PEOPLE, column="topic", by_unit=False),
    Tally(dimension="region", of=_RECEIVED | _VISITS, column="region"),
    Tally(dimension="region", of=_ENDED | _PEOPLE, column="region", by_unit=False),
    Tally(dimension="channel", of=_RECEIVED, column="channel"),
    Tally(dimension="channel", of=_ENDED, column="channel", by_unit=False),
    Tally(dimension="applicant", of=_RECEIVED, column="applicant"),
    Tally(dimension="applicant", of=_ENDED, column="applicant", by_unit=False),
)
