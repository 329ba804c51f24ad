"""What a text says of places, numbers, dates and names, in five ways of writing."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.matter_card import MatterCard, decode, encode, joined, matter_card_of, matter_keys


def of(text: str) -> MatterCard:
    return matter_card_of("housing", text)


AZ = (
    "Nizami küçəsi 45 ünvanında, 3-cü mərtəbədə 12 nömrəli mənzildə yaşayıram. "
    "Üç aydır ki, dam axır. Usta Rəşad Əliyev 15 mart 2024-cü ildə gəldi, 250 manat istədi."
)
TR = (
    "Cumhuriyet Mah. Atatürk Cad. No: 12 Daire 5 adresinde oturuyorum. 1.500 TL ödedim. "
    "Müdür Ahmet Yılmaz'a 12.03.2024 tarihinde başvurdum. İki aydır su yok."
)
KA = (
    "რუსთაველის ქუჩა 12-ში, ბინა 5. სოფელ წინანდალში სამი თვეა წყალი არ არის. "
    "ბატონი გიორგი ბერიძე 15 მარტს მოვიდა, 250 ლარი."
)
RU = (
    "Проживаю по адресу: ул. Низами, д. 45, кв. 12. Уже три месяца течёт крыша. "
    "Инспектор Рашид Алиев приходил 15 марта 2024 года."
)


@pytest.mark.parametrize(
    ("text", "places", "numbers", "dates", "names"),
    [
        pytest.param(
            AZ,
            {"s:nizami"},
            {"house:45", "floor:3", "flat:12", "month:3", "money:250"},
            {"2024-03-15"},
            {"rasat", "aliav"},
            id="az",
        ),
        pytest.param(
            TR,
            {"v:cumkur", "s:atatur"},
            {"house:12", "flat:5", "money:1500", "month:2"},
            {"2024-03-12"},
            {"akmat", "ilmaz"},
            id="tr",
        ),
        pytest.param(
            KA,
            {"s:rustav", "v:sinand"},
            {"house:12", "flat:5", "month:3", "money:250"},
            {"0000-03-15"},
            {"kiurk", "barit"},
            id="ka",
        ),
        pytest.param(
            RU,
            {"s:nizami"},
            {"house:45", "flat:12", "month:3"},
            {"2024-03-15"},
            {"rasit", "aliav"},
            id="ru",
        ),
    ],
)
def test_details_are_found_without_a_dictionary(
    text: str, places: set[str], numbers: set[str], dates: set[str], names: set[str]
) -> None:
    card = of(text)
    assert set(card.places) == places
    assert set(card.numbers) == numbers
    assert set(card.dates) == dates
    assert set(card.names) == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Nizami küçəsi 45", "küç. Nizami, ev 45", id="az-order"),
        pytest.param("Nizami kuc. 45", "Nizami küçəsində, 45 nömrəli evdə", id="az-plain-letters"),
        pytest.param("Babək pr. 45/12", "Babək prospekti 45, mənzil 12", id="az-house-and-flat"),
        pytest.param("Atatürk Cad. No 12", "Atatürk Caddesi 12", id="tr-abbreviated"),
        pytest.param("რუსთაველის ქუჩა 12", "რუსთაველის ქუჩაზე, სახლი 12", id="ka-case"),
        pytest.param("ул. Низами, д. 45", "Nizami küçəsi 45", id="ru-az"),
    ],
)
def test_one_address_written_differently_is_one_key(one: str, other: str) -> None:
    keys = [
        {key for key in matter_keys(of(text)) if key.startswith("at:")} for text in (one, other)
    ]
    assert keys[0]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("written", "date"),
    [
        pytest.param("15.03.2024 tarixində gəldim", "2024-03-15", id="figures"),
        pytest.param("15/03/24 tarihinde geldim", "2024-03-15", id="short-year"),
        pytest.param("2024-cü ilin mart ayında gəldim", "2024-03-00", id="month-of-a-year"),
        pytest.param("mart ayının 15-də gəldim", "0000-03-15", id="day-behind"),
        pytest.param("15 Mart'ta geldim", "0000-03-15", id="apostrophe"),
        pytest.param("15 მარტს მოვედი", "0000-03-15", id="ka"),
        pytest.param("2023-cü ildən gözləyirəm", "2023-00-00", id="year"),
    ],
)
def test_a_date_is_kept_as_far_as_it_is_told(written: str, date: str) -> None:
    assert of(written).dates == (date,)


def test_bina_is_a_house_in_azerbaijani_and_a_flat_in_georgian() -> None:
    assert of("12 saylı binada su yoxdur").numbers == ("house:12",)
    assert of("12 ბინაში წყალი არ არის").numbers == ("flat:12",)


def test_a_text_in_capitals_tells_no_names_by_them() -> None:
    assert of("QONŞUM RƏŞAD ƏLİYEV NARAZIDIR").names == ()


def test_keys_leave_out_what_stands_in_every_letter() -> None:
    assert matter_keys(of("Müraciətimə baxılmasını və kömək edilməsini xahiş edirəm")) == (
        "st:baxil",
    )


def test_a_long_list_of_addresses_has_few_keys_each_a_house_of_its_own_street() -> None:
    written = [f"Küç{chr(97 + n % 26)}{chr(97 + n // 26)}li küçəsi {n + 10}" for n in range(599)]
    card = of(". ".join(written))
    assert len(card.addresses) > 500
    keys = matter_keys(card)
    assert len(keys) <= 30
    counts = Counter(key.partition(":")[0] for key in keys)
    assert max(counts.values()) <= 8
    assert {key[3:] for key in keys if key.startswith("at:")} <= {*card.addresses}
    assert counts["at"] == 8


def test_a_house_is_paired_with_the_street_it_was_written_with() -> None:
    card = joined(of("Nizami küçəsi 45"), of("Təbriz küçəsində, 12 nömrəli binada su yoxdur"))
    houses = {key for key in matter_keys(card) if key.startswith("at:")}
    one, other = (
        {key for key in matter_keys(of(text)) if key.startswith("at:")}
        for text in ("Nizami küçəsi 45", "Təbriz küçəsi 12")
    )
    assert houses == one | other


def test_a_house_told_apart_from_the_only_street_is_found_with_it() -> None:
    apart = matter_keys(of("Nizami küçəsində yaşayıram. 45 nömrəli binada su yoxdur"))
    together = matter_keys(of("Nizami küçəsi 45"))
    assert {key for key in together if key.startswith("at:")} <= {*apart}


TEXTS = st.lists(st.sampled_from([*AZ.split(), *TR.split(), *KA.split(), *RU.split()])).map(
    " ".join
)
ANY = st.text(max_size=200) | TEXTS
SENTENCES = (
    "Nizami küçəsi 45 ünvanında yaşayıram.",
    "İki aydır su yok.",
    "სოფელ წინანდალში წყალი არ არის.",
    "Инспектор Рашид Алиев приходил 15 марта.",
    "Usta Vəli 250 manat istədi!",
    "12.03.2024 tarihinde başvurdum.",
)


@given(st.permutations(SENTENCES))
@settings(max_examples=25, deadline=None)
def test_the_order_of_sentences_makes_no_difference(sentences: list[str]) -> None:
    assert of(" ".join(sentences)) == of(" ".join(SENTENCES))


@given(ANY, ANY)
@settings(max_examples=100, deadline=None)
def test_the_card_of_subject_and_text_is_that_of_both_joined(subject: str, text: str) -> None:
    whole = matter_card_of("housing", subject, text, region="az-ba", complained_of=["head-1"])
    coded = matter_card_of("housing", subject, region="az-ba", complained_of=["head-1"])
    assert joined(coded, matter_card_of(None, text)) == whole
    assert joined(matter_card_of(None, text), coded) == whole
    assert decode(encode(whole)) == whole
    assert len(set(matter_keys(whole))) == len(matter_keys(whole))
