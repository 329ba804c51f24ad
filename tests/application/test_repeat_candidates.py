"""What is worth a look, in which order, and what follows from it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from application.likeness import Likeness, Reason
from application.matter_rarity import rarity_of
from application.repeat_advice import Advice, advised, limited
from application.repeat_candidates import (
    WITHHELD,
    Asked,
    Candidate,
    Models,
    Somebody,
    Surroundings,
    asking,
    keys_of,
    nearest,
    shown_to,
)
from application.repeat_weighing import Found, weighed
from domain.case import Person
from domain.matter_card import MatterCard, matter_card_of
from domain.person_card import BROAD, Card, block_keys, card_of
from domain.personal_fields import EVERY_FIELD, Field
from infra.repeats.models import matters_model, people_model
from infra.repeats.words import LANGUAGES, words
from projections.matters import Told
from projections.repeat_candidates import FoundCase, SeenMatter, SeenPerson

MODELS = Models(people=people_model(), matters=matters_model())
AROUND = Surroundings(people=20_000, rarity=rarity_of([]))
LEYLA = card_of(
    Person(surname="Zülfüqarova", name="Leyla", phone="0507654321", birth_date=date(1961, 11, 23))
)
OTHER = card_of(Person(surname="Qarayev", name="Vüqar", phone="0512223344"))
ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))
PERSON, TWIN = UUID(int=11), UUID(int=12)
LIFT = (
    "Təbriz küçəsi 44 nömrəli binanın lifti 7 aydır işləmir, liftçi Elmar Nağıyev 3 dəfə gəlib, "
    "14.03.2026-cı ildə yazmışam."
)
HARDLY = matter_card_of(
    "housing",
    "Lift",
    "14.03.2026-cı ildə yazmışam: binanın lifti işləmir, qonşular pilləkənlə qalxır, gecikirik.",
)
NOON = datetime(2026, 4, 6, 8, tzinfo=UTC)


def seen(case: UUID, person: UUID = PERSON, card: object = LEYLA) -> SeenPerson:
    return SeenPerson(case, person, "applicant", lambda: card)  # type: ignore[arg-type, return-value]


def about(case: UUID, card: MatterCard, *, shares: bool = True) -> SeenMatter:
    return SeenMatter(case, "", shares, lambda: Told(MatterCard(), card))


def found(*people: SeenPerson, **more: object) -> Found:
    with_key: dict[str, list[SeenPerson]] = {}
    for person in people:
        for key in block_keys(person.card):
            with_key.setdefault(key, []).append(person)
    values = {"with_key": with_key, "beside": [], "matters": [], "namesakes": {}, **more}
    return Found(**values)  # type: ignore[arg-type]


def likest(*about: Any) -> list[Candidate]:
    return weighed(*about).candidates


def row(case: UUID, **changes: object) -> FoundCase:
    values = {
        "case_id": case,
        "kind": "appeal",
        "number": "A-1/2026",
        "state": "in-work",
        "open": True,
        "unit": "pensions",
        "executors": ["mammadov"],
        "workers": [],
        "region": None,
        "topic": None,
        "subject": None,
        "received_at": NOON,
        "registered_on": NOON.date(),
        "due_on": date(2026, 4, 20),
        "result": None,
    }
    return FoundCase(**{**values, **changes})  # type: ignore[arg-type]


def alike(case: UUID) -> Candidate:
    likeness = Likeness(3.0, joined=True, probable=True)
    somebody = Somebody(person_id=PERSON, part="applicant", known=False, likeness=likeness)
    return Candidate(case_id=case, person=somebody, matter=likeness)


def test_of_a_case_whoever_is_likest_is_told_and_strangers_are_not() -> None:
    asked = Asked(people=[LEYLA])
    candidates = likest(asked, found(seen(ONE), seen(TWO, TWIN, OTHER)), MODELS, AROUND)
    assert [candidate.case_id for candidate in candidates] == [ONE]
    assert candidates[0].person
    assert candidates[0].person.likeness.joined


def test_who_was_told_apart_is_left_out_and_who_is_known_stays_however_unlike() -> None:
    asked = Asked(people=[LEYLA])
    apart = found(seen(ONE), apart=frozenset({PERSON}))
    assert likest(asked, apart, MODELS, AROUND) == []
    known = found(beside=[seen(TWO, TWIN, OTHER)], known=frozenset({TWIN}))
    (candidate,) = likest(asked, known, MODELS, AROUND)
    assert candidate.person
    assert candidate.person.known


def test_who_is_one_with_somebody_alike_is_as_alike() -> None:
    asked = Asked(people=[LEYLA])
    looked = found(seen(ONE), beside=[seen(TWO, TWIN, OTHER)])
    assert [c.case_id for c in likest(asked, looked, MODELS, AROUND)] == [ONE]
    both = {person: [PERSON, TWIN] for person in (PERSON, TWIN)}
    linked = found(seen(ONE), beside=[seen(TWO, TWIN, OTHER)], one_with=both)
    assert {c.case_id for c in likest(asked, linked, MODELS, AROUND)} == {ONE, TWO}


def test_a_short_text_is_no_matter_of_its_own_and_the_person_goes_first() -> None:
    matter = matter_card_of("housing", "Lift barədə", LIFT)
    asked = Asked(people=[LEYLA], matter=matter)
    matters = [about(TWO, matter), about(THREE, MatterCard(topic="housing"))]
    candidates = likest(asked, found(seen(ONE), seen(TWO), matters=matters), MODELS, AROUND)
    assert [candidate.case_id for candidate in candidates] == [TWO, ONE]
    assert candidates[0].same_matter
    assert candidates[1].matter is None


def unopened() -> Any:
    raise AssertionError("nobody was to look at this")


def test_a_letter_that_shares_no_key_is_opened_where_it_is_of_the_same_person() -> None:
    matter = matter_card_of("housing", "Lift barədə", LIFT)
    asked = Asked(people=[LEYLA], matter=matter)
    theirs = about(ONE, matter, shares=False)
    of_others = SeenMatter(TWO, "", False, unopened)
    looked = found(seen(ONE), seen(TWO, TWIN, OTHER), matters=[theirs, of_others])
    (candidate,) = likest(asked, looked, MODELS, AROUND)
    assert (candidate.case_id, candidate.same_matter) == (ONE, True)


def test_whoever_only_a_letter_leads_to_stays_sealed_unless_it_is_alike() -> None:
    asked = Asked(people=[LEYLA], matter=matter_card_of("housing", "Lift barədə", LIFT))
    other = matter_card_of(
        "roads", "Yol", "Quba yolunda körpü 2019-cu ildən bəri bağlıdır, 3 kənd."
    )
    assert asked.matter
    looked = found(
        beside=[seen(ONE, TWIN, OTHER), SeenPerson(TWO, PERSON, "applicant", unopened)],
        matters=[about(ONE, asked.matter), about(TWO, other)],
    )
    (candidate,) = likest(asked, looked, MODELS, AROUND)
    assert candidate.case_id == ONE
    assert candidate.person
    assert not candidate.same_person


def test_who_is_known_in_a_case_stays_beside_others_of_it_whose_letter_is_alike() -> None:
    matter = matter_card_of("housing", "Lift barədə", LIFT)
    looked = found(
        beside=[seen(ONE), seen(ONE, TWIN, OTHER)],
        known=frozenset({PERSON}),
        matters=[about(ONE, matter)],
    )
    (candidate,) = likest(Asked(people=[LEYLA], matter=matter), looked, MODELS, AROUND)
    assert candidate.person
    assert (candidate.person.person_id, candidate.person.known) == (PERSON, True)
    assert candidate.same_matter


def test_a_part_that_says_too_little_does_not_hide_another_that_is_alike() -> None:
    matter = matter_card_of("housing", "Lift barədə", LIFT)
    short, telling = about(ONE, MatterCard(topic="housing")), about(ONE, HARDLY)
    for parts in ([short, telling], [telling, short]):
        (candidate,) = likest(
            Asked(people=[LEYLA], matter=matter), found(seen(ONE), matters=parts), MODELS, AROUND
        )
        assert candidate.matter
        assert candidate.matter.score < 0
        assert candidate.same_matter


def test_only_narrow_keys_are_asked_of_many_people() -> None:
    few = keys_of(Asked(people=[LEYLA]))
    many = keys_of(Asked(people=[LEYLA] * 6))
    sorts = {key.partition(":")[0] for key in (*many.narrow, *many.broad)}
    assert many.broad == many.names == []
    assert sorts.isdisjoint(BROAD)
    assert few.narrow == many.narrow
    assert {key.partition(":")[0] for key in few.broad} <= BROAD
    assert len(few.names) == 1


def signatory(n: int) -> Card:
    name = f"{chr(97 + n % 20)}{chr(97 + n // 20)}"
    return card_of(Person(surname=f"Abbas{name}li", name=f"İm{name}", phone=f"+9945061{n:05}"))


def test_each_of_many_signatories_is_found_by_an_entry_of_their_own() -> None:
    crowd = [signatory(n) for n in range(299)]
    own = {UUID(int=1_000 + n): card for n, card in enumerate(crowd)}
    rows = [seen(case, UUID(int=9_000 + case.int), card) for case, card in own.items()]
    told = weighed(Asked(people=crowd), found(*rows), MODELS, AROUND)
    assert {candidate.case_id for candidate in told.candidates} == {*own}


def test_all_cases_of_a_person_known_by_id_are_weighed_the_newest_first() -> None:
    cases = [UUID(int=n) for n in range(500, 700)]
    order = [*cases[::2], *cases[1::2]]
    arrived = {case: NOON + timedelta(days=n) for n, case in enumerate(order)}
    looked = found(*(seen(case) for case in cases), known=frozenset({PERSON}), arrived=arrived)
    told = weighed(Asked(people=[LEYLA]), looked, MODELS, AROUND)
    assert [candidate.case_id for candidate in told.candidates] == order[::-1]
    assert not told.cut


def test_what_was_not_compared_is_told() -> None:
    alike = [
        replace(LEYLA, address="tabriz", numbers=(str(n),), email=f"leyla{n}@example.az")
        for n in range(130)
    ]
    rows = [seen(UUID(int=2_000 + n), UUID(int=3_000 + n), card) for n, card in enumerate(alike)]
    arrived = {row.case_id: NOON + timedelta(days=n) for n, row in enumerate(rows)}
    some = weighed(Asked(people=[LEYLA]), found(*rows[:120], arrived=arrived), MODELS, AROUND)
    more = weighed(Asked(people=[LEYLA]), found(*rows, arrived=arrived), MODELS, AROUND)
    assert not some.cut
    assert more.cut
    assert {c.case_id for c in more.candidates} <= {row.case_id for row in rows[10:]}


def test_of_very_many_people_the_strongest_key_of_each_is_asked_first_and_the_cut_told() -> None:
    crowd = [replace(signatory(n), fin=f"FIN{n:04}") for n in range(400)]
    keys = keys_of(Asked(people=crowd))
    assert len(keys.narrow) == 600
    assert keys.cut
    assert set(keys.narrow) >= {f"fin:{card.fin}" for card in crowd}
    assert not keys_of(Asked(people=crowd[:40])).cut


def test_whoever_speaks_for_somebody_is_not_asked_about_beside_them() -> None:
    assert asking([("represented", "her"), ("representative", "lawyer")]) == ["her"]
    assert asking([("representative", "director")]) == ["director"]
    assert asking([("signatory", "one"), ("signatory", "two")]) == ["one", "two"]


def test_the_cases_that_share_the_rarest_keys_are_nearest() -> None:
    crowd = {UUID(int=n) for n in range(100, 140)}
    near = nearest({"st:lift": {*crowd, ONE}, "at:tabriz 44": {ONE, TWO}})
    assert {ONE, TWO} <= near
    assert len(near) == 30


def test_an_open_earlier_appeal_is_to_be_merged_into_as_long_as_its_term_runs() -> None:
    def advice(*rows: FoundCase) -> list[tuple[Advice, list[UUID]]]:
        cases = {each.case_id: each for each in rows}
        candidates = [alike(case) for case in (ONE, TWO)]
        on = date(2026, 4, 20)
        asked = Asked(people=[LEYLA], complained_of=frozenset({"social"}))
        return advised(asked, candidates, cases, {}, arrived_on=on, limited=[])

    assert advice(row(ONE)) == [(Advice.MERGE_INTO_OPEN, [ONE])]
    assert advice(row(ONE, due_on=None)) == [(Advice.MERGE_INTO_OPEN, [ONE])]
    assert advice(row(ONE, due_on=date(2026, 4, 19))) == []
    assert advice(row(ONE, open=False)) == []
    assert advice(row(ONE, kind="reception")) == []
    assert advice(row(ONE, open=False, unit="social")) == [(Advice.NOT_TO_WHOM_IT_IS_ABOUT, [ONE])]
    assert advice(row(ONE, unit="social")) == [(Advice.NOT_TO_WHOM_IT_IS_ABOUT, [ONE])]
    ended = Asked(people=[LEYLA], open=False)
    rows, on = {ONE: row(ONE)}, date(2026, 4, 20)
    assert advised(ended, [alike(ONE)], rows, {}, arrived_on=on, limited=[]) == []


@pytest.mark.parametrize(("answers", "told"), [(2, False), (3, True), (4, True)])
def test_from_three_answers_on_leaving_it_is_advised_with_these_answers(
    answers: int, told: bool
) -> None:
    given = [UUID(int=n) for n in range(50, 50 + answers)]
    advice = advised(
        Asked(people=[LEYLA]),
        [alike(ONE)],
        {ONE: row(ONE, open=False)},
        {ONE: given},
        arrived_on=NOON.date(),
        limited=[Advice.NAMES_TOO_COMMON],
    )
    answered = [(Advice.ANSWERED_THREE_TIMES, given)] if told else []
    assert advice == [*answered, (Advice.NAMES_TOO_COMMON, [])]


def test_contact_details_are_told_as_one_sum_to_those_who_do_not_see_them() -> None:
    reasons = (Reason("phone-same", 5.0), Reason("given-same", 2.0), Reason("born-different", -3.0))
    likeness = Likeness(4.0, joined=True, probable=True, reasons=reasons)
    assert shown_to(likeness, EVERY_FIELD) == likeness
    told = shown_to(likeness, frozenset({Field.IDENTITY, Field.TEXT}))
    assert told.reasons == (Reason("given-same", 2.0), Reason(WITHHELD, 2.0))
    assert told.score == likeness.score


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_piece_of_advice_has_words(language: str) -> None:
    assert {*Advice, WITHHELD} <= words(language).keys()


def test_what_was_not_looked_through_is_told_unless_other_keys_are_left() -> None:
    named = Asked(people=[card_of(Person(surname="Əliyev", name="Tural"))])
    keys = keys_of(named)
    assert limited(named, keys, set(keys.names)) == [Advice.NAMES_TOO_COMMON]
    asked = Asked(people=[LEYLA], matter=matter_card_of("housing", "Təbriz küçəsi 44 liftləri"))
    keys = keys_of(asked)
    assert len(keys.of_matter) > 1
    assert limited(asked, keys, {*keys.names, keys.of_matter[0]}) == []
    assert limited(asked, keys, {keys.narrow[0]}) == [Advice.CROWDED]
    assert limited(asked, keys, set(keys.of_matter)) == [Advice.MATTER_TOO_COMMON]
