"""What is compared of one matter: the coded entries, and what its texts say in normal form."""

from collections.abc import Iterable
from itertools import islice

import msgspec
from msgspec import Struct

from domain.matter_findings import STEM, found_in
from domain.matter_words import Counted, Place, is_common

_KEYS_OF_A_SORT = 8
_KEYS = 30
_SHORTEST_KEY_WORD = 6
_IN_ORDER = ("da", "st")
_HOUSE = f"{Counted.HOUSE}:"


class MatterCard(Struct, frozen=True, array_like=True, omit_defaults=True):
    """All of it sorted and in folded spelling, so that cards of the same entries are equal.

    ``places`` are ``s:`` streets, ``v:`` settlements, ``d:`` districts; ``numbers`` are
    ``what:value`` with what is counted, or nothing before the colon; ``dates`` are
    ``YYYY-MM-DD`` with zeros for what isn't said; ``words`` are cut to eight letters.
    ``addresses`` are streets with the house that was written with them.
    """

    topic: str = ""
    region: str = ""
    complained_of: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(word[:STEM] for word in self.words)

    @property
    def details(self) -> int:
        """How many places, numbers, dates and names are told."""
        return len(self.places) + len(self.numbers) + len(self.dates) + len(self.names)


_DECODER = msgspec.msgpack.Decoder(MatterCard)
encode = msgspec.msgpack.Encoder().encode
decode = _DECODER.decode


def matter_card_of(
    topic: str | None = None,
    *texts: str | None,
    complained_of_units: Iterable[str] = (),
    complained_of: Iterable[str] = (),
    region: str | None = None,
    place: str | None = None,
) -> MatterCard:
    """The card of an appeal.

    ``texts`` are its subject and text, in any order, or one of them; ``place`` is where it
    happened, if that is an entry of its own.
    """
    card = MatterCard(
        topic=topic or "",
        region=region or "",
        complained_of=tuple(
            sorted(
                {f"u:{unit}" for unit in complained_of_units}
                | {f"o:{official}" for official in complained_of}
            )
        ),
    )
    for text in (*texts, place):
        if text:
            card = joined(card, _card_of_text(text))
    return card


def _card_of_text(text: str) -> MatterCard:
    found = found_in(text)
    return MatterCard(
        places=tuple(sorted(found.places)),
        numbers=tuple(sorted(found.numbers)),
        dates=tuple(sorted(found.dates)),
        names=tuple(sorted(found.names)),
        words=tuple(sorted(found.words)),
        addresses=tuple(sorted(found.addresses)),
    )


def joined(card: MatterCard, other: MatterCard) -> MatterCard:
    """The card of both texts together; topic and region are the first's, if it has any."""
    return MatterCard(
        topic=card.topic or other.topic,
        region=card.region or other.region,
        complained_of=_either(card.complained_of, other.complained_of),
        places=_either(card.places, other.places),
        numbers=_either(card.numbers, other.numbers),
        dates=_either(card.dates, other.dates),
        names=_either(card.names, other.names),
        words=_either(card.words, other.words),
        addresses=_either(card.addresses, other.addresses),
    )


def _either(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*some, *others})) if some and others else some or others


def matter_keys(card: MatterCard) -> tuple[str, ...]:
    """What one of them another text has to share to be found, each after the sort of key.

    ``at:`` street and house, ``na:`` a name, ``nu:`` a number of two figures or more with what it
    counts, ``pl:`` place, ``da:`` a day, ``st:`` the stems of the longest words that don't stand in
    every letter. Of each sort there are at most eight and of all thirty, what is rarest by its
    nature first: a letter may list hundreds of addresses.
    """
    longest = [word for word in card.words if len(word) >= _SHORTEST_KEY_WORD]
    longest.sort(key=_longest_first)
    telling = islice((word for word in longest if not is_common(word)), _KEYS_OF_A_SORT)
    sorts = {
        "at": _addresses(card),
        "na": card.names,
        "nu": [number for number in card.numbers if len(number.partition(":")[2]) > 1],
        "pl": [place for place in card.places if place[0] != Place.DISTRICT],
        "da": sorted(day for day in card.dates if not day.endswith("-00"))[::-1],
        "st": dict.fromkeys(word[:STEM] for word in telling),
    }
    keys: list[str] = []
    for sort, found in sorts.items():
        first = found if sort in _IN_ORDER else sorted(found, key=_longest_first)
        keys += [f"{sort}:{each}" for each in islice(first, _KEYS_OF_A_SORT)]
    return tuple(keys[:_KEYS])


def _addresses(card: MatterCard) -> list[str]:
    """Streets with their own houses; where only one street is told, with any house told."""
    streets = [place[2:] for place in card.places if place[0] == Place.STREET]
    if len(streets) != 1:
        return list(card.addresses)
    houses = [number for number in card.numbers if number.startswith(_HOUSE)]
    return [f"{streets[0]} {house.removeprefix(_HOUSE)}" for house in houses]


def _longest_first(text: str) -> tuple[int, str]:
    return -len(text), text
