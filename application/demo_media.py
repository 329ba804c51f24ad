"""The demo's media inquiries: routed, answered, declined, spoken on air."""

from datetime import timedelta

from application.caller import Role
from application.demo_appeals import SIGNATORY
from application.demo_cast import PRESS, Outlet, Question, caller
from application.demo_story import Diary, Story, TodayReached
from application.orders import derived_id
from domain.information import AskForInformation, RecordInformation
from domain.media_inquiry import (
    AcknowledgeMediaInquiry,
    AnswerMediaInquiry,
    CloseMediaInquiry,
    DeclineMediaInquiry,
    GiveInterview,
    HandOverMediaInquiry,
    LinkCoverage,
    Media,
    NameSpokesperson,
    ReceiveMediaInquiry,
    Resolution,
    RouteToSection,
    Section,
    Tone,
    Way,
    section_for,
)
from domain.reply import DraftReply, InitialReply, SignReply, digest_of

_OFFICER = caller("press-officer", Role.PRESS_OFFICER)
_HEAD = caller("press-head", Role.PRESS_OFFICER, Role.UNIT_HEAD)
_FATES = {"answered": 76, "handed-over": 6, "declined": 6, "withdrawn": 4, "late": 8}
_RESPONSIBLE = {Section.BROADCAST: "press-broadcast-1", Section.PRESS: "press-media-1"}


def tell_inquiry(diary: Diary, story: Story) -> None:
    inquiry = _Inquiry(diary, story, diary.one_of(PRESS.outlets), diary.one_of(PRESS.questions))
    try:
        inquiry.receive()
        inquiry.handle()
    except TodayReached:
        return


class _Inquiry:
    def __init__(self, diary: Diary, story: Story, outlet: Outlet, question: Question) -> None:
        self.diary = diary
        self.story = story
        self.outlet = outlet
        self.question = question
        self.media = Media(outlet.media)
        section = section_for(self.media)
        self.section = section
        self.responsible = caller(_RESPONSIBLE[section], Role.PRESS_OFFICER)

    def receive(self) -> None:
        diary, story = self.diary, self.story
        wished = story.at + timedelta(days=diary.chance.randint(1, 4))
        story.order(
            ReceiveMediaInquiry(
                received_at=story.at - timedelta(minutes=diary.chance.randint(3, 60)),
                outlet=self.outlet.name,
                media=self.media,
                journalist=diary.citizens.journalist(self.outlet.name),
                subject=self.question.subject,
                question=self.question.question,
                topic=self.question.topic,
                outlet_deadline=wished if diary.happens(0.6) else None,
            ),
            _OFFICER,
        )

    def handle(self) -> None:
        diary, story = self.diary, self.story
        story.wait()
        way = diary.one_of((Way.EMAIL, Way.EMAIL, Way.TELEPHONE, Way.MESSENGER))
        story.order(AcknowledgeMediaInquiry(way=way), _OFFICER)
        fate = diary.drawn(_FATES)
        if fate == "handed-over":
            self._hand_over()
            return
        official = self.responsible.actor
        story.order(
            RouteToSection(section=self.section, unit=official.unit, responsible=official.official),
            _OFFICER,
        )
        match fate:
            case "declined":
                story.wait(1)
                reason = "Məlumat məhdud istifadə üçündür."
                declined = DeclineMediaInquiry(reason=reason, journalist_notified_on=story.today)
                story.order(declined, _HEAD)
                self._close(Resolution.DECLINED)
            case "withdrawn":
                story.wait(2)
                self._close(Resolution.WITHDRAWN)
            case "late":
                self._answer(diary.chance.randint(8, 14))
            case _ if self.section is Section.BROADCAST and diary.happens(0.6):
                self._speak()
            case _:
                self._answer(diary.one_of((1, 1, 2, 3, 5)))

    def _hand_over(self) -> None:
        story = self.story
        story.wait()
        story.order(
            HandOverMediaInquiry(
                reason="Sual başqa qurumun fəaliyyətinə aiddir.",
                body="Səhiyyə Nazirliyi",
                handed_over_on=story.today,
                journalist_notified_on=story.today,
            ),
            _OFFICER,
        )
        self._close(Resolution.HANDED_OVER)

    def _speak(self) -> None:
        diary, story = self.diary, self.story
        story.wait()
        spokesperson = diary.one_of((f"{self.question.unit}-head", "deputy-chair"))
        story.order(NameSpokesperson(official=spokesperson), _HEAD)
        story.wait(diary.chance.randint(1, 2))
        story.order(GiveInterview(given_on=story.today), self.responsible)
        self._cover()
        self._close(Resolution.INTERVIEW_GIVEN)

    def _answer(self, working_days: int) -> None:
        diary, story = self.diary, self.story
        if diary.happens(0.5):
            asked = story.order(
                AskForInformation(
                    question=f"Məlumat təqdim edilsin: {self.question.question}",
                    due_on=diary.calendar.add_working_days(story.today, 2),
                    unit=self.question.unit,
                ),
                self.responsible,
            )
            story.wait(1)
            story.order(
                RecordInformation(
                    request_id=derived_id(asked, "information"),
                    answer=self.question.answer,
                    received_on=story.today,
                ),
                self.responsible,
            )
        story.wait(working_days)
        text = self.question.answer
        head, signatory = _HEAD.actor.official, SIGNATORY.actor.official
        story.order(
            DraftReply(text=text, initials_by=(head,), signatory=signatory), self.responsible
        )
        story.wait()
        story.order(InitialReply(digest=digest_of(text)), _HEAD)
        story.wait()
        story.order(SignReply(digest=digest_of(text)), SIGNATORY)
        story.order(AnswerMediaInquiry(way=Way.EMAIL), self.responsible)
        self._cover()
        self._close(Resolution.ANSWERED)

    def _cover(self) -> None:
        diary, story = self.diary, self.story
        story.wait(1)
        if diary.happens(0.7):
            online = self.media is Media.ONLINE
            number = diary.chance.randint(10_000, 99_999)
            story.order(
                LinkCoverage(
                    outlet=self.outlet.name,
                    published_on=story.today,
                    tone=diary.one_of((Tone.POSITIVE, Tone.NEUTRAL, Tone.NEUTRAL, Tone.NEGATIVE)),
                    url=f"https://{self.outlet.name}/{number}" if online else None,
                    reference=None if online else f"№ {number}",
                ),
                _OFFICER,
            )

    def _close(self, resolution: Resolution) -> None:
        self.story.wait(1)
        self.story.order(CloseMediaInquiry(resolution=resolution), _OFFICER)
