"""The occurrences of registers of any size, written straight into their tables.

Two years of a department: appeals, inquiries and assignments, nearly all of them answered, and
receptions with their visits. How they come about is another figure's matter. The log has `EVENTS`
alone, and what is written is said to follow from them, so that a server serves it.
"""

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier, Literal

from projections import READ_MODELS
from projections.builds import begin_build, ensure_builds, go_live, take_role
from projections.readmodel import SCHEMA
from tests.benchmarks.ours import REGISTRARS, UNITS
from tests.benchmarks.seed import long_cases

DAYS = 730
EVENTS = 5
_OPEN = 0.02
_MODELS = {model.name: model for model in READ_MODELS}

# n counts the cases, the oldest first; each of the others follows from it.
_CASES = """
CREATE TEMPORARY TABLE case_of AS
SELECT n, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS case_id,
    CASE n % 10 WHEN 8 THEN 'media-inquiry' WHEN 9 THEN 'assignment' ELSE 'appeal' END AS kind,
    CASE n % 10 WHEN 8 THEN 'tv' WHEN 9 THEN (ARRAY['reception', 'meeting'])[n / 10 % 2 + 1]
        ELSE (ARRAY['application', 'complaint', 'proposal'])[n % 3 + 1] END AS subkind,
    ({units}::text[])[1 + (n % 100003 * 7919 % {unit_count})] AS unit,
    'official-' || n % 100003 * 7919 % {unit_count} || '-' || n % 5 AS official,
    (ARRAY['post', 'web-form', 'e-mail', 'by-hand'])[n % 4 + 1] AS channel,
    'region-' || n % 1009 * 31 % 30 AS region, 'topic-' || n % 1009 * 17 % 25 AS topic,
    (ARRAY['individual', 'collective', 'anonymous'])[n % 3 + 1] AS applicant,
    n % 11 = 0 AS repeat, n % 50 = 0 AS confidential,
    (current_date - {days}::int + (n * {days}::bigint / {cases})::int) AS received_on,
    5 + (n % 1009 * 13 % 20)::int AS took,
    n > {cases} * (1 - {open}) OR n % 200 = 0 AS open
FROM generate_series(1, {cases}) AS n
"""
_OCCURRENCES = """
INSERT INTO {table}
SELECT case_id, told.occurrence, '', 1, told.on_day, kind, subkind, told.unit, told.official,
    CASE kind WHEN 'appeal' THEN channel END, region, topic,
    CASE kind WHEN 'appeal' THEN applicant END, repeat AND kind = 'appeal', confidential,
    told.outcome, told.on_time, told.amount, case_id, NULL, 1, NULL
FROM case_of CROSS JOIN LATERAL (VALUES
    ('received', received_on, {registrars}, NULL::text, NULL::text, NULL::boolean, 1::bigint, true),
    ('left-unit', received_on, {registrars}, NULL, NULL, NULL, 1, true),
    ('came-to-unit', received_on, unit, official, NULL, NULL, 1, true),
    ('held-ball', received_on, {registrars}, NULL, 'unit', NULL, 240, true),
    ('standing', CASE WHEN n % 40 > 0 THEN received_on + 21 END, unit, official,
        (ARRAY['unit', 'unit', 'signatory', 'other-body', 'applicant'])[n % 5 + 1], NULL, 1, open),
    ('closed', received_on + took, unit, official,
        (ARRAY['satisfied', 'explained', 'rejected'])[n % 3 + 1], NULL, 1, NOT open),
    ('answered', received_on + took, unit, official, 'reply', took < 22, took, NOT open),
    ('fulfilled', received_on + took, unit, official, NULL, took < 22, 1,
        NOT open AND kind = 'assignment')
) AS told (occurrence, on_day, unit, official, outcome, on_time, amount, happened)
WHERE told.happened AND NOT (told.occurrence = 'answered' AND kind = 'assignment')
"""
# Each closed case was due on three days, one after another: what a correction or a move leaves.
_ENDED = """
INSERT INTO {table}
SELECT case_id, 'standing', '', 1, received_on + 7 * turn, kind, subkind, unit, official,
    CASE kind WHEN 'appeal' THEN channel END, region, topic,
    CASE kind WHEN 'appeal' THEN applicant END, repeat AND kind = 'appeal', confidential,
    (ARRAY['unit', 'unit', 'signatory', 'other-body', 'applicant'])[n % 5 + 1], NULL, 1, case_id,
    NULL, turn, turn + 1
FROM case_of CROSS JOIN generate_series(1, 3) AS turn WHERE NOT open
"""
_VISITS = """
INSERT INTO {table}
SELECT case_id, told.occurrence, CASE told.whole WHEN true THEN '' ELSE n::text END, 1, received_on,
    'reception', 'in-person', unit, official, NULL, region, topic, NULL, false, false, NULL, NULL,
    told.amount, case_id, NULL, 1, NULL
FROM case_of CROSS JOIN LATERAL (VALUES
    ('session-planned', true, 1), ('session-held', true, 1), ('visit-registered', false, 1),
    ('person-received', false, 1), ('waited', false, (n % 40)::int),
    ('heard', false, (n % 25)::int), ('assignment-given-at-hearing', false, 1)
) AS told (occurrence, whole, amount)
WHERE n % 20 = 0 AND (n % 200 = 0 OR NOT told.whole)
"""
_REGISTER = """
INSERT INTO {table} (case_id, kind, number, state, open, subkind, unit, executors, units, workers,
    confidential, region, topic, subject, received_at, registered_on, under_control, extended,
    repeat, confirmed_repeat, correlation_id, version, last_position)
SELECT case_id, kind, 'A-' || n, CASE WHEN open THEN 'in-work' ELSE 'closed' END, open, subkind,
    unit, ARRAY[official], ARRAY[{registrars}, unit], ARRAY[official], confidential, region, topic,
    NULL, received_on, received_on, false, false, repeat, repeat, case_id, 1, 1
FROM case_of
"""


def fill_occurrences(conninfo: str, cases: int) -> int:
    """Give the register that many cases in its dashboards; how many occurrences they have."""
    occurrences, register = _MODELS["occurrences"], _MODELS["register"]
    values = {
        "cases": Literal(cases),
        "days": Literal(DAYS),
        "open": Literal(_OPEN),
        "units": Literal(list(UNITS)),
        "unit_count": Literal(len(UNITS)),
    }
    registrars = Literal(REGISTRARS)
    long_cases(conninfo, EVENTS, 1)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        ensure_builds(conn, READ_MODELS)
        take_role(conn)
        conn.execute("SET maintenance_work_mem = '256MB'")
        conn.execute(SQL(_CASES).format(**values))
        build = begin_build(conn, occurrences, indexed=False)
        table = Identifier(SCHEMA, occurrences.table_of(build))
        for query in (_OCCURRENCES, _ENDED, _VISITS):
            conn.execute(SQL(query).format(table=table, registrars=registrars))
        conn.execute(SQL(occurrences.indexes).format(table=table))
        assert occurrences.sums
        occurrences.sums.fill(conn, occurrences.table_of(build))
        go_live(conn, occurrences, build)
        listed = begin_build(conn, register, indexed=False)
        known = Identifier(SCHEMA, register.table_of(listed))
        conn.execute(SQL(_REGISTER).format(table=known, registrars=registrars))
        conn.execute(SQL("ALTER TABLE {} ADD PRIMARY KEY (case_id)").format(known))
        go_live(conn, register, listed)
        sums = Identifier(SCHEMA, occurrences.sums.table_of(occurrences.table_of(build)))
        for each in (table, known, sums):
            conn.execute(SQL("ANALYZE {}").format(each))
        row = (
            conn.cursor(row_factory=tuple_row)
            .execute(SQL("SELECT count(*) FROM {}").format(table))
            .fetchone()
        )
    return int(row[0]) if row else 0
