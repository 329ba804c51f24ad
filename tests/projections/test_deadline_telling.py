import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.deadline import Deadline, Granted, compute
from domain.deadline_steps import AFTER_CLOSING, REST_DAY, Step, StepKind
from domain.rule import Start, Unit
from infra.calendars import working_calendar
from infra.jurisdiction import TIME_ZONES
from infra.rulebook import rulebook
from projections.deadline_telling import (
    LANGUAGES,
    OWN_LANGUAGE,
    day_name,
    tell_due,
    tell_length,
    tell_step,
    tell_target,
    tell_unsure,
    told_steps,
    working,
)

DAY = date(2025, 6, 2)
MOMENT = datetime(2025, 6, 2, 16, 30, tzinfo=ZoneInfo("Asia/Baku"))
FULL = Step(
    kind=StepKind.COUNTED,
    on=DAY,
    first=DAY,
    last=DAY + timedelta(days=3),
    at=MOMENT,
    until=MOMENT + timedelta(hours=4),
    count=3,
    unit=Unit.WORKING_DAYS,
    minutes=90,
    event=Start.REGISTRATION,
    base=Start.DUE,
    rule="az-a-gen",
    version="2016",
    source="Law 1308-IVQ Art. 10.1",
    reason="Spring Festival",
    act="Labour Code Art. 108",
    announced_on=date(2025, 5, 20),
    year=2027,
)
LATIN = re.compile(r"[A-Za-z]{4,}")


def full(kind: StepKind, **changes: object) -> Step:
    values = {name: getattr(FULL, name) for name in FULL.__struct_fields__}
    return Step(**{**values, "kind": kind, **changes})


VARIANTS = [
    *(full(kind) for kind in StepKind if kind is not StepKind.STARTED_NEXT_WORKING_DAY),
    full(StepKind.STARTED_NEXT_WORKING_DAY, reason=REST_DAY),
    full(StepKind.STARTED_NEXT_WORKING_DAY, reason=AFTER_CLOSING),
    full(StepKind.EXTENDED, base=Start.START),
    full(StepKind.EXTENDED, base=Start.DECISION),
    full(StepKind.RULE, count=0),
    full(StepKind.RULE, unit=Unit.YEARLY, count=0),
    full(StepKind.RULE, unit=Unit.CHOSEN, count=0),
]


def deadline(rule: str, start: date | datetime, *extensions: Granted) -> Deadline:
    jurisdiction = rule[:2]
    book, zone = rulebook(jurisdiction), ZoneInfo(TIME_ZONES[jurisdiction])
    on = start.astimezone(zone).date() if isinstance(start, datetime) else start
    calendar = working_calendar(jurisdiction)
    version = book.version_for(rule, on)
    return compute(version, start, calendar, zone, extensions=extensions, rulebook=book)


def told(found: Deadline, language: str) -> list[str]:
    steps = told_steps(found.steps, found.jurisdiction, language)
    return [*(step.text for step in steps), tell_due(found.due_at, language)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", VARIANTS, ids=lambda step: f"{step.kind}-{step.reason}")
def test_every_kind_of_step_is_one_sentence_in_every_language(step: Step, language: str) -> None:
    text = tell_step(step, "az", language)
    assert text.endswith(".")
    assert "None" not in text
    assert "{" not in text
    assert "[[" not in text
    assert ".." not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_that_has_only_what_it_needs_leaves_no_gap(language: str) -> None:
    bare = Step(kind=StepKind.SKIPPED, on=DAY, reason="weekend")
    text = tell_step(bare, "az", language)
    assert "None" not in text
    assert not text.endswith((",.", " .", ".."))
    started = Step(kind=StepKind.STARTED, on=DAY, event=Start.FILING)
    assert not re.search(r"\d\d:\d\d", tell_step(started, "az", language))


def test_all_languages_have_the_same_sentences_and_words() -> None:
    files = [working(language) for language in LANGUAGES]
    assert len({frozenset(file.language.sentences) for file in files}) == 1
    assert len({frozenset(file.language.units) for file in files}) == 1
    for file in files:
        assert set(file.events) == set(Start)
        assert {unit.value for unit in Unit} < set(file.language.units)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ground_of_a_rule_has_its_words(language: str) -> None:
    grounds = {
        ground
        for jurisdiction in OWN_LANGUAGE
        for versions in rulebook(jurisdiction).rules.values()
        for version in versions
        for ground in (*version.pauses, *version.restarts)
    }
    assert grounds <= set(working(language).grounds)


@pytest.mark.parametrize("language", ["az", "tr", "ka", "ru"])
@pytest.mark.parametrize("jurisdiction", OWN_LANGUAGE)
def test_every_day_of_a_shipped_calendar_has_a_name_in_every_language(
    jurisdiction: str, language: str
) -> None:
    english = []
    for mark in working_calendar(jurisdiction).marks.values():
        name = day_name(mark.reason, mark.name, jurisdiction, language)
        assert name
        if name == mark.reason or (language in {"ka", "ru"} and LATIN.search(name)):
            english.append(mark.reason)
    assert english == []


@pytest.mark.parametrize("language", ["ka", "ru"])
@pytest.mark.parametrize("jurisdiction", OWN_LANGUAGE)
def test_sources_and_acts_are_cited_in_the_readers_language(
    jurisdiction: str, language: str
) -> None:
    versions = [each for found in rulebook(jurisdiction).rules.values() for each in found]
    acts = {mark.act for mark in working_calendar(jurisdiction).marks.values() if mark.act}
    kept = re.compile(r"BEDK|CIMER|IYUK|nk\.gov\.az")
    for text in {*(version.source for version in versions), *acts}:
        assert not LATIN.search(kept.sub("", working(language).source(text))), text


def test_the_jurisdictions_own_name_is_shown_in_its_own_language() -> None:
    assert day_name("Republic Day", "Cumhuriyet Bayramı", "tr", "tr") == "Cumhuriyet Bayramı"
    assert day_name("Epiphany", "ნათლისღება", "ge", "ka") == "ნათლისღება"
    assert day_name("Victory Day", "Zəfər Günü", "az", "az") == "Zəfər Günü"


def test_a_moved_rest_day_and_an_eve_say_which_holiday_they_belong_to() -> None:
    moved = "Women's Day (observed)"
    assert day_name(moved, None, "az", "az") == "köçürülmüş istirahət günü (Qadınlar Günü)"
    assert day_name("eve of Spring Festival", None, "az", "az") == "Novruz bayramı ərəfəsi"
    assert day_name("Republic Day (from 1pm)", None, "tr", "en") == "Republic Day, from 13:00"


def test_a_day_that_nobody_translated_keeps_its_english_name() -> None:
    assert day_name("Space Day", None, "az", "ru") == "Space Day"
    assert day_name("Space Day; Women's Day", "bir", "az", "az") == "Space Day; Qadınlar Günü"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "1 рабочий день"),
        (2, "2 рабочих дня"),
        (5, "5 рабочих дней"),
        (11, "11 рабочих дней"),
        (14, "14 рабочих дней"),
        (21, "21 рабочий день"),
        (22, "22 рабочих дня"),
        (30, "30 рабочих дней"),
        (111, "111 рабочих дней"),
    ],
)
def test_russian_has_three_forms_of_a_unit(count: int, text: str) -> None:
    assert tell_length(count, Unit.WORKING_DAYS, "ru") == text


def test_a_unit_stays_singular_after_a_number_where_the_language_has_it_so() -> None:
    assert tell_length(15, Unit.WORKING_DAYS, "az") == "15 iş günü"
    assert tell_length(15, Unit.WORKING_DAYS, "tr") == "15 iş günü"
    assert tell_length(15, Unit.WORKING_DAYS, "ka") == "15 სამუშაო დღე"
    assert tell_length(1, Unit.WORKING_DAYS, "en") == "1 working day"


def test_a_moved_day_is_told_in_azerbaijani() -> None:
    assert told(deadline("az-a-fwd", date(2025, 3, 7)), "az") == [
        "Müddətin başlanğıcı: qeydiyyata alınma, 07.03.2025.",
        (
            "az-a-fwd qaydasına (2016) görə müddət: 3 iş günü. "
            "Mənbə: 1308-IVQ nömrəli Qanun, maddə 7.10."
        ),
        "08.03.2025 (şənbə) iş günü deyil: Qadınlar günü.",
        "09.03.2025 (bazar) iş günü deyil: istirahət günü.",
        "10.03.2025 – 12.03.2025: 3 iş günü sayılır.",  # noqa: RUF001
        (
            "10.03.2025 (bazar ertəsi) sayılır: istirahət günü ilə yeri dəyişdirilmiş iş günü. "
            "Akt: Nazirlər Kabinetinin iş və istirahət günlərinin yerinin dəyişdirilməsi haqqında "
            "qərarı (nk.gov.az 8623), 15.02.2025 tarixində elan olunub."
        ),
        "Müddət ərzində idarənin son iş günü: 12.03.2025, bağlanma saatı: 18:00.",
        "Müddətin son günü: 12.03.2025 (çərşənbə), saat 23:59.",
    ]


def test_an_extension_is_told_in_azerbaijani() -> None:
    found = deadline("az-a-gen", DAY, Granted(length=30, decided_on=date(2025, 6, 18)))
    assert (
        "18.06.2025 tarixli qərarla müddət 30 iş günü uzadılıb, son gün 25.06.2025 əvəzinə "
        "08.08.2025 olub. Qayda: az-a-ext (2016). Mənbə: 1308-IVQ nömrəli Qanun, maddə 10.2."
    ) in told(found, "az")


def test_a_roll_is_told_in_georgian() -> None:
    assert (
        "ვადის ბოლო დღე იქნებოდა 10.05.2026, რომელიც სამუშაო დღე არ არის (დასვენების დღე), "
        "ამიტომ ვადა მომდევნო სამუშაო დღეს იწურება: 11.05.2026."
    ) in told(deadline("ge-pi", date(2026, 4, 30)), "ka")


def test_leave_is_told_in_turkish() -> None:
    assert (
        "02.04.2025 (çarşamba) kurumlar kapalıdır ama gün iş günü sayılır: Ramazan Bayramı "
        "sonrası idari izin. Dayanak: Cumhurbaşkanının idari izin duyurusu, 26.03.2025 tarihinde "
        "duyuruldu."
    ) in told(deadline("tr-4982", date(2025, 3, 20)), "tr")


def test_hours_are_told_in_russian_and_english() -> None:
    found = deadline("az-i-life", datetime(2025, 1, 17, 16, tzinfo=ZoneInfo("Asia/Baku")))
    russian = "17.01.2025, 16:00 – 18.01.2025, 00:00: засчитывается 8 часов."  # noqa: RUF001
    assert russian in told(found, "ru")
    english = "21 January 2025, 00:00 – 22 January 2025, 16:00: 40 hours counted."  # noqa: RUF001
    assert english in told(found, "en")
    assert told(found, "en")[-1] == "Due: 22 January 2025 (Wednesday), 16:00."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_target_and_a_doubt_are_told_too(language: str) -> None:
    assert "own-gen" in tell_target("own-gen", DAY, language)
    assert tell_unsure(language).endswith(".")
