"""The cards of made-up appeals. Whom they are about is text there, and codes in a register."""

from collections.abc import Iterable

from domain.matter_card import MatterCard, matter_card_of
from tests.made_people import MadeAppeal


def matter_cards(appeals: Iterable[MadeAppeal]) -> list[MatterCard]:
    return [
        matter_card_of(
            appeal.topic,
            appeal.subject,
            appeal.text,
            complained_of=filter(None, map(str.strip, appeal.complained_of.split(","))),
            region=appeal.region,
        )
        for appeal in appeals
    ]
