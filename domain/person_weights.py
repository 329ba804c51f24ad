"""What a model of people says of each piece of evidence: for one person, or for two."""

from typing import Annotated

from msgspec import Meta, Struct


class Weight(Struct, frozen=True, array_like=True):
    """By how much the odds change, as a natural logarithm.

    One person against two of one family, and against two strangers. What a family shares says
    nothing against a relative, so no sum of it outvotes another given name.
    """

    relative: float
    stranger: float


class Rarity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a name that agrees is worth beyond its level, for each e-fold that it is rarer.

    Rarer than ``usual``, which is a logarithm of one in so many people.
    """

    weight: Weight
    usual: float


class PersonWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model: small enough to be read, and never changed once events name it.

    ``people`` is the size of the register that it was learnt for: strangers alike grow with the
    register, relatives don't. Scores are logarithms of odds: from ``probable`` on a pair is worth
    a look, from ``joined`` on it is taken for one person. ``levels`` has, for each sort of
    evidence, the weight of each of its levels; what isn't named weighs nothing.
    """

    version: Annotated[str, Meta(pattern=r"^people-[0-9]+$")]
    learnt_from: str
    people: Annotated[int, Meta(gt=0)]
    joined: float
    probable: float
    start: Weight
    rarity: dict[str, Rarity]
    levels: dict[str, dict[str, Weight]]
