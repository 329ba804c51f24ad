"""What a model of matters says of each piece of evidence: how it changes the odds."""

from typing import Annotated

from msgspec import Meta, Struct


class MatterWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model: small enough to be read, and never changed once events name it.

    Weights are natural logarithms of the odds that two texts are of one matter, by the names of
    the evidence; ``start`` is what stands before any of it, among ``texts`` texts. From
    ``probable`` on a pair is worth a look, from ``joined`` on it is taken for one matter. Two texts
    tell enough to be compared if each has ``words`` different words, or ``few`` words and details
    and they share some place, number, day or name.
    """

    version: Annotated[str, Meta(pattern=r"^matters-[0-9]+$")]
    learnt_from: str
    texts: Annotated[int, Meta(gt=0)]
    words: Annotated[int, Meta(gt=0)]
    few: Annotated[int, Meta(gt=0)]
    joined: float
    probable: float
    start: float
    weights: dict[str, float]
