"""What stands in the schema `analytics`, view by view and column by column.

No view has what tells of a person: names, numbers of registration, officials, subjects, exact
instants. Region and kind of applicant stand in counts alone, where small counts are hidden. A
renamed or dropped column breaks somebody's notebook: add one at the end instead.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from domain.small_counts import SMALLEST_TOLD

TEXT, NUMBER, FLAG, DAY = "text", "bigint", "boolean", "date"


class ViewName(StrEnum):
    """The views. The value is the name in the database."""

    CASES = "cases"
    STAGES = "stages"
    OCCURRENCES = "occurrences"
    COUNTS = "counts"
    ANSWERS = "answers"
    DUE_DATES = "due_dates"
    DUE_DATE_MOVES = "due_date_moves"
    REPEAT_LINKS = "repeat_links"
    BREACHES = "breaches"
    UNITS = "units"
    POSITIONS = "positions"


class Column(Struct, frozen=True):
    """``sql`` gives it in terms of the view's source; ``holds`` is its type in PostgreSQL."""

    name: str
    holds: str
    says: str
    sql: str


class View(Struct, frozen=True, kw_only=True):
    """``day`` is the column that a span of days is asked of; ``models`` are what it stands on."""

    name: ViewName
    says: str
    columns: tuple[Column, ...]
    source: str
    models: tuple[str, ...]
    day: str | None = None


def _pseudonym(what: str, of: str) -> str:
    """HMAC-SHA256 of what it stands for, as `infra/pseudonyms.py` has it."""
    pad = "(SELECT {} FROM karguzar.purpose_in_force)"
    inner, outer = pad.format("inner_pad"), pad.format("outer_pad")
    message = f"convert_to('{what} ' || {of}, 'UTF8')"
    return f"encode(substring(sha256({outer} || sha256({inner} || {message})) FOR 16), 'hex')"


def _day_of(instant: str) -> str:
    return f"({instant} AT TIME ZONE (SELECT name FROM karguzar.time_zone))::date"  # noqa: S608


def _case(of: str, name: str = "case_pseudonym", says: str = "") -> Column:
    told = says or "Stands for the case: the same in all views for one purpose, and for no other"
    return Column(name, TEXT, told, _pseudonym("case", f"{of}::text"))


def _plain(of: str, *columns: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns that are in *of* under the same name."""
    return tuple(Column(name, holds, says, f"{of}.{name}") for name, holds, says in columns)


_KIND = ("kind", TEXT, "Kind of case: appeal, reception, media-inquiry, assignment and others")
_SUBKIND = (
    "subkind",
    TEXT,
    "Of an appeal its kind, of an inquiry the medium, of a reception its form",
)
_OPEN_CASE = "JOIN read_models.register AS r USING (case_id) WHERE NOT r.confidential"
_NO_CONFIDENTIAL = "Confidential cases are left out."

_CASES = View(
    name=ViewName.CASES,
    says=f"One row for each case, as it stands. {_NO_CONFIDENTIAL}",
    columns=(
        _case("r.case_id"),
        Column(
            "thread_pseudonym",
            TEXT,
            "Stands for the thread: the same in all cases that belong together, such as a "
            "reception and the assignments given there",
            _pseudonym("thread", "r.correlation_id::text"),
        ),
        *_plain("r", _KIND, _SUBKIND),
        Column("stage", TEXT, "How far it has come, such as registered or in-work", "r.state"),
        *_plain(
            "r",
            ("open", FLAG, "Neither answered nor otherwise ended"),
            ("channel", TEXT, "How an appeal came, such as post; null for other kinds"),
            ("unit", TEXT, "The unit that has the case now; see units"),
            ("topic", TEXT, "What it is about, as a code"),
            ("registered_on", DAY, "Day of registration; of a reception the day it is held"),
            ("due_on", DAY, "Last day of the term; null where there is none"),
            ("rule", TEXT, "The rule that set the term; karguzar deadline rules lists them"),
            ("under_control", FLAG, "An official watches it until it is done"),
            ("extended", FLAG, "Its term was extended"),
            ("repeat", FLAG, "It was confirmed to repeat an earlier appeal, and isn't merged"),
            ("result", TEXT, "How it ended; null before"),
        ),
        Column("closed_on", DAY, "Day on which it ended; null while open", _day_of("r.closed_at")),
        Column("imported", FLAG, "It comes from an older register", "r.legacy_number IS NOT NULL"),
    ),
    source="FROM read_models.register AS r WHERE NOT r.confidential",
    models=("register",),
    day="registered_on",
)

_STAGES = View(
    name=ViewName.STAGES,
    says=(
        "One row for each stretch of time in which a case stood so: a new one begins with each "
        f"change of a column. {_NO_CONFIDENTIAL}"
    ),
    columns=(
        _case("h.case_id"),
        *_plain("h", _KIND, _SUBKIND),
        Column("stage", TEXT, "How far the case had come", "h.state"),
        *_plain(
            "h",
            ("open", FLAG, "Neither answered nor otherwise ended"),
            ("unit", TEXT, "The unit that had the case"),
            ("topic", TEXT, "What it was about, as a code"),
            ("due_on", DAY, "Last day of its term at that time"),
            ("under_control", FLAG, "An official watched it"),
            ("extended", FLAG, "Its term had been extended"),
            ("repeat", FLAG, "It was held to repeat an earlier appeal"),
            ("result", TEXT, "How it had ended; null before"),
        ),
        Column("since_on", DAY, "Day from which it stood so", _day_of("h.since_at")),
        Column("until_on", DAY, "Day on which that ended; null if not", _day_of("h.until_at")),
        Column(
            "lasted_hours",
            NUMBER,
            "How long it stood so, in whole hours; null while it does",
            "floor(extract(epoch FROM h.until_at - h.since_at) / 3600)",
        ),
    ),
    source=f"FROM read_models.register_history AS h {_OPEN_CASE} AND NOT h.confidential",
    models=("register_history", "register"),
    day="since_on",
)

_OCCURRENCES = View(
    name=ViewName.OCCURRENCES,
    says=(
        "One row for each thing that a case counts for in a report: that it was received, "
        f"answered, moved to another unit, heard a visitor. {_NO_CONFIDENTIAL}"
    ),
    columns=(
        _case("o.case_id"),
        *_plain(
            "o",
            ("occurrence", TEXT, "What it counts for, such as received, answered, standing"),
        ),
        Column(
            "visit_pseudonym",
            TEXT,
            "Stands for the visit, where it is one of a reception's visits",
            f"CASE WHEN o.part <> '' THEN {_pseudonym('visit', 'o.part')} END",
        ),
        *_plain(
            "o",
            ("nth", NUMBER, "Tells the like of one case and visit apart, in their order"),
            ("on_day", DAY, "Business day on which it counts; of what is standing the due date"),
            _KIND,
            _SUBKIND,
            ("unit", TEXT, "The unit that had the case"),
            ("channel", TEXT, "How an appeal came"),
            ("topic", TEXT, "What the case is about, as a code"),
            ("repeat", FLAG, "The case repeats an earlier appeal"),
            (
                "outcome",
                TEXT,
                (
                    "Of closed the result, of answered how, of standing and held-ball who holds "
                    "the ball: unit, signatory, other-body or applicant"
                ),
            ),
            ("on_time", FLAG, "Within its term; null where there is none to keep"),
            (
                "amount",
                NUMBER,
                (
                    "Of received how many signed, of answered the calendar days (of a media "
                    "inquiry the minutes), of held-ball, waited and heard minutes, of visit-rated "
                    "the mark; else 1"
                ),
            ),
        ),
    ),
    source=(
        "FROM read_models.occurrences AS o JOIN read_models.register AS r USING (case_id) "
        "WHERE o.memory IS NULL AND NOT o.confidential AND NOT r.confidential"
    ),
    models=("occurrences", "register"),
    day="on_day",
)

_SMALL = SMALLEST_TOLD
_COUNTS = View(
    name=ViewName.COUNTS,
    says=(
        "How many occurrences there were in each month that is over, of the whole department, "
        f"in all and by one dimension. {_NO_CONFIDENTIAL} A count below {_SMALL} is null, and so "
        "is any that would give it away in the sum of its month."
    ),
    columns=(
        Column("month", DAY, "First day of the month", "c.starts_on"),
        *_plain("c", ("occurrence", TEXT, "What is counted; see occurrences"), _KIND),
        Column(
            "dimension",
            TEXT,
            "total, or what it is counted by: subkind, channel, region, topic, applicant, repeat, "
            "outcome, on_time",
            "coalesce(nullif(c.dimension, ''), 'total')",
        ),
        Column("value", TEXT, "Its value; null for the total", "nullif(c.value, '')"),
        Column("n", NUMBER, "How many; null where so few", "CASE WHEN NOT c.hidden THEN c.n END"),
        Column(
            "amount",
            NUMBER,
            "The sum of their amounts; null where n is",
            "CASE WHEN NOT c.hidden THEN c.amount END",
        ),
    ),
    # The small ones, and as many of the next larger as it takes that what is hidden are two counts
    # at least and five cases together: what `domain.small_counts.hidden` does for one side.
    source=f"""FROM (
        SELECT *, smallest < {_SMALL} AND (n < {_SMALL} OR place <= 2 OR below < {_SMALL}) AS hidden
        FROM (
            SELECT *, min(n) OVER line AS smallest, row_number() OVER ordered AS place,
                sum(n) OVER (
                    ordered ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS below
            FROM read_models.occurrence_sums
            WHERE grain = 'month' AND unit = '' AND NOT confidential AND n > 0
            AND dimension <> 'official' AND occurrence <> 'standing'
            AND starts_on < date_trunc(
                'month', now() AT TIME ZONE (SELECT name FROM karguzar.time_zone)
            )::date
            WINDOW line AS (PARTITION BY starts_on, occurrence, kind, dimension),
                ordered AS (line ORDER BY n, value COLLATE "C")
        ) AS cell
    ) AS c""",  # noqa: S608 - a number of ours
    models=("occurrences",),
    day="month",
)

_ANSWERS = View(
    name=ViewName.ANSWERS,
    says=f"One row for each final answer to an appeal. {_NO_CONFIDENTIAL}",
    columns=(
        _case("a.case_id"),
        *_plain(
            "a",
            ("nth", NUMBER, "1 for the first answer; more where the case was begun anew"),
            ("kind", TEXT, "Kind of appeal: application, complaint, proposal and others"),
            ("topic", TEXT, "What it is about, as a code"),
            ("unit", TEXT, "The unit that had it when it was answered"),
            ("due_on", DAY, "Last day of the term; null while it stood still"),
            ("answer", TEXT, "reply, unconsidered, forwarded or older-register"),
            ("answered_on", DAY, "Business day of the answer"),
            ("on_time", FLAG, "By the days, and by the term of the answer"),
            ("way", TEXT, "How the letter went"),
            ("ground", TEXT, "Why it was left unconsidered"),
            ("result", TEXT, "What came of it, as entered; null before"),
            ("set_aside_on", DAY, "Day on which the case was begun anew; null if it wasn't"),
            ("imported", FLAG, "It comes from an older register"),
        ),
        Column("ever_repeat", FLAG, "It was at some time held to repeat another", "a.ever_repeat"),
    ),
    source=(
        "FROM read_models.answers AS a JOIN read_models.register AS r USING (case_id) "
        "WHERE a.position > 0 AND a.until_position IS NULL "
        "AND NOT a.confidential AND NOT r.confidential"
    ),
    models=("answers", "register"),
    day="answered_on",
)

# Behind a colon a clock names its request, official or appeal.
_CLOCK = Column(
    "clock",
    TEXT,
    "Whose term it is: answer, internal, outlet-deadline, information, assignment, co-executor, "
    "hand-over, register, forward and others",
    "split_part(d.clock, ':', 1)",
)
_DUE_DATES = View(
    name=ViewName.DUE_DATES,
    says=f"One row for each clock that runs or ran in a case. {_NO_CONFIDENTIAL}",
    columns=(
        _case("d.case_id"),
        _CLOCK,
        *_plain(
            "d",
            _KIND,
            ("unit", TEXT, "The unit that has to meet it"),
            ("since", DAY, "Day from which the term is counted"),
            ("due_on", DAY, "Its last day"),
            ("rule", TEXT, "The rule that set it; null where a person chose the day"),
            ("rule_version", TEXT, "Version of the rule"),
            ("calendar_version", TEXT, "Version of the calendar that it was counted by"),
            ("running", FLAG, "Neither met nor ended otherwise nor paused"),
            ("met_on", DAY, "Day on which it was met; null if it wasn't"),
        ),
    ),
    source=f"FROM read_models.due_dates AS d {_OPEN_CASE}",
    models=("due_dates", "register"),
    day="due_on",
)

_MOVES = View(
    name=ViewName.DUE_DATE_MOVES,
    says=f"One row for each due date that a decision on the calendar moved. {_NO_CONFIDENTIAL}",
    columns=(
        _case("d.case_id"),
        _CLOCK,
        *_plain(
            "d",
            _KIND,
            ("was", DAY, "The due date before"),
            ("due", DAY, "The due date after"),
        ),
    ),
    source=f"FROM read_models.moves AS d {_OPEN_CASE}",
    models=("moves", "register"),
    day="due",
)

_REPEAT_LINKS = View(
    name=ViewName.REPEAT_LINKS,
    says=(
        "One row for each decision on whether an appeal repeats an earlier one, and for each "
        "merge. Links to confidential appeals are left out."
    ),
    columns=(
        _case("l.case_id"),
        _case("l.earlier", "earlier_pseudonym", "Stands for the earlier appeal, in the same way"),
        *_plain("l", ("verdict", TEXT, "repeat, not-repeat or merged")),
        Column("since_on", DAY, "Day of the decision", _day_of("l.since_at")),
        Column(
            "until_on", DAY, "Day on which it was withdrawn; null if not", _day_of("l.until_at")
        ),
    ),
    source=(
        f"FROM read_models.repeat_links AS l {_OPEN_CASE} AND NOT EXISTS ("
        "SELECT FROM read_models.register AS e WHERE e.case_id = l.earlier AND e.confidential)"
    ),
    models=("repeat_links", "register"),
    day="since_on",
)

_BREACHES = View(
    name=ViewName.BREACHES,
    says=f"One row for each rule of procedure that a unit broke in a case. {_NO_CONFIDENTIAL}",
    columns=(
        _case("b.case_id"),
        *_plain(
            "b",
            ("rule", TEXT, "The rule; GET /api/v1/audit/conformance counts by the same"),
            _KIND,
            ("unit", TEXT, "The unit that broke it"),
            ("imported", FLAG, "The case comes from an older register"),
        ),
        Column("since_on", DAY, "Day from which it is broken", _day_of("b.since")),
    ),
    source=f"FROM read_models.conformance AS b {_OPEN_CASE} AND b.rule <> 'standing'",
    models=("conformance", "register"),
    day="since_on",
)

_UNITS = View(
    name=ViewName.UNITS,
    says="The tree of units, as it is now.",
    columns=_plain(
        "u",
        ("unit", TEXT, "The code that other views have"),
        ("parent", TEXT, "The unit above; null for the root"),
        ("name", TEXT, "What it is called"),
    ),
    source="FROM karguzar.units AS u",
    models=(),
)

_POSITIONS = View(
    name=ViewName.POSITIONS,
    says="How far each read model has followed the log: for what position the views are true.",
    columns=(
        Column("read_model", TEXT, "What views stand on", "b.name"),
        Column("version", NUMBER, "Its version", "b.version"),
        Column(
            "position", NUMBER, "The last event that is in it", "coalesce(t.notification_id, 0)"
        ),
    ),
    source=(
        "FROM karguzar.read_model_builds AS b LEFT JOIN karguzar.register_tracking AS t "
        "ON t.application_name = b.name || '_' || b.build WHERE b.stage = 'live'"
    ),
    models=(),
)

VIEWS: Mapping[ViewName, View] = {
    view.name: view
    for view in (
        _CASES,
        _STAGES,
        _OCCURRENCES,
        _COUNTS,
        _ANSWERS,
        _DUE_DATES,
        _MOVES,
        _REPEAT_LINKS,
        _BREACHES,
        _UNITS,
        _POSITIONS,
    )
}
