"""A reply: drafted, revised, initialled (viza) and signed (imza), each bound to its text.

Initials check the text; the signature makes the outward act. Both carry the digest of the text
they were put on, and any later change of the text voids them (statute 003; TR records rules).

Writing, initialling and signing are steps of one chain, and nobody gives two of them: neither in
their own name nor once as a deputy. Only the author may also initial, where the chain names them:
statute 003 has its first responsible put the first initials.
"""

from hashlib import sha256
from typing import Annotated, assert_never

from msgspec import Meta
from msgspec.structs import replace

from domain.case import (
    Command,
    Context,
    Digest,
    Event,
    OfficialId,
    PersonalLongText,
    Refusal,
    ShortText,
    Value,
)
from domain.hand import Hand, SamePersonTwice


class ReplyDrafted(Event, tag="reply-drafted", omit_defaults=True):
    """``deputy`` is who wrote it for the author, if somebody did; so in the events below."""

    text: PersonalLongText
    digest: Digest
    author: OfficialId
    initials_by: tuple[OfficialId, ...]
    signatory: OfficialId
    deputy: OfficialId | None = None


class ReplyRevised(Event, tag="reply-revised", omit_defaults=True):
    text: PersonalLongText
    digest: Digest
    author: OfficialId
    revision: int
    deputy: OfficialId | None = None


class ReplyReturned(Event, tag="reply-returned"):
    digest: Digest
    returned_by: OfficialId


class ReplyInitialled(Event, tag="reply-initialled", omit_defaults=True):
    digest: Digest
    initialled_by: OfficialId
    deputy: OfficialId | None = None


class ReplySigned(Event, tag="reply-signed", omit_defaults=True):
    digest: Digest
    signed_by: OfficialId
    deputy: OfficialId | None = None


class DraftReply(Command):
    """``initials_by`` are the officials who initial it, in their order; ``signatory`` signs."""

    text: PersonalLongText
    initials_by: Annotated[tuple[OfficialId, ...], Meta(min_length=1, max_length=10)]
    signatory: OfficialId


class ReviseReply(Command):
    """A new text; the initials and the signature on the old one are void."""

    text: PersonalLongText


class ReturnReply(Command):
    """Whoever has to initial or sign sends the text back for correction."""

    digest: Digest
    reason: ShortText


class InitialReply(Command):
    """``digest`` is the SHA-256 of the text that was read, so that nobody initials another."""

    digest: Digest


class SignReply(Command):
    """``digest`` is the SHA-256 of the text that was read."""

    digest: Digest


class NoReplyDrafted(Refusal):
    """There is no reply yet: draft it first."""


class ReplyAlreadyDrafted(Refusal):
    """A reply has already been drafted: revise it instead."""


class ReplyAlreadySigned(Refusal):
    """The reply is signed: revise it to change it, which voids the signature."""


class TextHasChanged(Refusal):
    """The text is no longer the one that was read: read it again."""


class TextUnchanged(Refusal):
    """The new text is the same as the old one."""


class NotYourTurnToInitial(Refusal):
    """Another official has to initial the reply now."""


class AlreadyInitialled(Refusal):
    """All initials are there: the reply waits for its signature."""


class NotAllInitialled(Refusal):
    """The reply can't be signed before everyone has initialled this text."""


class NotTheSignatory(Refusal):
    """Only the reply's signatory, or their deputy, may sign it."""


class NotInTheChain(Refusal):
    """Only those who initial or sign the reply may return it."""


ReplyCommand = DraftReply | ReviseReply | ReturnReply | InitialReply | SignReply
ReplyEvent = ReplyDrafted | ReplyRevised | ReplyReturned | ReplyInitialled | ReplySigned


class Reply(Value):
    """The reply in hand. ``initials`` are those that hold for the present text, in order.

    ``writers`` wrote this text or one before it; ``checkers`` gave the initials. ``hands`` are
    all who gave a step of it, as a deputy too, whether or not it still holds.
    """

    digest: Digest
    author: OfficialId
    initials_by: tuple[OfficialId, ...]
    signatory: OfficialId
    revision: int = 1
    initials: tuple[OfficialId, ...] = ()
    signed_by: OfficialId | None = None
    returned: bool = False
    writers: tuple[Hand, ...] = ()
    checkers: tuple[Hand, ...] = ()
    hands: frozenset[str] = frozenset()

    @property
    def next_to_initial(self) -> str | None:
        """Who has to initial now; nobody while it is returned or once all have."""
        if self.returned or len(self.initials) == len(self.initials_by):
            return None
        return self.initials_by[len(self.initials)]

    @property
    def ready_to_sign(self) -> bool:
        return not self.returned and len(self.initials) == len(self.initials_by)


def digest_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, as lower-case hex."""
    return sha256(text.encode()).hexdigest()


def decide(command: ReplyCommand, reply: Reply | None, ctx: Context) -> list[Event]:
    hand = Hand.of(ctx.by)
    who, deputy = hand.principal, hand.deputy
    if isinstance(command, DraftReply):
        if reply:
            raise ReplyAlreadyDrafted
        _require_distinct(command, hand)
        return [
            ReplyDrafted(
                text=command.text,
                digest=digest_of(command.text),
                author=who,
                initials_by=command.initials_by,
                signatory=command.signatory,
                deputy=deputy,
            )
        ]
    if not reply:
        raise NoReplyDrafted
    match command:
        case ReviseReply(text=text):
            digest = digest_of(text)
            if digest == reply.digest and not reply.returned:
                raise TextUnchanged
            if reply.signatory in hand.people:
                raise SamePersonTwice
            revision = reply.revision + 1
            return [
                ReplyRevised(text=text, digest=digest, author=who, revision=revision, deputy=deputy)
            ]
        case ReturnReply(digest=digest):
            _require_same_text(digest, reply)
            if who not in (*reply.initials_by, reply.signatory):
                raise NotInTheChain
            return [ReplyReturned(digest=digest, returned_by=who)]
        case InitialReply(digest=digest):
            _require_same_text(digest, reply)
            if reply.ready_to_sign:
                raise AlreadyInitialled
            if who != reply.next_to_initial:
                raise NotYourTurnToInitial
            _require_fresh_eyes(hand, reply)
            return [ReplyInitialled(digest=digest, initialled_by=who, deputy=deputy)]
        case SignReply(digest=digest):
            _require_same_text(digest, reply)
            if reply.signed_by:
                raise ReplyAlreadySigned
            if who != reply.signatory:
                raise NotTheSignatory
            if not reply.ready_to_sign:
                raise NotAllInitialled
            hand.require_other_than(*reply.writers, *reply.checkers)
            return [ReplySigned(digest=digest, signed_by=who, deputy=deputy)]
        case _:
            assert_never(command)


def evolve(reply: Reply | None, event: ReplyEvent) -> Reply:
    if isinstance(event, ReplyDrafted):
        return Reply(
            digest=event.digest,
            author=event.author,
            initials_by=event.initials_by,
            signatory=event.signatory,
            writers=(Hand.told(event.author, event.deputy),),
            hands=Hand.told(event.author, event.deputy).people,
        )
    if reply is None:
        raise NoReplyDrafted
    match event:
        case ReplyRevised(digest=digest, author=author, revision=revision, deputy=deputy):
            return replace(
                reply,
                digest=digest,
                author=author,
                revision=revision,
                initials=(),
                signed_by=None,
                returned=False,
                writers=(*reply.writers, Hand.told(author, deputy)),
                checkers=(),
                hands=reply.hands | Hand.told(author, deputy).people,
            )
        case ReplyReturned(returned_by=who):
            return replace(
                reply,
                initials=(),
                checkers=(),
                signed_by=None,
                returned=True,
                hands=reply.hands | {who},
            )
        case ReplyInitialled(initialled_by=who, deputy=deputy):
            return replace(
                reply,
                initials=(*reply.initials, who),
                checkers=(*reply.checkers, Hand.told(who, deputy)),
                hands=reply.hands | Hand.told(who, deputy).people,
            )
        case ReplySigned(signed_by=who, deputy=deputy):
            hands = reply.hands | Hand.told(who, deputy).people
            return replace(reply, signed_by=who, hands=hands)
        case _:
            assert_never(event)


def _require_distinct(command: DraftReply, hand: Hand) -> None:
    chain = (*command.initials_by, command.signatory)
    if len(set(chain)) != len(chain) or command.signatory in hand.people:
        raise SamePersonTwice
    if hand.deputy in chain:
        raise SamePersonTwice


def _require_fresh_eyes(hand: Hand, reply: Reply) -> None:
    """Each initials are another person's; those who wrote it initial as the author they were."""
    wrote_otherwise = (writer for writer in reply.writers if writer.principal != hand.principal)
    hand.require_other_than(*reply.checkers, *wrote_otherwise)


def _require_same_text(digest: str, reply: Reply) -> None:
    if digest != reply.digest:
        raise TextHasChanged
