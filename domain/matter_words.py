"""The words by which places, numbers, dates and names are found in what people write.

Azerbaijani and Turkish share the Latin list; Georgian and Russian have their own, since the same
letters may mean another thing there (``bina`` is a house in Baku and a flat in Tbilisi). A star
ends a word that may go on. Everything is compared in its folded spelling.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Generic, TypeVar

from msgspec import Struct

from domain.spelling import fold


class Script(StrEnum):
    LATIN = "latin"
    GEORGIAN = "georgian"
    CYRILLIC = "cyrillic"


class Place(StrEnum):
    """What sort of place a word beside it names; the value leads the token."""

    STREET = "s"
    SETTLEMENT = "v"
    DISTRICT = "d"


class Counted(StrEnum):
    """What a number counts or numbers, where one of the usual words says so."""

    HOUSE = "house"
    FLAT = "flat"
    BLOCK = "block"
    FLOOR = "floor"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    PERSON = "person"
    FAMILY = "family"
    CHILD = "child"
    MONEY = "money"
    TIMES = "times"
    LENGTH = "length"
    PERCENT = "percent"


_PLACES: dict[Place, dict[Script, str]] = {
    Place.STREET: {
        Script.LATIN: "küçə* küç prospekt* pr pros döngə* dalan* şosse* xiyaban* cadde* cad cd "
        "sokak* sokağ* sok sk bulvar* blv yolu",
        Script.GEORGIAN: "ქუჩა* ქუჩი* ქუჩე* გამზირ* გამზ შესახვევ* ჩიხ* ხეივან* გზატკეცილ*",
        Script.CYRILLIC: "улиц* ул проспект* просп пр переул* пер шоссе бульвар*",
    },
    Place.SETTLEMENT: {
        Script.LATIN: "kənd kəndi* kəndd* qəsəbə* qəs şəhər* mikrorayon* mkr məhəllə* massiv* "
        "mahalle* mah köy köyü* köyd* köyün* belde* kasaba* şehir* şehri*",
        Script.GEORGIAN: "სოფელ* სოფლ* სოფ დაბა* ქალაქ* უბან* უბნ* მიკრორაიონ* დასახლებ*",
        Script.CYRILLIC: "село селе села селу посел* пос пгт город* микрорайон* мкр деревн*",
    },
    Place.DISTRICT: {
        Script.LATIN: "rayon* ilçe* bucak*",
        Script.GEORGIAN: "რაიონ* მუნიციპალიტეტ*",
        Script.CYRILLIC: "район*",
    },
}
_COUNTED: dict[Counted, dict[Script, str]] = {
    Counted.HOUSE: {
        Script.LATIN: "ev evi* evdə* evde* bina*",
        Script.GEORGIAN: "სახლ*",
        Script.CYRILLIC: "дом дома доме дому д",
    },
    Counted.FLAT: {
        Script.LATIN: "mənzil* mənz daire*",
        Script.GEORGIAN: "ბინა* ბინი* ბინე*",
        Script.CYRILLIC: "квартир* кв",
    },
    Counted.BLOCK: {
        Script.LATIN: "korpus* blok* apartman* apt giriş*",
        Script.GEORGIAN: "კორპუს* ბლოკ* სადარბაზ*",
        Script.CYRILLIC: "корпус* корп блок* подъезд*",
    },
    Counted.FLOOR: {
        Script.LATIN: "mərtəbə* kat katı* katta*",
        Script.GEORGIAN: "სართულ*",
        Script.CYRILLIC: "этаж*",
    },
    Counted.HOUR: {Script.LATIN: "saat*", Script.GEORGIAN: "საათ*", Script.CYRILLIC: "час*"},
    Counted.DAY: {
        Script.LATIN: "gün gündür gündü* gündə* günlük gündən günde* gündür*",
        Script.GEORGIAN: "დღე* დღის დღი*",
        Script.CYRILLIC: "день дня дней дни",
    },
    Counted.WEEK: {
        Script.LATIN: "həftə* hafta*",
        Script.GEORGIAN: "კვირა* კვირი*",
        Script.CYRILLIC: "недел*",
    },
    Counted.MONTH: {
        Script.LATIN: "ay aydır* ayda* aydan aylıq aylık ayın* ayı aya",
        Script.GEORGIAN: "თვე* თვის თვი*",
        Script.CYRILLIC: "месяц*",
    },
    Counted.YEAR: {
        Script.LATIN: "il ildir* ildə* ilin* illik yıl yıldır* yıld* yıllık yılı*",
        Script.GEORGIAN: "წელ* წლი*",
        Script.CYRILLIC: "год года году лет",
    },
    Counted.PERSON: {
        Script.LATIN: "nəfər* kişi* adam* şəxs* sakin* işçi*",
        Script.GEORGIAN: "ადამიან* კაცი* პირი* მოსახლ* მუშა*",
        Script.CYRILLIC: "человек* людей жител* работник*",
    },
    Counted.FAMILY: {
        Script.LATIN: "ailə* aile*",
        Script.GEORGIAN: "ოჯახ*",
        Script.CYRILLIC: "семь* семей*",
    },
    Counted.CHILD: {
        Script.LATIN: "uşaq* uşağ* övlad* çocuk* çocuğ* evlat* evladı*",
        Script.GEORGIAN: "ბავშვ* შვილ*",
        Script.CYRILLIC: "ребен* ребён* детей дети",
    },
    Counted.MONEY: {
        Script.LATIN: "manat* azn lira* tl lari* gel qəpik*",
        Script.GEORGIAN: "ლარი* ლარ თეთრ*",
        Script.CYRILLIC: "манат* лари лир* рубл*",
    },
    Counted.TIMES: {
        Script.LATIN: "dəfə* kez kere* defa*",
        Script.GEORGIAN: "ჯერ*",
        Script.CYRILLIC: "раз раза",
    },
    Counted.LENGTH: {
        Script.LATIN: "metr* metre* km kilometr* sot* hektar* dönüm*",
        Script.GEORGIAN: "მეტრ* კმ კილომეტრ* ჰექტარ*",
        Script.CYRILLIC: "метр* км километр* соток гектар*",
    },
    Counted.PERCENT: {
        Script.LATIN: "faiz* yüzde",
        Script.GEORGIAN: "პროცენტ*",
        Script.CYRILLIC: "процент*",
    },
}

_NUMBER_SIGNS: dict[Script, str] = {
    Script.LATIN: "nömrə* say saylı* no nolu numara* nr n",
    Script.GEORGIAN: "ნომერ* ნომრ*",
    Script.CYRILLIC: "номер* ном",
}
"""Words that say no more than that a number follows or went before."""

_MONTHS: tuple[str, ...] = (
    "yanvar* ocak* ocağ* იანვარ* იანვრ* январ*",
    "fevral* şubat* თებერვ* феврал*",
    "mart martın* martda* martta* martdan მარტ* март*",
    "aprel* nisan* აპრილ* апрел*",
    "may mayın* mayda* maydan mayıs* მაის* май мая мае",
    "iyun* haziran* ივნის* июн*",
    "iyul* temmuz* ივლის* июл*",
    "avqust* ağustos* აგვისტ* август*",
    "sentyabr* eylül* სექტემბ* сентябр*",
    "oktyabr* ekim ekimd* ekimin ოქტომბ* октябр*",
    "noyabr* kasım* ნოემბ* ноябр*",
    "dekabr* aralık* დეკემბ* декабр*",
)
_NUMERALS: dict[int, str] = {
    2: "iki ორი ორ два две двух",
    3: "üç სამი სამ три трех",
    4: "dörd dört ოთხი ოთხ четыре четырех",
    5: "beş ხუთი ხუთ пять пяти",
    6: "altı ექვსი ექვს шесть шести",
    7: "yeddi yedi შვიდი შვიდ семь семи",
    8: "səkkiz sekiz რვა восемь восьми",
    9: "doqquz dokuz ცხრა девять девяти",
    10: "on ათი ათ десять десяти",
    12: "თორმეტი თორმეტ двенадцать",
    15: "თხუთმეტი თხუთმეტ пятнадцать",
    20: "iyirmi yirmi ოცი ოც двадцать",
    30: "otuz ოცდაათი тридцать",
    40: "qırx kırk ორმოცი сорок",
    50: "əlli elli ორმოცდაათი пятьдесят",
    100: "yüz ასი сто",
}

_TITLES = (
    "bəy bey xanım hanım müəllim* həkim* doktor* dr rəis* müdir* müdür* memur* başçı* usta "
    "sahəvər* inspektor* ბატონ* ქალბატონ* ექიმ* მასწავლებ* დირექტორ* უფროს* გამგებ* ინსპექტორ* "
    "господин* врач* директор* начальник* инспектор* гражданин* гражданка"
)
"""Beside these a capital letter is a person's even where a sentence begins."""

_COMMON = (
    "xahiş* edirəm etmək* müraciət* şikayət* ərizə* məsələ* problem* tədbir* görül* görüm* "
    "hörmətli barədə haqqında üçün olaraq olan oldu* olma* olun* edil* edib* bildir* cavab* kömək* "
    "həll* yoxla* araşdır* lakin ancaq amma sonra əvvəl indi hələ bizim mənim onlar bütün artıq "
    "rica* ediyorum ederim başvuru* dilekçe* şikâyet* konu* gerek* sorun* önlem* saygı* arz "
    "çözül* çözüm* cevap* yardım* için hakkında olarak fakat ama sonra önce şimdi hala bizim benim "
    "gösteril* verilm* verdi* dəfələrlə defalarca hiçbir heç nəticə* sonuç* qurum* kurum* "
    "გთხოვთ გთხოვ* მოგმართ* განცხადებ* საჩივარ* საკითხ* პრობლემ* ზომებ* მიიღოთ პატივის* "
    "შესახებ მაგრამ შემდეგ ჩემი ჩვენი უკვე ახლა არის იყო რომელ* დაკავშირებ* პასუხ* დახმარებ* "
    "прошу просим обращ* жалоб* заявлен* вопрос* проблем* меры принять уважаем* который* очень "
    "чтобы после также наш* мой моя уже ответ* помощ* "
)
"""What stands in every second letter: never a key."""


T = TypeVar("T")


class Words(Generic[T]):
    """Words, and beginnings of words, with what each stands for."""

    def __init__(self, lists: Iterable[tuple[T, str]]) -> None:
        self._whole: dict[str, T] = {}
        self._beginnings: dict[str, T] = {}
        for meaning, words in lists:
            for word in words.split():
                known = self._beginnings if word.endswith("*") else self._whole
                known.setdefault(fold(word.rstrip("*")), meaning)
        self._lengths = sorted({len(word) for word in self._beginnings}, reverse=True)

    def meaning(self, word: str) -> T | None:
        """Of a folded word; the longest beginning counts."""
        if (whole := self._whole.get(word)) is not None:
            return whole
        for length in self._lengths:
            if (found := self._beginnings.get(word[:length])) is not None:
                return found
        return None


def _by_script(tables: Iterable[tuple[T, dict[Script, str]]]) -> dict[Script, Words[T]]:
    """For each script its own words first, then those of the others, written in its letters."""
    listed = list(tables)
    return {
        script: Words(
            (meaning, words[each])
            for each in (script, *(other for other in Script if other != script))
            for meaning, words in listed
        )
        for script in Script
    }


_PLACE_WORDS = _by_script(_PLACES.items())
_COUNTED_WORDS = _by_script(_COUNTED.items())
_SIGN_WORDS = _by_script([(True, _NUMBER_SIGNS)])
_MONTH_WORDS = Words((month, words) for month, words in enumerate(_MONTHS, start=1))
_NUMERAL_WORDS = Words((value, words) for value, words in _NUMERALS.items())
_TITLE_WORDS = Words([(True, _TITLES)])
_COMMON_WORDS = Words([(True, _COMMON)])


class Sense(Struct, frozen=True):
    """What a word may mean beside a name or a number."""

    place: Place | None
    counted: Counted | None
    month: int | None
    numeral: int | None
    signs_a_number: bool
    title: bool
    common: bool


PLAIN = Sense(
    place=None,
    counted=None,
    month=None,
    numeral=None,
    signs_a_number=False,
    title=False,
    common=False,
)
"""Of most words, and of numbers: nothing."""


@lru_cache(maxsize=1 << 16)
def sense(folded: str, script: Script = Script.LATIN) -> Sense:
    """What a folded word may mean; `PLAIN` itself where that is nothing."""
    found = Sense(
        place=_PLACE_WORDS[script].meaning(folded),
        counted=_COUNTED_WORDS[script].meaning(folded),
        month=_MONTH_WORDS.meaning(folded),
        numeral=_NUMERAL_WORDS.meaning(folded),
        signs_a_number=bool(_SIGN_WORDS[script].meaning(folded)),
        title=bool(_TITLE_WORDS.meaning(folded)),
        common=bool(_COMMON_WORDS.meaning(folded)),
    )
    return PLAIN if found == PLAIN else found


@lru_cache(maxsize=1 << 16)
def is_common(folded: str) -> bool:
    """Whether a word stands in every second letter."""
    return _COMMON_WORDS.meaning(folded) is not None
