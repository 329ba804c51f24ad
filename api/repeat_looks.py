"""A look for candidates: what the register has in the reader's sight, to be weighed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, structs
from psycopg import AsyncConnection

from application.repeat_advice import Advice, limited
from application.repeat_candidates import (
    Asked,
    Candidate,
    keys_of,
    nearest,
)
from application.repeat_weighing import Found
from infra.blinding import Blinding
from projections.repeat_blocks import in_blocks
from projections.repeat_candidates import (
    NOBODY,
    FoundCase,
    Verdict,
    appearances,
    in_sight,
    seen,
    verdicts_on,
)
from projections.repeat_groups import people_of as one_with
from projections.seen_cases import Sight


class Look(Struct, frozen=True, kw_only=True):
    """What was found in the reader's sight.

    ``settled`` are the cases not to be asked about; ``limited`` tells what wasn't looked through,
    and ``cut`` that there is more of anything than is looked at. ``of_matter`` are the keys of the
    matter that others are sought for.
    """

    found: Found
    cases: dict[UUID, FoundCase]
    verdicts: list[Verdict]
    settled: frozenset[UUID]
    repeated: frozenset[UUID]
    limited: list[Advice]
    cut: bool
    position: int
    of_matter: Sequence[str]


async def look_for(
    conn: AsyncConnection[Any],
    blinding: Blinding,
    asked: Asked,
    sight: Sight,
    appeal: UUID | None,
    about: Mapping[int, int],
) -> Look:
    """``about`` how many have each of the commonest tokens."""
    keys = keys_of(asked)
    verdicts = await verdicts_on(conn, appeal) if appeal else []
    same = await one_with(conn, asked.persons, sight=sight) if asked.persons else {}
    known = _all_of(same)
    of_known = await appearances(conn, known) if known else NOBODY
    own = of_known.cases
    blocks = await in_blocks(
        conn,
        blinding,
        narrow=keys.narrow,
        broad=keys.broad,
        names=keys.names,
        of_matter=keys.of_matter,
        about=about,
    )
    by_matter = nearest(blocks.matters)
    of_people = {row.case_id for of_key in blocks.people.values() for row in of_key}
    decided = {verdict.case_id for verdict in verdicts}
    wanted = (of_people | by_matter | own | decided) - {appeal}
    beside = ((by_matter - of_people) | own) & wanted
    cases = await in_sight(
        conn,
        blinding,
        wanted,
        sight,
        people_of=beside,
        persons=known,
        first=decided | own | by_matter,
        of_matter=keys.of_matter,
    )
    return Look(
        found=Found(
            with_key=seen(blocks.people, cases.rows, blinding),
            beside=cases.people,
            matters=cases.matters,
            namesakes=blocks.namesakes,
            known=frozenset(known),
            apart=frozenset(of_known.apart),
            arrived=_arrived(cases.rows),
        ),
        cases=cases.rows,
        verdicts=verdicts,
        settled=frozenset(verdict.case_id for verdict in verdicts),
        repeated=frozenset(v.case_id for v in verdicts if v.verdict == "repeat"),
        limited=limited(asked, keys, blocks.too_large),
        cut=keys.cut or of_known.more or cases.more or not blocks.too_large.isdisjoint(keys.narrow),
        position=cases.position,
        of_matter=keys.of_matter,
    )


async def widened(
    conn: AsyncConnection[Any],
    blinding: Blinding,
    look: Look,
    found: Iterable[Candidate],
    sight: Sight,
) -> Look:
    """With the cases of those who, by decisions, are one with somebody found; else the same."""
    alike = {c.person.person_id for c in found if c.person and c.same_person}
    clusters = await one_with(conn, alike, sight=sight) if alike else {}
    further = _all_of(clusters) - alike
    if not further:
        return look
    theirs = await appearances(conn, further)
    new = theirs.cases - look.cases.keys()
    cases = await in_sight(
        conn, blinding, new, sight, people_of=new, persons=further, of_matter=look.of_matter
    )
    one = {person: cluster for cluster in clusters.values() for person in cluster}
    more = structs.replace(
        look.found,
        beside=[*look.found.beside, *cases.people],
        matters=[*look.found.matters, *cases.matters],
        one_with=one,
        arrived={**look.found.arrived, **_arrived(cases.rows)},
    )
    cut = look.cut or theirs.more or cases.more
    return structs.replace(look, found=more, cases=look.cases | cases.rows, cut=cut)


def _arrived(cases: Mapping[UUID, FoundCase]) -> dict[UUID, datetime]:
    return {case: row.received_at for case, row in cases.items()}


def _all_of(clusters: Mapping[UUID, Iterable[UUID]]) -> set[UUID]:
    return {person for cluster in clusters.values() for person in cluster}
