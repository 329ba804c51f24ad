"""The parts of a person's name: which word is the surname, which the given name, whose son."""

import re
from functools import lru_cache

MALE, FEMALE = 1, -1

_SON = frozenset({"oglu", "oglou", "ogli", "ogly", "oqlu", "ogul", "ogl", "o", "dze"})
_DAUGHTER = frozenset(
    {"qizi", "kizi", "gizi", "kyzy", "gyzy", "qizy", "gyzi", "kyzi", "kizy", "qyzy", "asuli", "kiz"}
)
_JOINED = re.compile(
    r"(?P<name>[a-z]{3,}?)"
    r"(?P<marker>o[gq]l[uiy]|[qkg][iy]z[iy]|[eyi]*vich|ovich|[eyo]*vna|s?asuli)\Z"
)
_SURNAME = re.compile(
    r"(?P<stem>[a-z]{2,}?)(?:(?P<slavic>(?:y?e|o)v)(?P<her>a)?|(?P<georgian>(?:y?e|o)vi)"
    r"|(?P<plain>zad[eao]|zadeh|beyli|bayli|beyov|l[iu]|ly))\Z"
)
_HERS = re.compile(
    r"(?P<stem>[a-z]{2,}?)(?:(?P<she>in|sk)a(?:ya|ia|ja)?|(?P<he>sk)(?:iy|y|ii|i))\Z"
)
_SURE_SURNAME = re.compile(
    r"[a-z]{2,}(?:(?:e|o)v(?:a|i)?|zad[eao]|zadeh|dze|shvili|svili|iani|skiy|skaya|oglu)\Z"
)


def parts_of_name(surname: str, name: str, patronymic: str) -> tuple[str, str, str, int, bool]:
    """Given name, surname, patronymic, sex, and whether the order is known."""
    sex = 0
    father = ""
    if patronymic:
        father, sex = _fathers_name(patronymic)
    in_order = True
    if " " in surname or " " in name or not (surname and name):
        surname, name, more, more_sex, in_order = _parted(surname, name)
        father, sex = father or more, sex or more_sex
    elif _surely_surname(name) and not _surely_surname(surname):
        surname, name = name, surname
    surname, hers = _without_hers(surname)
    return name, surname, father, sex or hers, in_order


def _parted(surname: str, name: str) -> tuple[str, str, str, int, bool]:
    """Surname, given name, patronymic and sex out of fields that hold more than one word."""
    surname, father, sex = _taken_out(surname)
    name, more, more_sex = _taken_out(name)
    father, sex = father or more, sex or more_sex
    if surname and name:
        return surname, name, father, sex, True
    words = (surname or name).split()
    if len(words) < 2:  # noqa: PLR2004
        return surname, name, father, sex, True
    sure = [at for at, word in enumerate(words) if _surely_surname(word)]
    full = [at for at, word in enumerate(words) if len(word) > 2]  # noqa: PLR2004
    if sure:
        at = sure[0]
    elif len(full) == 1:
        at = full[0]
    else:
        at = len(words) - 1 if name else 0
    family = words.pop(at)
    if sure and not father and len(words) > 1:
        father = words.pop()
    return family, " ".join(words), father, sex, False


@lru_cache(maxsize=1 << 16)
def _surely_surname(word: str) -> bool:
    return _SURE_SURNAME.match(word) is not None


def _taken_out(text: str) -> tuple[str, str, int]:
    """The text without a patronymic that a marker tells (Əli oğlu, Olegovna), that, and the sex."""
    words = text.split()
    for at, word in enumerate(words):
        if at and word in _SON and (len(word) > 1 or at == len(words) - 1):
            return " ".join(words[: at - 1] + words[at + 1 :]), _genitive(words[at - 1], word), MALE
        if at and word in _DAUGHTER:
            rest = " ".join(words[: at - 1] + words[at + 1 :])
            return rest, _genitive(words[at - 1], word), FEMALE
    for at, word in enumerate(words):
        found = _JOINED.match(word) if len(words) > 2 else None  # noqa: PLR2004
        if found:
            rest = " ".join(words[:at] + words[at + 1 :])
            return rest, found["name"], _sex_of(found["marker"])
    return text, "", 0


@lru_cache(maxsize=1 << 16)
def _fathers_name(text: str) -> tuple[str, int]:
    words = text.split()
    if len(words) > 1 and words[-1] in _SON:
        return _genitive(" ".join(words[:-1]), words[-1]), MALE
    if len(words) > 1 and words[-1] in _DAUGHTER:
        return _genitive(" ".join(words[:-1]), words[-1]), FEMALE
    if len(words) == 1 and (found := _JOINED.match(text)):
        return found["name"], _sex_of(found["marker"])
    return text, 0


def _genitive(name: str, marker: str) -> str:
    if marker in {"dze", "asuli"} and len(name) > 3 and name.endswith("s"):  # noqa: PLR2004
        return name[:-1]
    return name


def _sex_of(marker: str) -> int:
    male = marker.startswith(("og", "oq")) or marker.endswith("vich")
    return MALE if male else FEMALE


@lru_cache(maxsize=1 << 16)
def _without_hers(surname: str) -> tuple[str, int]:
    found = _SURNAME.match(surname)
    if found:
        if found["her"]:
            return surname[:-1], FEMALE
        if found["georgian"]:
            return surname[:-1], 0
        return surname, MALE if found["slavic"] else 0
    if found := _HERS.match(surname):
        return found["stem"] + (found["she"] or found["he"]), FEMALE if found["she"] else MALE
    return surname, 0


@lru_cache(maxsize=1 << 16)
def stem(surname: str) -> str:
    """A folded surname without the endings that people change: -ov, -li, -zade."""
    found = _SURNAME.match(surname)
    return found["stem"] if found else surname
