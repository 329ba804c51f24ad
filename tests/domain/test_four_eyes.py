"""Nobody gives two steps of one chain, neither in their own name nor once as a deputy."""

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain import assignment, reply
from domain.assignment import (
    AcceptAssignment,
    AcceptResult,
    AskForExtension,
    GiveAssignment,
    GrantExtension,
    NotAuthorOrController,
    RefuseExtension,
    ReturnResult,
    SubmitResult,
)
from domain.case import Actor, Command, Refusal
from domain.hand import SamePersonTwice
from domain.reply import (
    DraftReply,
    InitialReply,
    NotTheSignatory,
    NotYourTurnToInitial,
    ReplyDrafted,
    ReplyInitialled,
    ReplySigned,
    ReturnReply,
    ReviseReply,
    SignReply,
    digest_of,
)
from tests.domain.spec import Spec, context, official

WRITER, UNIT_HEAD, CHAIR, DIRECTOR = (
    official(name) for name in ("writer", "unit-head", "chair", "director")
)
TEXT, OTHER = "Cavab", "Başqa cavab"
READ, REREAD = digest_of(TEXT), digest_of(OTHER)
INITIALS, SIGNATURE = InitialReply(digest=READ), SignReply(digest=READ)


def acting(who: str, on_behalf_of: str) -> Actor:
    return official(who, on_behalf_of=on_behalf_of)


class Chain(Spec):
    """A reply in hand; ``by`` carries a command out, as it must be possible."""

    def __init__(self) -> None:
        super().__init__(reply.decide, reply.evolve)

    def by(self, actor: Actor, command: Command) -> "Chain":
        self.when(command, actor)
        self.then(*self.happens())
        return self


def drafted(
    by: Actor = WRITER, chain: tuple[str, ...] = ("unit-head", "chair"), signatory: str = "director"
) -> Chain:
    return Chain().by(by, DraftReply(text=TEXT, initials_by=chain, signatory=signatory))


def test_paraf_paraf_imza_by_four_people() -> None:
    signed = drafted().by(UNIT_HEAD, INITIALS).by(official("chair"), INITIALS)
    signed.when(SIGNATURE, DIRECTOR).then(ReplySigned(digest=READ, signed_by="director"))


def test_the_author_puts_the_first_initials_where_the_chain_names_them() -> None:
    chain = drafted(UNIT_HEAD)
    chain.when(INITIALS, UNIT_HEAD).then(ReplyInitialled(digest=READ, initialled_by="unit-head"))


@pytest.mark.parametrize(
    ("chain", "signatory"),
    [
        (("unit-head",), "writer"),
        (("unit-head",), "unit-head"),
        (("unit-head", "unit-head"), "director"),
        (("writer", "director"), "director"),
    ],
)
def test_nobody_is_named_twice_in_a_chain(chain: tuple[str, ...], signatory: str) -> None:
    command = DraftReply(text=TEXT, initials_by=chain, signatory=signatory)
    Chain().when(command, WRITER).refused(SamePersonTwice)


@pytest.mark.parametrize(
    ("chain", "signatory"), [(("unit-head",), "stand-in"), (("stand-in",), "director")]
)
def test_who_writes_for_another_is_not_in_the_chain_themselves(
    chain: tuple[str, ...], signatory: str
) -> None:
    command = DraftReply(text=TEXT, initials_by=chain, signatory=signatory)
    Chain().when(command, acting("stand-in", "writer")).refused(SamePersonTwice)


def test_the_event_names_the_deputy_and_the_official_whose_step_it_was() -> None:
    chain = drafted(acting("stand-in", "writer"))
    (event,) = chain._events
    assert isinstance(event, ReplyDrafted)
    assert (event.author, event.deputy) == ("writer", "stand-in")
    chain.when(INITIALS, acting("second", "unit-head")).then(
        ReplyInitialled(digest=READ, initialled_by="unit-head", deputy="second")
    )


def test_the_author_does_not_initial_for_somebody_else() -> None:
    drafted().when(INITIALS, acting("writer", "unit-head")).refused(SamePersonTwice)


def test_the_deputy_who_wrote_does_not_initial_for_somebody_else_or_as_themselves() -> None:
    chain = drafted(acting("stand-in", "writer"))
    chain.when(INITIALS, acting("stand-in", "unit-head")).refused(SamePersonTwice)
    chain.when(ReviseReply(text=OTHER), acting("stand-in", "director")).refused(SamePersonTwice)


def test_the_author_may_initial_through_the_same_deputy() -> None:
    by = acting("stand-in", "unit-head")
    drafted(by).when(INITIALS, by).then(
        ReplyInitialled(digest=READ, initialled_by="unit-head", deputy="stand-in")
    )


def test_who_initialled_does_not_initial_again_for_the_next() -> None:
    once = drafted().by(UNIT_HEAD, INITIALS)
    once.when(INITIALS, acting("unit-head", "chair")).refused(SamePersonTwice)
    as_a_deputy = drafted().by(acting("stand-in", "unit-head"), INITIALS)
    as_a_deputy.when(INITIALS, acting("stand-in", "chair")).refused(SamePersonTwice)
    for_the_chair = drafted().by(acting("chair", "unit-head"), INITIALS)
    for_the_chair.when(INITIALS, CHAIR).refused(SamePersonTwice)


@pytest.mark.parametrize("twice", ["writer", "unit-head", "chair", "stand-in"])
def test_who_wrote_or_initialled_does_not_sign_for_the_signatory(twice: str) -> None:
    chain = drafted(acting("stand-in", "writer")).by(UNIT_HEAD, INITIALS).by(CHAIR, INITIALS)
    chain.when(SIGNATURE, acting(twice, "director")).refused(SamePersonTwice)
    chain.when(SIGNATURE, acting("second", "director")).then(
        ReplySigned(digest=READ, signed_by="director", deputy="second")
    )


def test_nor_does_the_signatory_who_initialled_as_a_deputy() -> None:
    chain = drafted(chain=("unit-head",)).by(acting("director", "unit-head"), INITIALS)
    chain.when(SIGNATURE, DIRECTOR).refused(SamePersonTwice)
    chain.when(SIGNATURE, acting("stand-in", "director")).refused(SamePersonTwice)


def test_a_new_text_forgets_the_initials_and_not_who_wrote_the_old_one() -> None:
    revised = drafted().by(UNIT_HEAD, INITIALS).by(CHAIR, ReviseReply(text=OTHER))
    assert revised.state.checkers == ()
    again = InitialReply(digest=REREAD)
    revised.by(UNIT_HEAD, again).by(CHAIR, again)
    revised.when(SignReply(digest=REREAD), acting("writer", "director")).refused(SamePersonTwice)


def test_returning_a_text_is_no_step_of_the_chain() -> None:
    chain = drafted().by(acting("stand-in", "director"), ReturnReply(digest=READ, reason="Səhv"))
    chain.by(WRITER, ReviseReply(text=OTHER))
    again = InitialReply(digest=REREAD)
    chain.by(UNIT_HEAD, again).by(CHAIR, again)
    chain.by(acting("stand-in", "director"), SignReply(digest=REREAD))
    assert chain.state.signed_by == "director"


NAMES = st.sampled_from(["writer", "unit-head", "chair", "director", "stand-in"])
ACTORS = st.tuples(NAMES, st.none() | NAMES).map(
    lambda drawn: official(drawn[0], on_behalf_of=drawn[1] if drawn[1] != drawn[0] else None)
)
STEPS = st.lists(
    st.tuples(ACTORS, st.sampled_from(["initial", "sign", "revise", "return"])), max_size=12
)


@drawn(ACTORS, st.lists(NAMES, min_size=1, max_size=3), NAMES, STEPS)
def test_whatever_is_tried_a_signed_text_has_been_through_different_hands(
    author: Actor, chain: list[str], signatory: str, steps: list[tuple[Actor, str]]
) -> None:
    given = Chain()
    done: list[tuple[str, Actor]] = []

    def tried(step: str, by: Actor, command: Command) -> None:
        try:
            given.when(command, by).then(*given.happens())
        except Refusal:
            return
        if step in ("revise", "return"):
            done[:] = [each for each in done if each[0] == "write"]
        if step != "return":
            done.append(("write" if step == "revise" else step, by))

    draft = DraftReply(text=TEXT, initials_by=tuple(chain), signatory=signatory)
    tried("write", author, draft)
    for count, (by, step) in enumerate(steps):
        state = given.state
        if state is None:
            return
        commands: dict[str, Command] = {
            "initial": InitialReply(digest=state.digest),
            "sign": SignReply(digest=state.digest),
            "revise": ReviseReply(text=f"{OTHER} {count}"),
            "return": ReturnReply(digest=state.digest, reason="Səhv"),
        }
        tried(step, by, commands[step])
    people = [(step, by, {by.official, by.principal}) for step, by in done]
    for place, (step, by, mine) in enumerate(people):
        for other, earlier, theirs in people[:place]:
            if step == other == "write" or mine.isdisjoint(theirs):
                continue
            assert (other, step) == ("write", "initial")
            assert by.principal == earlier.principal


def given_to(executor: str, by: Actor) -> Spec:
    command = GiveAssignment(
        source=assignment.Source.MEETING,
        text="Arayış",
        unit="pensions",
        main_executor=executor,
        due_on=context().today.replace(day=20),
    )
    spec = Spec(assignment.decide, assignment.evolve)
    _carried_out(spec, command, by)
    _carried_out(spec, AcceptAssignment(), official(executor))
    return spec


def _carried_out(spec: Spec, command: Command, by: Actor) -> None:
    spec.when(command, by)
    spec.then(*spec.happens())


DECIDED: list[Any] = [
    (SubmitResult(text="Hazırdır"), AcceptResult()),
    (SubmitResult(text="Hazırdır"), ReturnResult(reason="Yarımçıq")),
    (AskForExtension(due_on=context().today.replace(day=25), reason="Vaxt"), GrantExtension()),
    (
        AskForExtension(due_on=context().today.replace(day=25), reason="Vaxt"),
        RefuseExtension(reason="Yox"),
    ),
]


@pytest.mark.parametrize(("asked", "decided"), DECIDED)
def test_a_deputy_of_both_sides_does_not_decide_what_they_asked(
    asked: Command, decided: Command
) -> None:
    spec = given_to("executor", by=official("author"))
    _carried_out(spec, asked, acting("stand-in", "executor"))
    spec.when(decided, acting("stand-in", "author")).refused(SamePersonTwice)
    spec.when(decided, acting("executor", "author")).refused(NotAuthorOrController)
    _carried_out(spec, decided, acting("second", "author"))


def test_only_the_officials_of_the_chain_or_their_deputies_give_its_steps() -> None:
    chain = drafted()
    chain.when(INITIALS, CHAIR).refused(NotYourTurnToInitial)
    chain.by(UNIT_HEAD, INITIALS).by(CHAIR, INITIALS)
    chain.when(SIGNATURE, official("stranger")).refused(NotTheSignatory)
