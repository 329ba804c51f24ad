-- n occurrences and their amount, of the rows that stand. unit '' is the whole register. Every cell
-- is kept by 'month' (starts_on is its first day), those that a figure of single days is told by
-- by 'day' as well. What stands without a due date: infinity. occurrence_sums.py says what is kept.
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
