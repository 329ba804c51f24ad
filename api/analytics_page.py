"""The page of the analysts' views: what they have, column by column, and what readers may do.

Made from the definitions by ``python -m api.analytics_page > docs/analytics.md``.
"""

import sys

from api.analytics import MEDIA_TYPES, POSITION_HEADER
from application.analytics import READ_BY
from infra.analyst_limits import ALL_CONNECTIONS, LIMITS
from infra.row_formats import Format
from projections.analytics import VIEWS, View

_BEFORE = """\
# The register for analysts

Made by `python -m api.analytics_page > docs/analytics.md`; a test fails when it is stale. The same
sentences stand in the database: `\\d+ analytics.cases`.

The schema `analytics` has views over the read models. Nothing in them is personal: no names, no
subjects, no officials, no numbers of registration, no instants but days. Confidential cases aren't
there. A case has a pseudonym, the same in all views and at all times for one purpose, and another
for each purpose, so that what two studies were given can't be joined by it. Region and kind of
applicant stand in `counts` alone, where small counts are hidden. Why it is done so:
[ADR 45](adr/0045-analysts-read-views.md).

## In SQL

`karguzar analyst add LOGIN --purpose "what for"` makes a login and prints its password;
`karguzar analyst list` and `karguzar analyst remove LOGIN` go on from there. With `--official ID`
that official's requests over HTTP have the same pseudonyms.

A login reads these views and nothing else. It has {connections} connections (all logins together
{all_connections}), {statement} s for a statement and {transaction} s for a transaction. Whatever
takes longer is ended, as is what is being read when a read model is rebuilt: then ask again.

## Over HTTP

`GET /api/v1/analytics` lists the views, `GET /api/v1/analytics/<view>` gives their rows, for the
roles {roles}. The header `Accept` says as what:

{media_types}

Rows are asked for with `kind=`, `unit=`, `topic=`, `from=`, `to=` and `limit=` where the view has
such a column; `from` and `to` are days of the column marked with *. They come in no order, all
true for the position in the header `{position}`.

## For many rows

`karguzar export parquet` writes files by month, and goes on where its last export ended.
"""
_NAMES = {Format.PARQUET: "Parquet"}


def analytics_page() -> str:
    """The page, in Markdown."""
    before = _BEFORE.format(
        connections=LIMITS.connections,
        all_connections=ALL_CONNECTIONS,
        statement=f"{LIMITS.statement_seconds:g}",
        transaction=f"{LIMITS.transaction_seconds:g}",
        media_types="\n".join(
            f"- {_NAMES.get(written_as, written_as.upper())}: {media_type}"
            for media_type, written_as in MEDIA_TYPES.items()
        ),
        position=POSITION_HEADER,
        roles=", ".join(f"`{role}`" for role in sorted(READ_BY)),
    )
    return "\n".join([before, *map(_section, VIEWS.values())])


def _section(view: View) -> str:
    stands_on = ", ".join(f"`{model}`" for model in view.models)
    says = f"{view.says} From {stands_on}." if view.models else view.says
    rows = [
        f"| `{each.name}`{' *' if each.name == view.day else ''} | {each.holds} | {each.says} |"
        for each in view.columns
    ]
    head = ["| column | type | what |", "|---|---|---|"]
    return "\n".join([f"## `{view.name}`", "", says, "", *head, *rows, ""])


if __name__ == "__main__":
    sys.stdout.write(analytics_page())
