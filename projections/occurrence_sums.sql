-- n occurrences and their amount, of the rows that stand. unit '' is the whole register. Every cell
-- is kept by 'month' (starts_on is its first day), those that a figure of single days is told by
-- by 'day' as well. What stands without a due date: infinity.
CREATE TABLE {sums} (
    unit text NOT NULL,
    occurrence text NOT NULL,
    dimension text NOT NULL,
    grain text NOT NULL,
    starts_on date NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    confidential boolean NOT NULL,
    n bigint NOT NULL,
    amount bigint NOT NULL
) WITH (fillfactor = 80);
-- cells
SELECT
    CASE WHEN grouping(unit) = 1 THEN '' ELSE unit END, occurrence, dimension, grain, starts_on,
    kind, value, confidential, sum(sign), sum(sign * amount)
FROM {rows} AS row
CROSS JOIN LATERAL (
    SELECT coalesce(on_day, 'infinity'::date) AS day,
           coalesce(date_trunc('month', on_day::timestamp)::date, 'infinity'::date) AS month,
           occurrence IN ('received', 'closed', 'standing', 'answered', 'visit-registered',
               'person-received') AS broken_down
) AS told
CROSS JOIN LATERAL (VALUES
    ('day', day, '', ''), ('month', month, '', ''),
    ('day', day, 'on_time', on_time::text), ('month', month, 'on_time', on_time::text),
    ('day', day, 'repeat', CASE WHEN repeat AND broken_down THEN 'true' END),
    ('month', month, 'repeat', CASE WHEN repeat AND broken_down THEN 'true' END),
    ('day', day, 'subkind', CASE WHEN occurrence IN ('standing', 'fulfilled') THEN subkind END),
    ('month', month, 'subkind', CASE WHEN broken_down OR occurrence = 'fulfilled' THEN subkind END),
    ('day', day, 'outcome', CASE WHEN occurrence = 'held-ball' THEN outcome END),
    ('month', month, 'outcome', outcome),
    ('month', month, 'channel', CASE WHEN broken_down THEN channel END),
    ('month', month, 'region', CASE WHEN broken_down THEN region END),
    ('month', month, 'topic', CASE WHEN broken_down THEN topic END),
    ('month', month, 'topic of repeats', CASE WHEN broken_down AND repeat THEN topic END),
    ('month', month, 'applicant', CASE WHEN broken_down THEN applicant END),
    ('month', month, 'official', CASE WHEN broken_down THEN official END)
) AS cell (grain, starts_on, dimension, value)
WHERE memory IS NULL AND value IS NOT NULL
GROUP BY GROUPING SETS (
    (occurrence, dimension, grain, starts_on, kind, value, confidential, unit),
    (occurrence, dimension, grain, starts_on, kind, value, confidential)
)
HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0
