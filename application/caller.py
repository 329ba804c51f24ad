"""Whoever asks, and the roles they have."""

from enum import StrEnum

from msgspec import Struct

from domain.case import Actor


class Role(StrEnum):
    """The roles a token may carry.

    SYSTEM is for policies and for the import of older registers; it never comes from a token.
    """

    REGISTRAR = "registrar"
    EXECUTOR = "executor"
    UNIT_HEAD = "unit-head"
    CONTROLLER = "controller"
    SIGNATORY = "signatory"
    PRESS_OFFICER = "press-officer"
    RECEPTION_CLERK = "reception-clerk"
    AUDITOR = "auditor"
    ANALYST = "analyst"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Caller(Struct, frozen=True):
    """Whoever asks, with the roles their token gives them."""

    actor: Actor
    roles: frozenset[Role]
