"""How like two people, or two matters, are: a weight of evidence and what it is made of."""

from msgspec import Struct


class Reason(Struct, frozen=True, array_like=True, gc=False):
    """One piece of evidence.

    A positive ``weight`` speaks for the two being one, a negative against; weights are natural
    logarithms of odds, so they add up.
    """

    code: str
    weight: float


class Likeness(Struct, frozen=True, array_like=True, gc=False):
    """``score`` is the logarithm of the odds that the two are one, the register's size counted in.

    ``against``: whom the two would be if they aren't one: relatives, who share what a family
    shares, or strangers; empty where that makes no difference. ``joined``: beyond the threshold
    that the model sets for acting on it, precision first. ``probable``: worth a look by a person.
    ``reasons``: the weightiest first.
    """

    score: float
    joined: bool
    probable: bool
    reasons: tuple[Reason, ...] = ()
    against: str = ""
