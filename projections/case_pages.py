"""A page of the register as one query: walk a little, then look week by week.

What is common is found among the first cases in order. What is rare is found by intersecting the
lists of cases that the index keeps for every week, week after week until the page is full. Each
step has one way to be carried out, so no estimate of the planner's can make it slow.
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct
from psycopg.sql import SQL, Composed

from projections.pages import columns
from projections.register import Row

_DAY_ONE = "'0001-01-01'::date"
WALKED = 300
WALKED_FOR_WORDS = 4_000
WEEKS = 1_200
"""After 23 years of weeks the rest is looked through as one: a date may be out of all order."""
_FACETS = (
    "read_models.register_facets_2(registered_on, received_at, due_on, kind, state, subkind, "
    "channel, unit, region, topic, social_category, controller, result, legacy_number, open, "
    "under_control, confidential, units, workers)"
)


class Sort(Struct, frozen=True):
    """``key`` and ``day``, its day where it has one, are SQL.

    ``week`` tells the week's entry in the index apart from those of other dates: None is the
    week of registration, which all other entries are also kept by.
    """

    key: str
    type: str
    day: str
    week: int | None = None
    descending: bool = False

    @property
    def order_by(self) -> SQL:
        direction = " DESC" if self.descending else ""
        return SQL(f"{self.key}{direction}, case_id{direction}")

    @property
    def backwards(self) -> SQL:
        direction = "" if self.descending else " DESC"
        return SQL(f"{self.key}{direction}, case_id{direction}")

    @property
    def beyond(self) -> str:
        return "<" if self.descending else ">"


class Sought(Struct, frozen=True):
    """What a list is narrowed to, as SQL: ``reach`` holds for the sort key, ``conditions`` for all.

    ``entries`` are the texts that each case is indexed by, ``any_of`` names values that are lists
    of such texts or, under ``weeks_of``, of weeks. These follow from the conditions and only save
    looking at cases. ``words``: a search is among the conditions.
    """

    reach: tuple[str, ...]
    conditions: tuple[str, ...]
    entries: tuple[str, ...]
    any_of: tuple[str, ...]
    weeks_of: tuple[str, ...]
    words: bool


@lru_cache(maxsize=512)
def steps(sort: Sort, sought: Sought) -> SQL:
    """The query, in whose order the rows of each step come before those of the next."""
    walked = WALKED_FOR_WORDS if sought.words else WALKED
    by_week = not sought.words
    in_week = "step.week" if sort.week is None else "0"
    of_week = [] if sort.week is None else [f"step.week * 2 + {sort.week}"]
    marked = "((SELECT key FROM mark), (SELECT case_id FROM mark))"
    query = SQL(
        "WITH mark AS MATERIALIZED ("
        "SELECT {key} AS key, case_id, {day} AS day FROM read_models.register"
        " WHERE {reach} ORDER BY {order_by} OFFSET {walked} - 1 LIMIT 1"
        "), span AS MATERIALIZED ("
        "SELECT coalesce(first, 0) AS first, CASE WHEN mark_week IS NULL THEN -2"
        " WHEN {by_week} THEN CASE WHEN first IS NULL OR last IS NULL THEN -1"
        " ELSE least(abs(last - first), {weeks} - 1) END ELSE -1 END"
        " AS more FROM (SELECT) AS one LEFT JOIN (SELECT 0 AS mark_week, {mark_week} AS first,"
        " (SELECT {week} FROM read_models.register WHERE {reach} AND {day} IS NOT NULL"
        " AND {finite} ORDER BY {backwards} LIMIT 1) AS last FROM mark) AS found ON true"
        ") SELECT page.* FROM generate_series("
        "(SELECT first - {sign} FROM span), (SELECT first + {sign} * (more + 1) FROM span), {sign}"
        ") WITH ORDINALITY AS step (week, nth) CROSS JOIN LATERAL ("
        "SELECT {columns} FROM (SELECT * FROM read_models.register WHERE {reach}"
        " ORDER BY {order_by} LIMIT {walked}) AS register"
        " WHERE step.nth = 1 AND {conditions}"
        " UNION ALL (SELECT {columns} FROM (SELECT * FROM read_models.register"
        " WHERE {in_week} OFFSET 0) AS register WHERE {conditions} AND {beyond_mark}"
        " AND step.nth BETWEEN 2 AND (SELECT more + 2 FROM span)"
        " ORDER BY {order_by} LIMIT %(limit)s)"
        " UNION ALL (SELECT {columns} FROM (SELECT * FROM read_models.register"
        " WHERE {in_any_week} AND {conditions} AND {beyond_mark} AND {rest} OFFSET 0) AS register"
        " WHERE step.nth = (SELECT more + 3 FROM span)"
        " ORDER BY {order_by} LIMIT %(limit)s)"
        ") AS page ORDER BY step.nth LIMIT %(limit)s"
    ).format(
        key=SQL(sort.key),
        day=SQL(sort.day),
        week=SQL(_week(sort.day)),
        mark_week=SQL(_week("mark.day")),
        finite=SQL(f"{sort.key} < 'infinity'"),
        reach=_all(sought.reach),
        conditions=_all(sought.conditions),
        in_week=_all(_indexed(sought, in_week, of_week)),
        in_any_week=_all(_indexed(sought, "0", [])),
        beyond_mark=SQL(f"({sort.key}, case_id) {sort.beyond} {marked}"),
        rest=SQL(_rest(sort)),
        columns=columns(Row, "register"),
        order_by=sort.order_by,
        backwards=sort.backwards,
        sign=SQL("-1" if sort.descending else "1"),
        walked=SQL(str(walked)),
        weeks=SQL(str(WEEKS)),
        by_week=SQL("true" if by_week else "false"),
    )
    return SQL(query.as_string())


def _week(day: str) -> str:
    return f"({day} - {_DAY_ONE}) / 7"


def _indexed(sought: Sought, week: str, weeks: Sequence[str]) -> list[str]:
    """Conditions on the index; where nothing is indexed, the week's own entry."""
    entries = [f"hashtextextended({entry}, {week})" for entry in sought.entries]
    listed = [f"{_FACETS} && ARRAY({_hashes(name, week)})" for name in sought.any_of]
    listed += [f"{_FACETS} && %({name})s::bigint[]" for name in sought.weeks_of]
    if not entries and not listed and not weeks and week != "0":
        entries = [f"hashtextextended('', {week})"]
    # One array for entries of one length, and another for what is read by skipping along.
    arrays = [array for array in (entries, weeks) if array]
    return [f"{_FACETS} @> ARRAY[{', '.join(array)}]::bigint[]" for array in arrays] + listed


def _hashes(name: str, week: str) -> str:
    names = f"unnest(%({name})s::text[]) AS entry"
    return f"SELECT hashtextextended(entry, {week}) FROM {names}"  # noqa: S608


def _rest(sort: Sort) -> str:
    """Beyond the last week that was looked at."""
    last = (
        "(SELECT first - more FROM span)"
        if sort.descending
        else "(SELECT first + more + 1 FROM span)"
    )
    start = f"{_DAY_ONE} + 7 * {last}"
    if sort.type == "timestamptz":
        start = f"({start})::timestamp AT TIME ZONE 'UTC'"
    return f"{sort.key} {'<' if sort.descending else '>='} {start}"


def _all(conditions: Sequence[str]) -> Composed:
    return SQL(" AND ").join(map(SQL, conditions or ("true",)))
