"""The demo's appeals: how each comes in, is worked on, and ends, or doesn't yet."""

from contextlib import suppress
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from application.caller import Role
from application.demo_cast import (
    MATTERS,
    Citizen,
    Matter,
    caller,
    executors,
)
from application.demo_identities import entered_anew
from application.demo_repeats import tell_repeat
from application.demo_story import Diary, Story, TodayReached
from application.orders import derived_id
from domain.answer_term import ExtendTerm
from domain.appeal import (
    KIND,
    AcceptAppeal,
    AppealKind,
    AssignAppeal,
    Channel,
    CloseAppeal,
    Copy,
    CoveringLetter,
    DispatchReply,
    DispatchWay,
    ForwardAppeal,
    Ground,
    LeaveUnconsidered,
    MergeAppeal,
    ReclassifyAppeal,
    RegisterAppeal,
    ReopenAppeal,
    Result,
    ReturnAppeal,
    SendCopies,
    TakeUpAgain,
    WithdrawAppeal,
)
from domain.applicant import (
    Anonymous,
    Applicant,
    Collective,
    Individual,
    LegalEntity,
    Represented,
)
from domain.control import PutUnderControl, TakeOffControl
from domain.information import AskForInformation, RecordInformation
from domain.record import AddNote, CorrectEntry
from domain.reply import DraftReply, InitialReply, ReturnReply, ReviseReply, SignReply, digest_of

SIGNATORY = caller("deputy-chair", Role.SIGNATORY, Role.LEADER)
CONTROLLER = caller("controller", Role.CONTROLLER)
_REGISTRARS = ("registrar-1", "registrar-2", "registrar-3")
_KINDS = {"application": 655, "complaint": 300, "proposal": 25, "information-request": 20}
_CHANNELS = {
    Channel.WEB_FORM: 40,
    Channel.POST: 18,
    Channel.BY_HAND: 14,
    Channel.EMAIL: 10,
    Channel.TELEPHONE: 6,
    Channel.MOBILE_SERVICE: 6,
    Channel.HIGHER_BODY: 4,
    Channel.MEDIA: 2,
}
_FATES = {
    "answered": 66,
    "answered-late": 8,
    "extended": 8,
    "neglected": 4,
    "forwarded": 5,
    "unconsidered": 6,
    "withdrawn": 2,
    "not-assigned": 2,
}
_LEFT = ("neglected", "not-assigned")
_APPLICANTS = {
    "individual": 87,
    "collective": 6,
    "legal-entity": 3,
    "represented": 3,
    "anonymous": 1,
}
_RESULTS = {
    Result.SATISFIED: 42,
    Result.EXPLAINED: 34,
    Result.PARTLY_SATISFIED: 12,
    Result.REJECTED: 12,
}
_GROUNDS = (
    Ground.ANOTHER_PROCEDURE,
    Ground.FINAL_COURT_DECISION,
    Ground.FORM_REQUIREMENTS,
    Ground.INSUFFICIENT_DATA,
)


class Written(Struct, frozen=True):
    """An appeal as its writer brings it."""

    citizen: Citizen
    matter: Matter
    text: str
    applicant: Applicant
    anonymous: bool = False


def new_appeal(diary: Diary, story: Story) -> Written:
    """An appeal that somebody writes for the first time."""
    kind = diary.drawn(_KINDS)
    matter = diary.one_of([matter for matter in MATTERS.matters if matter.kind == kind])
    citizen = diary.citizens.draw()
    applicant = _applicant(diary, citizen)
    chance = diary.chance
    text = matter.text.format(
        street=diary.one_of(MATTERS.streets),
        city=citizen.place.city,
        month=MATTERS.months[(story.today.month - 2) % 12],
        year=chance.randint(2004, 2019),
        amount=chance.randint(4, 60) * 10,
        days=chance.randint(12, 45),
        number=chance.randint(1000, 9999),
    )
    return Written(citizen, matter, text, applicant, isinstance(applicant, Anonymous))


def tell_appeal(
    diary: Diary,
    story: Story,
    written: Written,
    *,
    may_return: bool = True,
    after: "_Case | None" = None,
) -> int:
    """The appeal from its registration on; how many cases it took, with what follows from it.

    It repeats the one *after* whose answer it comes.
    """
    case = _Case(diary, story, written)
    try:
        case.register()
        if after and not after.confidential:
            tell_repeat(diary, story, after.story.case_id, case.registrar)
    except TodayReached:
        return 0
    try:
        case.work()
    except TodayReached:
        return 1
    if may_return and not written.anonymous and diary.happens(0.07):
        return 1 + _come_again(diary, case, written)
    return 1


def tell_pair(diary: Diary, story: Story, written: Written) -> int:
    """An appeal, and a second one on the same matter that is merged into it."""
    case = _Case(diary, story, written)
    case.register()
    taken = 1
    second = story.another(KIND, diary.new_case(KIND))
    second.wait(2)
    merged = _Case(diary, second, written)
    merged.registrar, merged.confidential = case.registrar, case.confidential
    with suppress(TodayReached):
        merged.register()
        taken = 2
        second.wait()
        reason = "Eyni şəxsin eyni məsələ üzrə müraciəti icradadır."
        second.order(MergeAppeal(into=story.case_id, reason=reason), merged.registrar)
        second.wait(1)
        second.order(CloseAppeal(result=Result.MERGED), merged.registrar)
    with suppress(TodayReached):
        case.work("answered")
    return taken


def tell_taken_in(diary: Diary, story: Story, written: Written) -> None:
    """An appeal taken in at a reception: the policy registers it, the registrars go on."""
    case = _Case(diary, story, written)
    case.confidential = False
    with suppress(TodayReached):
        case.work("answered")


class _Case:
    """One appeal in the hands of those who work on it."""

    def __init__(self, diary: Diary, story: Story, written: Written) -> None:
        self.diary = diary
        self.story = story
        self.written = written
        self.registrar = caller(diary.one_of(_REGISTRARS), Role.REGISTRAR)
        centre = written.citizen.place.centre
        self.unit = centre if centre and diary.happens(0.35) else written.matter.unit
        self.head = caller(f"{self.unit}-head", Role.UNIT_HEAD)
        self.executor = caller(diary.one_of(executors(self.unit)), Role.EXECUTOR)
        self.confidential = not written.anonymous and diary.happens(0.03)
        self.controlled = False

    def register(self) -> None:
        diary, written = self.diary, self.written
        channel = diary.drawn(_CHANNELS)
        received_at = self.story.at - timedelta(minutes=diary.chance.randint(5, 110))
        letter = None
        if channel is Channel.HIGHER_BODY:
            letter = CoveringLetter(
                body=diary.one_of(MATTERS.bodies),
                letter_number=f"{diary.chance.randint(1, 30)}-{diary.chance.randint(100, 999)}",
                letter_date=self.story.today - timedelta(days=2),
                under_their_control=diary.happens(0.5),
            )
        self.story.order(
            RegisterAppeal(
                kind=AppealKind(written.matter.kind),
                channel=channel,
                applicant=written.applicant,
                topic=written.matter.topic,
                region=written.citizen.place.region,
                social_category=written.citizen.category,
                subject=written.matter.subject,
                text=written.text,
                sheets=diary.chance.randint(1, 6),
                covering_letter=letter,
                confidential=self.confidential,
                received_at=received_at,
            ),
            self.registrar,
        )
        if isinstance(written.applicant, Individual) and not self.confidential:
            diary.enter(written.applicant.person, self.story)

    def work(self, fate: str | None = None) -> None:
        diary, story = self.diary, self.story
        fate = fate or ("unconsidered" if self.written.anonymous else self._fate())
        if fate == "not-assigned":
            return
        story.wait()
        if not self.confidential and (diary.happens(0.12) or fate == "neglected"):
            reason = "Rəhbərliyin göstərişi ilə nəzarətə götürülür."
            check_on = diary.calendar.add_working_days(story.today, 10)
            story.order(PutUnderControl(reason=reason, check_on=check_on), CONTROLLER)
            self.controlled = True
        match fate:
            case "forwarded":
                self._forward()
            case "unconsidered" if not self.confidential:
                self._leave_unconsidered()
            case "withdrawn":
                self._assign()
                story.wait(3)
                story.order(WithdrawAppeal(asked_on=story.today), self.registrar)
                self._close(Result.WITHDRAWN)
            case "neglected":
                self._assign()
            case "extended" if not self.confidential:
                self._assign()
                self._extend()
                self._answer(diary.chance.randint(4, 18))
            case "answered-late":
                self._assign()
                self._answer(diary.chance.randint(16, 24))
            case _:
                self._assign()
                self._answer(diary.chance.randint(2, self._days_left()))

    def _fate(self) -> str:
        if self.story.long_ago:
            return self.diary.drawn({fate: _FATES[fate] for fate in _FATES if fate not in _LEFT})
        return self.diary.drawn(_FATES)

    def _days_left(self) -> int:
        return 2 if self.written.matter.kind == AppealKind.INFORMATION_REQUEST else 9

    def _assign(self) -> None:
        diary, story = self.diary, self.story
        if diary.happens(0.01) and self.written.matter.kind == AppealKind.APPLICATION:
            reason = "Məzmununa görə şikayətdir."
            story.order(ReclassifyAppeal(kind=AppealKind.COMPLAINT, reason=reason), self.registrar)
        if diary.happens(0.04) and not self.confidential:
            mistaken = "health-insurance" if self.unit == "pensions" else "pensions"
            self._hand_to(mistaken, f"{mistaken}-1")
            story.wait(1)
            reason = "Məsələ şöbəmizin səlahiyyətinə aid deyil."
            story.order(ReturnAppeal(reason=reason), caller(f"{mistaken}-head", Role.UNIT_HEAD))
            story.wait()
        self._hand_to(self.unit, self.executor.actor.official)
        story.wait(diary.chance.randint(0, 1))
        story.order(AcceptAppeal(), self.executor)

    def _hand_to(self, unit: str, executor: str) -> None:
        diary, story = self.diary, self.story
        others = [name for name in executors(unit) if name != executor]
        internal = diary.calendar.add_working_days(story.today, 4)
        story.order(
            AssignAppeal(
                unit=unit,
                main_executor=executor,
                co_executors=tuple(others[:1]) if diary.happens(0.15) else (),
                resolution=diary.one_of(MATTERS.resolutions),
                internal_due_on=internal if diary.happens(0.3) else None,
            ),
            self.registrar,
        )

    def _extend(self) -> None:
        diary, story = self.diary, self.story
        starts = story.today
        last = diary.terms.begin_on("az-a-gen", starts).on
        if self.written.matter.kind == AppealKind.INFORMATION_REQUEST:
            story.wait(1)
        else:
            story.wait(diary.chance.randint(5, 9))
        if story.today > last:
            return
        reason = "Yerində araşdırma və əlavə sənədlərin alınması tələb olunur."
        story.order(ExtendTerm(reason=reason, applicant_notified_on=story.today), self.head)

    def _answer(self, working_days: int) -> None:
        diary, story = self.diary, self.story
        if diary.happens(0.12):
            working_days -= self._ask_for_information()
        if diary.happens(0.1):
            note = "Vətəndaşa zəng edildi, sənədlərin əslini təqdim edəcəyini bildirdi."
            story.order(AddNote(text=note), self.executor)
        if diary.happens(0.03):
            copy = Copy(
                body=diary.one_of(MATTERS.bodies),
                letter_number=f"s-{diary.chance.randint(100, 999)}",
                letter_date=story.today,
            )
            reason = "Məsələnin bir hissəsi bu qurumun səlahiyyətinə aiddir."
            notified = story.today
            story.order(
                SendCopies(copies=(copy,), reason=reason, applicant_notified_on=notified),
                self.registrar,
            )
        if diary.happens(0.02):
            reason = "Qeydiyyat zamanı region səhv seçilib."
            story.order(
                CorrectEntry(
                    entry="region", value="az-abs", approved_by="citizens-head", reason=reason
                ),
                self.registrar,
            )
        story.wait(max(working_days, 1))
        if diary.happens(0.04):
            self._reply("Müraciətiniz araşdırılır, nəticəsi əlavə bildiriləcək.", interim=True)
            story.wait(diary.chance.randint(2, 5))
        self._reply(self.written.matter.answer, interim=False)
        if self.controlled:
            story.wait(1)
            story.order(TakeOffControl(reason="Məsələ həll edilib, cavab verilib."), CONTROLLER)
            self.controlled = False
        if self._close(diary.drawn(_RESULTS)) and diary.happens(0.015):
            story.wait(diary.chance.randint(4, 15))
            story.order(ReopenAppeal(reason="Yeni hallar aşkar edilib."), self.registrar)
            story.wait()
            self._assign()
            self._answer(5)

    def _ask_for_information(self) -> int:
        """How many working days it took."""
        diary, story = self.diary, self.story
        due_on = diary.calendar.add_working_days(story.today, 5)
        question = "Vətəndaşın işi üzrə arxiv məlumatlarının təqdim edilməsi xahiş olunur."
        body = diary.one_of(MATTERS.bodies) if diary.happens(0.4) else None
        asked = story.order(
            AskForInformation(
                question=question,
                due_on=due_on,
                unit=None if body else "citizens-control",
                body=body,
            ),
            self.executor,
        )
        if diary.happens(0.15):
            return 0
        days = diary.chance.randint(1, 3)
        story.wait(days)
        story.order(
            RecordInformation(
                request_id=derived_id(asked, "information"),
                answer="Sorğu edilən məlumat əlavə olunur.",
                received_on=story.today,
            ),
            self.executor,
        )
        return days

    def _reply(self, answer: str, *, interim: bool) -> None:
        diary, story = self.diary, self.story
        head, signatory = self.head.actor.official, SIGNATORY.actor.official
        text = f"Hörmətli vətəndaş!\n\n{answer}"
        story.order(DraftReply(text=text, initials_by=(head,), signatory=signatory), self.executor)
        story.wait()
        if diary.happens(0.08):
            reason = "Qanuni əsas göstərilsin."
            story.order(ReturnReply(digest=digest_of(text), reason=reason), self.head)
            story.wait()
            text += "\n\nQərardan inzibati qaydada və ya məhkəməyə şikayət etmək hüququnuz var."
            story.order(ReviseReply(text=text), self.executor)
            story.wait()
        digest = digest_of(text)
        story.order(InitialReply(digest=digest), self.head)
        story.wait(diary.chance.randint(0, 1))
        story.order(SignReply(digest=digest), SIGNATORY)
        story.wait()
        ways = (DispatchWay.POST, DispatchWay.EMAIL, DispatchWay.PORTAL, DispatchWay.BY_HAND)
        story.order(
            DispatchReply(
                letter_number=f"{diary.chance.randint(1, 16)}-{diary.chance.randint(1000, 9999)}",
                dispatched_on=story.today,
                way=diary.one_of(ways),
                interim=interim,
            ),
            self.registrar,
        )

    def _forward(self) -> None:
        diary, story = self.diary, self.story
        story.wait(diary.chance.randint(1, 2))
        story.order(
            ForwardAppeal(
                body=diary.one_of(MATTERS.bodies),
                letter_number=f"g-{diary.chance.randint(100, 999)}",
                letter_date=story.today,
                reason="Məsələnin həlli agentliyin səlahiyyətinə aid deyil.",
                applicant_notified_on=story.today,
            ),
            self.registrar,
        )
        self._close(Result.FORWARDED)

    def _leave_unconsidered(self) -> None:
        diary, story = self.diary, self.story
        story.wait(diary.chance.randint(1, 3))
        anonymous = self.written.anonymous
        ground = Ground.FORM_REQUIREMENTS if anonymous else diary.one_of(_GROUNDS)
        story.order(
            LeaveUnconsidered(
                ground=ground,
                reason="Qanunun 8-ci maddəsinə əsasən baxılmamış saxlanılır.",
                applicant_notified_on=None if anonymous else story.today,
            ),
            SIGNATORY,
        )
        if not anonymous and diary.happens(0.25):
            story.wait(diary.chance.randint(3, 8))
            reason = "Müəllif çatışmayan məlumatları təqdim edib."
            story.order(TakeUpAgain(reason=reason), SIGNATORY)
            self._assign()
            self._answer(6)
            return
        self._close(Result.UNCONSIDERED)

    def _close(self, result: Result) -> bool:
        """Whether it was closed; now and then somebody forgets."""
        diary, story = self.diary, self.story
        if diary.happens(0.06) and not story.long_ago:
            return False
        story.wait(diary.chance.randint(1, 4))
        index = f"{diary.chance.randint(1, 9):02}-{diary.chance.randint(1, 40):02}"
        story.order(CloseAppeal(result=result, file_index=index), self.registrar)
        return True


def _come_again(diary: Diary, before: _Case, written: Written) -> int:
    """The same person on the same matter, weeks after the answer."""
    story = before.story.another(KIND, diary.new_case(KIND))
    story.wait(diary.chance.randint(8, 25))
    text = f"{written.text} Əvvəlki müraciətimə verilən cavabla razı deyiləm."
    applicant = written.applicant if diary.returns % 2 else entered_anew(written.applicant)
    again = replace(written, text=text, applicant=applicant)
    return tell_appeal(diary, story, again, may_return=False, after=before)


def _applicant(diary: Diary, citizen: Citizen) -> Applicant:
    person = citizen.person
    match diary.drawn(_APPLICANTS):
        case "collective":
            others = [diary.citizens.draw().person for _ in range(diary.chance.randint(1, 4))]
            further = diary.chance.randint(0, 40)
            return Collective(signatories=(person, *others), further_signatures=further)
        case "legal-entity":
            return LegalEntity(
                name=diary.one_of(MATTERS.companies),
                legal_address=f"{citizen.place.city}, {diary.one_of(MATTERS.streets)} küçəsi 12",
                representative=person,
            )
        case "represented":
            return Represented(
                person=person,
                representative=diary.citizens.draw().person,
                authority=f"Notariat etibarnaməsi № {diary.chance.randint(100, 999)}",
            )
        case "anonymous":
            return Anonymous()
        case _:
            return Individual(person=person)
