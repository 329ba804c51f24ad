"""One matter in other words, and other matters of one topic in nearly the same words."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from application.likeness import Likeness
from application.matter_evidence import EVIDENCE
from application.matter_likeness import CANNOT_TELL, CODES, matter_likenesses
from application.matter_rarity import Rarity, rarity_of
from application.matter_reach import Reach
from domain.matter_card import MatterCard, matter_card_of
from infra.repeats.models import matters_model
from infra.repeats.words import LANGUAGES, words
from tests.benchmarks.repeats.matter_cards import matter_cards
from tests.made_people import make_appeals

MODEL = matters_model()


@pytest.fixture(scope="module")
def rarity() -> Rarity:
    return rarity_of(matter_cards(make_appeals(1_500, seed=11)))


def of(text: str, topic: str = "housing", region: str | None = "az-ba") -> MatterCard:
    return matter_card_of(topic, text, region=region)


def reasons(likeness: Likeness) -> dict[str, float]:
    return {reason.code: reason.weight for reason in likeness.reasons}


AZ = (
    "Nərimanov küçəsi 88 saylı evin zirzəmisini üç aydır su basıb. Qonşum Telman Sadıxov "
    "şahiddir, sahə müvəkkili akt yazdı, zərər 4310 manatdır."
)
TR = (
    "Papatya Sokak 63 numaradaki kazan dairesinden iki aydır duman çıkıyor. Kapıcı Hüsnü "
    "Tekelioğlu tanıktır. 14.02.2024 tarihinde itfaiye geldi, 7 aile dışarıda kaldı."
)
KA = (
    "წერეთლის ქუჩა 91-ში სარდაფი დატბორილია. მეზობელი ვახტანგ ჩხარტიშვილი მოწმეა, "
    "აქტის ნომერია 3318. ზარალი 6420 ლარია, ლიფტი აპრილის შემდეგ გაჩერებულია."
)
SAME = [
    pytest.param(
        AZ,
        "Zirzəmimiz hələ də su içindədir. Nərimanov küçəsində, 88 nömrəli evdə yaşayıram, "
        "4310 manat ziyana düşmüşəm. Telman Sadıxov hər şeyi görüb.",
        id="az-other-words",
    ),
    pytest.param(
        AZ,
        "Nerimanov kuc. 88 ev. Zirzemini su basib, 4310 manat zerer deyib, qonsum Telman "
        "Sadixov sahiddir. Cavab almamisam.",
        id="az-plain-letters",
    ),
    pytest.param(
        AZ,
        "Дом 88 по улице Нариманова: zirzəmini su basıb, zərər 4310 manatdır, şahid Тельман "
        "Садыхов, sahə müvəkkili akt yazıb.",
        id="az-half-russian",
    ),
    pytest.param(
        TR,
        "Papatya Sok. No 63 adresindeki kazan hâlâ duman veriyor. Hüsnü Tekelioğlu gördü. "
        "14 Şubat 2024 günü itfaiye gelmişti, bir çözüm olmadı.",
        id="tr-other-words",
    ),
    pytest.param(
        TR,
        "Papatya sokaktaki kazan dairesi yüzünden 7 aile dışarıda kaldı, itfaiye 14.02.2024 "
        "tarihinde geldi. Kapıcı Hüsnü Tekelioğlu doğrular.",
        id="tr-no-house",
    ),
    pytest.param(
        KA,
        "ისევ გწერთ: წერეთლის ქუჩის 91 ნომერში სარდაფში წყალი დგას, ვახტანგ ჩხარტიშვილმა ნახა. "
        "დავხარჯე 6420 ლარი, აქტი 3318.",
        id="ka-other-words",
    ),
    pytest.param(
        KA,
        "სარდაფი დატბორილია წერეთლის ქუჩაზე, სახლი 91. აქტი 3318 შედგა, მოწმე ვახტანგ "
        "ჩხარტიშვილია, ლიფტი არ მუშაობს აპრილიდან.",
        id="ka-short-of-one-number",
    ),
]
OTHER = [
    pytest.param(
        AZ,
        AZ.replace("88", "17")
        .replace("Nərimanov", "Şərifzadə")
        .replace("4310", "955")
        .replace("Telman Sadıxov", "Qulu Xıdırov"),
        id="az-another-house",
    ),
    pytest.param(
        AZ,
        "Sülh küçəsi 5 saylı evin zirzəmisini su basıb. Sahə müvəkkili baxmadı, xahiş edirəm "
        "tədbir görəsiniz, uşaqlar xəstələnir.",
        id="az-another-street",
    ),
    pytest.param(
        AZ,
        "Nərimanov küçəsi 12 saylı evdə lift işləmir, dəfələrlə demişik, heç kim gəlmir, "
        "yaşlı anam beşinci mərtəbədə qalıb.",
        id="az-one-street-another-trouble",
    ),
    pytest.param(
        TR,
        "Lale Sokak 12 numaradaki kazan dairesinden duman çıkıyor. 3.09.2023 tarihinde itfaiye "
        "geldi, kapıcı Recep Uysal tanıktır, 19 aile dışarıda kaldı.",
        id="tr-all-details-differ",
    ),
    pytest.param(
        TR,
        "Kazan dairesinden duman çıkıyor, gereğinin yapılmasını arz ederim, çocuklar hasta oldu, "
        "yardımlarınızı bekliyorum, cevap gelmedi.",
        id="tr-no-details",
    ),
    pytest.param(
        KA,
        "აღმაშენებლის ქუჩა 4-ში სარდაფი დატბორილია. მეზობელი ნუგზარ ფხაკაძე მოწმეა, აქტის "
        "ნომერია 777. ზარალი 150 ლარია, ლიფტი ივნისის შემდეგ გაჩერებულია.",
        id="ka-all-details-differ",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_matter_in_other_words_is_joined(rarity: Rarity, one: str, other: str) -> None:
    [likeness] = matter_likenesses([(of(one), of(other))], MODEL, rarity)
    assert likeness.joined
    assert likeness.probable
    assert likeness.reasons[0].weight > 0


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_matters_of_one_topic_are_not(rarity: Rarity, one: str, other: str) -> None:
    [likeness] = matter_likenesses([(of(one), of(other))], MODEL, rarity)
    assert not likeness.joined


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("Pensiyanın yenidən hesablanması barədə ərizə", id="az"),
        pytest.param("Emekli maaşının yeniden hesaplanması hakkında", id="tr"),
        pytest.param("პენსიის ხელახლა გადაანგარიშების შესახებ განცხადება", id="ka"),
        pytest.param("Заявление: перерасчёт моей трудовой пенсии", id="ru"),
        pytest.param("2024-cü il pensiyanın yenidən hesablanması", id="az-year"),
    ],
)
def test_of_two_equal_subjects_alone_nothing_can_be_told(rarity: Rarity, subject: str) -> None:
    card = of(subject, topic="pension")
    [likeness] = matter_likenesses([(card, of(subject, topic="pension"))], MODEL, rarity)
    assert not likeness.joined
    assert not likeness.probable
    assert [reason.code for reason in likeness.reasons] == [CANNOT_TELL]


def test_a_short_text_with_a_shared_address_is_compared(rarity: Rarity) -> None:
    pair = of("Nərimanov küçəsi 88, zirzəmi su içindədir"), of(AZ)
    [likeness] = matter_likenesses([pair], MODEL, rarity)
    assert reasons(likeness)["matter-house"] > 0
    assert reasons(likeness)["matter-place"] > 0


def test_what_is_missing_speaks_neither_for_nor_against(rarity: Rarity) -> None:
    told, silent = (
        of(AZ),
        of(
            "Zirzəmimizi su basıb, sahə müvəkkili gəldi və akt yazdı, "
            "həkim çağırdıq, qoxudan nəfəs almaq olmur, divarlar çürüyür",
            "",
            None,
        ),
    )
    [likeness] = matter_likenesses([(told, silent)], MODEL, rarity)
    assert all(weight >= 0 for weight in reasons(likeness).values())
    assert not {"matter-topic", "matter-region", "matter-place"} & set(reasons(likeness))


def test_evidence_has_to_grow_with_the_texts_that_were_looked_through(rarity: Rarity) -> None:
    pair = of(AZ), of(str(SAME[0].values[1]))
    near, register = (
        matter_likenesses([pair], MODEL, rarity, among)[0] for among in (None, 100 * MODEL.texts)
    )
    assert register.score < near.score
    assert register.reasons == near.reasons


def test_agreement_never_speaks_against_nor_difference_for() -> None:
    assert set(MODEL.weights) == set(EVIDENCE)
    for each, weight in MODEL.weights.items():
        assert weight <= 0 if each.startswith("other-") else weight >= 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: str) -> None:
    said = words(language)
    assert all(said[code] for code in (*CODES, CANNOT_TELL))


ANY = st.text(max_size=120) | st.sampled_from(
    [AZ, TR, KA, *(str(param.values[1]) for param in SAME)]
)


@given(ANY, ANY, st.sampled_from(["housing", "roads", ""]))
@settings(max_examples=60, deadline=None)
def test_likeness_is_symmetric_whatever_is_written(one: str, other: str, topic: str) -> None:
    rarity = rarity_of([of(AZ), of(TR), of(KA)])
    pair = of(one), of(other, topic)
    [there] = matter_likenesses([pair], MODEL, rarity)
    [back] = matter_likenesses([pair[::-1]], MODEL, rarity)
    assert there == back


MADE = matter_cards(make_appeals(400, seed=12))


@given(st.sampled_from(MADE), st.sampled_from(MADE))
@settings(max_examples=400, deadline=None)
def test_no_letter_scores_more_than_what_it_shares_reaches(
    one: MatterCard, other: MatterCard
) -> None:
    rarity = rarity_of(MADE)
    [likeness] = matter_likenesses([(one, other)], MODEL, rarity)
    assume(CANNOT_TELL not in {reason.code for reason in likeness.reasons})
    assert likeness.score <= round(Reach(one, MODEL, rarity).of(other), 2)


def test_what_strangers_share_mostly_reaches_no_look() -> None:
    rarity = rarity_of(MADE)
    reach = Reach(MADE[0], MODEL, rarity)
    short = [reach.of(other) < MODEL.probable for other in MADE[1:]]
    assert sum(short) > len(short) / 2
    assert reach.of(MADE[0]) > MODEL.joined
