"""A page of the register as one query: walk a little, then look stretch by stretch.

What is common is found among the first cases in order. What is rare is found by intersecting the
lists of cases that the index keeps for every four weeks, stretch after stretch until the page is
full. Each step has one way to be carried out, so no estimate of the planner's can make it slow.
"""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from projections.pages import Prepared, columns, whole
from projections.register import Row

_DAY_ONE = "'0001-01-01'::date"
WALKED = 300
WALKED_FOR_WORDS = 4_000
STRETCH = 28
"""Days; `register.sql` keeps the lists by them. A shorter one costs more looks where little is to
be found, a longer one more cases where a stretch is full of what is wanted."""
STRETCHES = 300
"""After 23 years of stretches the rest is looked through as one: a date may be out of all order."""
_FIRST_ID, _LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
_SEARCHED = "search @@ %(text)s::tsquery"
_FACETS = (
    "read_models.register_facets_3(registered_on, received_at, due_on, kind, state, subkind, "
    "channel, unit, region, topic, social_category, controller, result, legacy_number, open, "
    "under_control, confidential, repeat, units, workers)"
)


class Sort(Struct, frozen=True):
    """``key`` and ``day``, its day where it has one, are SQL.

    ``stretch`` tells the stretch's entry in the index apart from those of other dates: None is the
    stretch of registration, which all other entries are also kept by. ``undated``: a case may have
    no day, and then its key is infinity.
    """

    key: str
    type: str
    day: str
    stretch: int | None = None
    descending: bool = False
    undated: bool = False

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

    @property
    def onwards(self) -> str:
        return "-" if self.descending else "+"

    @property
    def outermost(self) -> tuple[str, UUID]:
        """The key and case that all others are beyond."""
        return ("infinity", _LAST_ID) if self.descending else ("-infinity", _FIRST_ID)


class Shape(Struct, frozen=True):
    """What a list's statement depends on; the values of its filters are parameters.

    ``conditions`` hold for every case of the list; ``since`` and ``until`` are bounds of the sort
    key that follow from them, null where nothing does. ``any_of`` names values that are lists of
    texts each case is indexed by, ``stretches_of`` such of stretches. ``entries``: there are texts
    that all cases of the list are indexed by. ``words``: a search is among the conditions.
    """

    sort: Sort
    since: tuple[str, ...]
    until: tuple[str, ...]
    conditions: tuple[str, ...]
    any_of: tuple[str, ...]
    stretches_of: tuple[str, ...]
    entries: bool
    words: bool


@lru_cache(maxsize=256)
def steps(shape: Shape) -> Prepared:
    """The query, in whose order the rows of each step come before those of the next."""
    sort = shape.sort
    walked = WALKED_FOR_WORDS if shape.words else WALKED
    stretch = f"((SELECT first FROM span) {sort.onwards} (step.n - 1))"
    in_stretch = stretch if sort.stretch is None else "0"
    of_stretch = [] if sort.stretch is None else [f"{stretch} * 2 + {sort.stretch}"]
    found = [_SEARCHED] if shape.words else []
    conditions = [*shape.conditions, *found]
    beyond_mark = _beyond(sort, "mark")
    in_any_stretch = _indexed(shape, "0", [])
    the_rest = [*conditions, beyond_mark, _rest(sort)]
    query = SQL(
        "WITH reach AS MATERIALIZED ({reach}"
        "), mark AS MATERIALIZED ("
        "SELECT {key} AS key, case_id, {day} AS day FROM read_models.register"
        " WHERE {in_reach} ORDER BY {order_by} OFFSET {walked} - 1 LIMIT 1"
        "), ends AS MATERIALIZED (SELECT {mark_stretch} AS first, (SELECT {stretch}"
        " FROM read_models.register WHERE {in_reach} AND {day} IS NOT NULL AND {finite}"
        " ORDER BY {backwards} LIMIT 1) AS last FROM mark"
        "), span AS MATERIALIZED (SELECT coalesce(first, 0) AS first, {by_stretch} AS stretches,"
        " (NOT {all_by_stretch} OR first IS NULL OR last IS NULL"
        " OR abs(last - first) >= {stretches})::int AS rest FROM ends"
        ") SELECT page.* FROM generate_series(0, coalesce((SELECT stretches + rest FROM span), 0))"
        " WITH ORDINALITY AS step (n, nth) CROSS JOIN LATERAL ("
        "SELECT {columns} FROM (SELECT * FROM read_models.register WHERE {in_reach}"
        " ORDER BY {order_by} LIMIT {walked}) AS register"
        " WHERE step.n = 0 AND {conditions}"
        " UNION ALL (SELECT {columns} FROM (SELECT * FROM read_models.register"
        " WHERE {in_stretch} OFFSET 0) AS register WHERE {conditions} AND {beyond_mark}"
        " AND step.n BETWEEN 1 AND (SELECT stretches FROM span)"
        " ORDER BY {order_by} LIMIT %(limit)s)"
        " UNION ALL (SELECT {columns} FROM (SELECT * FROM read_models.register"
        " WHERE {looked_up} OFFSET 0) AS register"
        " WHERE step.n = (SELECT stretches + 1 FROM span) AND {the_rest}"
        " ORDER BY {order_by} LIMIT %(limit)s)"
        ") AS page ORDER BY step.nth LIMIT %(limit)s"
    ).format(
        reach=SQL(_reach(shape)),
        in_reach=_all(_in_reach(sort)),
        key=SQL(sort.key),
        day=SQL(sort.day),
        stretch=SQL(_stretch(sort.day)),
        mark_stretch=SQL(_stretch("mark.day")),
        finite=SQL(f"{sort.key} < 'infinity'"),
        by_stretch=SQL(
            f"least(coalesce(abs(last - first) + 1, 0), {0 if shape.words else STRETCHES})"
        ),
        all_by_stretch=SQL(_all_by_stretch(shape)),
        conditions=_all(conditions),
        in_stretch=_all(_indexed(shape, in_stretch, of_stretch)),
        beyond_mark=SQL(beyond_mark),
        looked_up=_all([*in_any_stretch, *found] if shape.words else [*in_any_stretch, *the_rest]),
        the_rest=_all(the_rest if shape.words else ()),
        columns=columns(Row, "register"),
        order_by=sort.order_by,
        backwards=sort.backwards,
        walked=SQL(str(walked)),
        stretches=SQL(str(STRETCHES)),
    )
    return Prepared.of(whole(query, sort.order_by, "register"))


def _reach(shape: Shape) -> str:
    """Where the list begins, behind one case, and the last key that it may have.

    One place to begin: of two bounds PostgreSQL takes one to start reading the index at, and
    reads up to the other.
    """
    sort = shape.sort
    since = f"greatest({', '.join(shape.since)})"
    until = f"least({', '.join(shape.until)})"
    first, last = (until, since) if sort.descending else (since, until)
    after = f"%(after)s::{sort.type}"
    return (
        f"SELECT CASE WHEN narrower THEN first ELSE {after} END AS key,"
        f" CASE WHEN narrower THEN '{sort.outermost[1]}' ELSE %(after_case)s::uuid END AS case_id,"
        f" coalesce(last, '{'-' if sort.descending else ''}infinity') AS until"
        f" FROM (SELECT first, last, coalesce(first {sort.beyond} {after}, false) AS narrower"
        f" FROM (SELECT {first} AS first, {last} AS last) AS bounds) AS bounds"
    )


def _in_reach(sort: Sort) -> list[str]:
    last = f"{sort.key} {'>=' if sort.descending else '<='} (SELECT until FROM reach)"
    return [_beyond(sort, "reach"), last]


def _beyond(sort: Sort, place: str) -> str:
    row = f"((SELECT key FROM {place}), (SELECT case_id FROM {place}))"
    return f"({sort.key}, case_id) {sort.beyond} {row}"


def _all_by_stretch(shape: Shape) -> str:
    """Whether a look at every stretch finds all; not with words, nor what has no day."""
    if shape.words:
        return "false"
    return "(SELECT until < 'infinity' FROM reach)" if shape.sort.undated else "true"


def _stretch(day: str) -> str:
    return f"({day} - {_DAY_ONE}) / {STRETCH}"


def _indexed(shape: Shape, stretch: str, stretches: Sequence[str]) -> list[str]:
    """Conditions on the index; where nothing is indexed, the stretch's own entry."""
    indexed = [f"{_FACETS} @> ARRAY({_hashes('entries', stretch)})"] if shape.entries else []
    # Apart from the entries, so that what is long is read by skipping along what is short.
    indexed += [f"{_FACETS} @> ARRAY[{', '.join(stretches)}]::bigint[]"] if stretches else []
    indexed += [f"{_FACETS} && ARRAY({_hashes(name, stretch)})" for name in shape.any_of]
    indexed += [f"{_FACETS} && %({name})s::bigint[]" for name in shape.stretches_of]
    if not indexed and stretch != "0":
        return [f"{_FACETS} @> ARRAY[hashtextextended('', {stretch})]"]
    return indexed


def _hashes(name: str, stretch: str) -> str:
    names = f"unnest(%({name})s::text[]) AS entry"
    return f"SELECT hashtextextended(entry, {stretch}) FROM {names}"


def _rest(sort: Sort) -> str:
    """Beyond the last stretch that was looked at."""
    stretch = "first - stretches + 1" if sort.descending else "first + stretches"
    start = f"{_DAY_ONE} + {STRETCH} * (SELECT {stretch} FROM span)"
    if sort.type == "timestamptz":
        start = f"({start})::timestamp AT TIME ZONE 'UTC'"
    return f"{sort.key} {'<' if sort.descending else '>='} {start}"


def _all(conditions: Sequence[str]) -> Composed:
    return SQL(" AND ").join(map(SQL, conditions or ("true",)))
