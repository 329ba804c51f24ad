# ruff: noqa: RUF001 - letters of several alphabets are what it is about
"""What is compared of a person: names, dates and numbers in one normalised form."""

import re
from datetime import date
from functools import lru_cache

from msgspec import Struct, msgpack, structs

from domain.case import Person
from domain.person_names import parts_of_name, stem
from domain.spelling import fold, sound

_OLDEST = "1800"

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOT_DIGITS = re.compile(r"\D+")
_IN_A_NUMBER = re.compile(r"\d+|[^\d ]+")
_COUNTRIES = ("994", "995", "90", "7")
_LOOKS_LIKE = str.maketrans("АВЕКМНОРСТУХІЈ", "ABEKMHOPCTYXIJ")
_OF_PLACES = frozenset(
    {
        "seh", "kuc", "kucesi", "kuce", "kucha", "kuchasi", "street", "st", "str", "ulitsa", "ul",
        "prospekti", "prospekt", "prospect", "pr", "ave", "avenue", "gamziri", "gamz", "mehellesi",
        "mahallesi", "mahalle", "mehelle", "mah", "mh", "caddesi", "cadde", "cad", "cd", "sokak",
        "sokagi", "sk", "sok", "bulvari", "bulvar", "blv", "ev", "menzil", "menzili", "m", "mz",
        "dom", "d", "kv", "kvartira", "bina", "binasi", "binas", "bin", "b", "bl", "blok", "no",
        "nomer", "n", "daire", "dairesi", "apt", "apartman", "apartmani", "ap", "kat", "k",
        "rayonu", "rayon", "raion", "ray", "r", "seher", "seheri", "sheher", "gorod", "g", "city",
        "qalaqi", "kalaki", "qal", "korpus", "korp", "road", "rd", "place", "pl", "drive", "dr",
        "crescent", "cr", "court", "ct", "close", "circuit", "cct", "the", "flat", "unit", "house",
        "h", "s", "q", "e",
    }
)  # fmt: skip


_ENTERED = ("surname", "name", "patronymic")
_folded = lru_cache(maxsize=1 << 16)(fold)


class Card(Struct, frozen=True, array_like=True, gc=False):
    """Every text is folded; an empty text, and nought, mean that it isn't known.

    ``surname`` is without what marks a woman's (-ova is -ov). ``born`` is yyyymmdd with
    noughts for what isn't known; 1 January is kept, and counts as the year alone. ``phone`` is the
    last nine digits.
    ``in_order`` is false where a whole name was entered as one, so that which part is the surname
    is a guess. ``entered`` is what stood in the fields surname, name and patronymic.
    """

    given: str = ""
    surname: str = ""
    patronymic: str = ""
    sex: int = 0
    born: int = 0
    phone: int = 0
    fin: str = ""
    email: str = ""
    address: str = ""
    numbers: tuple[str, ...] = ()
    in_order: bool = True
    entered: tuple[str, str, str] = ("", "", "")


def card_of(person: Person) -> Card:
    return card_from(
        surname=person.surname or "",
        name=person.name or "",
        patronymic=person.patronymic or "",
        born=person.birth_date or "",
        phone=person.phone or "",
        fin=person.fin or "",
        email=person.email or "",
        address=person.address or "",
    )


def card_from(
    *,
    surname: str = "",
    name: str = "",
    patronymic: str = "",
    born: str | date = "",
    phone: str = "",
    fin: str = "",
    email: str = "",
    address: str = "",
) -> Card:
    """A card of what was written; never refuses any text.

    A whole name may stand in one of the fields ``surname`` and ``name``, in any order.
    """
    entered = (_folded(surname), _folded(name), _folded(patronymic))
    given, family, father, sex, in_order = parts_of_name(*entered)
    words, numbers = _address(address) if address else ("", ())
    return Card(
        given=given,
        surname=family,
        patronymic=father,
        sex=sex,
        born=_born(born) if born else 0,
        phone=_phone(phone) if phone else 0,
        fin=_fin(fin) if fin else "",
        email=_email(email) if email else "",
        address=words,
        numbers=numbers,
        in_order=in_order,
        entered=entered,
    )


def corrected(card: Card, entry: str, text: str) -> Card:
    """The card after one entry of the person was corrected: as `card_of` the corrected person.

    ``entry`` is a field of Person; an empty text is one that was taken out.
    """
    match entry:
        case "surname" | "name" | "patronymic":
            entered = dict(zip(_ENTERED, card.entered, strict=True)) | {entry: fold(text)}
            surname, name, patronymic = entered.values()
            given, family, father, sex, in_order = parts_of_name(surname, name, patronymic)
            return structs.replace(
                card,
                given=given,
                surname=family,
                patronymic=father,
                sex=sex,
                in_order=in_order,
                entered=(surname, name, patronymic),
            )
        case "birth_date":
            return structs.replace(card, born=_born(text))
        case "phone":
            return structs.replace(card, phone=_phone(text))
        case "fin":
            return structs.replace(card, fin=_fin(text))
        case "email":
            return structs.replace(card, email=_email(text))
        case "address":
            words, numbers = _address(text)
            return structs.replace(card, address=words, numbers=numbers)
        case _:
            return card


def encode(card: Card) -> bytes:
    return msgpack.encode(card)


_DECODER = msgpack.Decoder(Card)


def decode(packed: bytes) -> Card:
    return _DECODER.decode(packed)


def _born(born: str | date) -> int:
    if isinstance(born, date):
        return born.year * 10_000 + born.month * 100 + born.day
    if _ISO_DATE.fullmatch(born) and born[:4] >= _OLDEST:
        return int(born[:4] + born[5:7] + born[8:])
    text = fold(born.partition("T")[0])
    parts = [part for part in text.split(" ") if part.isdigit() and part.isascii()]
    if len(parts) == 1 and len(parts[0]) == 8:  # noqa: PLR2004
        whole = parts[0]
        if whole[:2] in {"18", "19", "20"}:
            parts = [whole[:4], whole[4:6], whole[6:]]
        else:
            parts = [whole[:2], whole[2:4], whole[4:]]
    years = [part for part in parts if len(part) == 4]  # noqa: PLR2004
    if not years or years[0] < _OLDEST:
        return 0
    year = int(years[0]) * 10_000
    if len(parts) != 3 or max(map(len, parts)) > 4 or len(years) > 1:  # noqa: PLR2004
        return year
    month = int(parts[1])
    day = int(parts[2] if parts[0] == years[0] else parts[0])
    if parts[1] == years[0] or max(day, month) > 99:  # noqa: PLR2004
        return year
    return year + month * 100 + day


def _phone(phone: str) -> int:
    digits = _NOT_DIGITS.sub("", _digits(phone)).removeprefix("00")
    for country in _COUNTRIES:
        if digits.startswith(country) and len(digits) - len(country) in {9, 10}:
            digits = digits[len(country) :]
            break
    digits = digits.lstrip("0")[-9:]
    return int(digits) if len(digits) > 4 and len(set(digits)) > 1 else 0  # noqa: PLR2004


def _digits(text: str) -> str:
    return text if text.isascii() else fold(text)


def _fin(fin: str) -> str:
    upper = fin.upper() if fin.isascii() else fold(fin.upper().translate(_LOOKS_LIKE)).upper()
    kept = upper if upper.isalnum() else "".join(filter(str.isalnum, upper))
    return kept if len(kept) > 3 and len(set(kept)) > 1 else ""  # noqa: PLR2004


def _email(email: str) -> str:
    text = "".join(email.split()).lower()
    local, at, domain = text.partition("@")
    return text if at and local and "." in domain else ""


def _address(address: str) -> tuple[str, tuple[str, ...]]:
    """The words that name places, in the order written, and the numbers."""
    words: list[str] = []
    numbers: list[str] = []
    for word in fold(address).split():
        if word in _OF_PLACES:
            continue
        if word.isalpha():
            words.append(word)
            continue
        for part in _IN_A_NUMBER.findall(word):
            if not part.isdigit():
                if part not in _OF_PLACES:
                    words.append(part)
            elif kept := part.lstrip("0"):
                numbers.append(kept)
    return " ".join(words), tuple(numbers)


def block_keys(card: Card) -> tuple[str, ...]:
    """The keys that two cards of one person are found by: they share at least one of them.

    What stands before the colon is the key's sort. Those in `BROAD` are shared by all namesakes:
    where too many people have one it is left, for nearly all who are worth a look have a narrower
    key in common.
    """
    given, family, father = name_sounds(card)
    year, day = divmod(card.born, 10_000)
    first = given.partition(" ")[0]
    names = f"{first}|{family}" if first < family else f"{family}|{first}"
    keys: list[str] = []
    add = keys.append
    if card.fin:
        add(f"fin:{card.fin}")
    if card.email:
        add(f"em:{card.email}")
    if card.phone:
        add(f"ph:{card.phone}")
        add(f"phg:{card.phone}|{first[:1]}")
    whole_date = day > 101 and day % 100  # noqa: PLR2004
    if whole_date:
        month, of_month = divmod(day, 100)
        date_key = f"{year}|{min(month, of_month)}|{max(month, of_month)}"
        if first:
            add(f"b:{date_key}|{first[:1]}")
        if family and family[0] != first[:1]:
            add(f"b:{date_key}|{family[:1]}")
    if first and family:
        add(f"gs:{names}")
        add(f"s1:{family}|{first[:1]}")
        add(f"s2:{family}|{first[-2:]}")
        if year:
            add(f"gsy:{names}|{year}")
        if card.phone:
            add(f"gsph:{names}|{card.phone % 10_000}")
    if father:
        if first:
            if family:
                add(f"gsp:{names}|{father}")
            if year:
                add(f"gpy:{first}|{father}|{year}")
        if family and year:
            add(f"spy:{family}|{father}|{year}|{first[:1]}")
    if card.address:
        number = card.numbers[0] if card.numbers else ""
        words = sorted(set(map(sound, card.address.split(" "))), key=_longest_first)[:2]
        for word in words:
            if first:
                add(f"ag:{word}|{number}|{first}")
            if family:
                add(f"as:{word}|{number}|{family}|{first[:1]}")
    return tuple(keys)


LONGEST_SORT = 4
"""So many letters tell the sort of any key."""
BROAD = frozenset({"ph", "gs", "gsp", "s1", "s2"})
"""The sorts of key that many people may share who have nothing else in common."""


def further_keys(card: Card) -> tuple[str, ...]:
    """More keys, for lists of so few people that what strangers share is still rare there.

    A birth date alone, a house without a name, a given name with the surname's first letters; how
    a name and an address begin, however its words are parted; numbers whose digits changed places.
    """
    keys: list[str] = []
    if card.born % 100 and card.born % 10_000 != 101:  # noqa: PLR2004
        keys.append(f"bd:{card.born}")
    given, family, _ = name_sounds(card)
    names = {name for name in (given, family) if name}
    if given and family:
        keys.append(f"g1:{given.partition(' ')[0]}|{family[:2]}")
    numbers = card.numbers
    if len(numbers) > 1:
        keys.append(f"an:{numbers[0]}|{_digits_sorted(numbers[-1])}")
    if numbers:
        keys += [f"nn:{_digits_sorted(numbers[-1])}|{name[:3]}" for name in names]
    if card.address:
        words = sorted(set(map(sound, card.address.split(" "))), key=_longest_first)[:2]
        keys.append(f"wd:{'|'.join(sorted(words))}")
        begins = card.address.replace(" ", "")[:5]
        keys += [f"ns:{begins}|{name[:3]}" for name in names]
        if numbers:
            keys += [f"ad:{word}|{numbers[0]}" for word in (*words, begins)]
    return tuple(dict.fromkeys(keys))


FURTHER = frozenset({"bd", "g1", "an", "nn", "wd", "ad", "ns"})
"""The sorts of `further_keys`."""


def _digits_sorted(number: str) -> str:
    return "".join(sorted(number))


def _longest_first(word: str) -> tuple[int, str]:
    return -len(word), word


def name_sounds(card: Card) -> tuple[str, str, str]:
    """Given name, surname's stem and patronymic as they sound: what name keys are made of."""
    given = card.given
    return (
        " ".join(map(sound, given.split())) if " " in given else sound(given),
        _stem_sound(card.surname),
        sound(card.patronymic) if card.patronymic else "",
    )


@lru_cache(maxsize=1 << 16)
def _stem_sound(surname: str) -> str:
    return "".join(sound(stem(word)) for word in surname.split())
