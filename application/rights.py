"""Which roles may give which command: one table. Whether they may see the case is another rule."""

from application.caller import Role
from domain import (
    answer_term,
    appeal,
    assignment,
    calendar_decision,
    cause,
    control,
    destruction,
    finding,
    identity,
    information,
    keeping,
    media_inquiry,
    notice,
    recalculation,
    reception,
    record,
    repeat,
    reply,
    unit_report,
)
from domain.case import CaseKind, Command

Roles = frozenset[Role]


def _roles(*roles: Role) -> Roles:
    return frozenset(roles)


_REGISTRAR = _roles(Role.REGISTRAR)
_AUDIT = _roles(Role.AUDITOR)
_UNIT = _roles(Role.EXECUTOR, Role.UNIT_HEAD)
_HEADS = _roles(Role.UNIT_HEAD, Role.SIGNATORY)
_PRESS = _roles(Role.PRESS_OFFICER)
_DESK = _roles(Role.RECEPTION_CLERK)
_OFFICIALS = _HEADS | _roles(Role.CONTROLLER)
_EVERYONE_AT_WORK = _REGISTRAR | _UNIT | _HEADS | _PRESS | _DESK | _roles(Role.CONTROLLER)

_RECORD: dict[type[Command], Roles] = {
    record.AttachDocument: _EVERYONE_AT_WORK,
    record.AddNote: _EVERYONE_AT_WORK,
    record.CorrectEntry: _REGISTRAR | _DESK | _PRESS | _HEADS,
}
_NOTICES: dict[type[Command], Roles] = {notice.GiveDeadlineNotice: _roles()}
_CONTROL: dict[type[Command], Roles] = {
    control.PutUnderControl: _OFFICIALS,
    control.TakeOffControl: _OFFICIALS,
}
_KEEPING: dict[type[Command], Roles] = {
    keeping.HoldFromDestruction: _OFFICIALS | _roles(Role.LEADER),
    keeping.ReleaseHold: _OFFICIALS | _roles(Role.LEADER),
    keeping.DestroyContent: _roles(),
}
_WHO_IS_WHO = _roles(Role.REGISTRAR, Role.UNIT_HEAD, Role.CONTROLLER)
_REPEATS: dict[type[Command], Roles] = {
    repeat.ConfirmRepeat: _WHO_IS_WHO,
    repeat.RejectRepeat: _WHO_IS_WHO,
    repeat.WithdrawRepeatDecision: _WHO_IS_WHO,
}
_WHO_FINDS_CAUSES = _OFFICIALS | _REGISTRAR | _AUDIT
_APPROVERS = _HEADS | _roles(Role.LEADER)


def _reply(writers: Roles) -> dict[type[Command], Roles]:
    checkers = writers | _HEADS
    return {
        reply.DraftReply: writers,
        reply.ReviseReply: writers,
        reply.ReturnReply: checkers,
        reply.InitialReply: checkers,
        reply.SignReply: _roles(Role.SIGNATORY),
    }


def _information(writers: Roles) -> dict[type[Command], Roles]:
    return {
        information.AskForInformation: writers,
        information.RecordInformation: writers | _REGISTRAR,
    }


RIGHTS: dict[CaseKind, dict[type[Command], Roles]] = {
    CaseKind.APPEAL: {
        appeal.RegisterAppeal: _REGISTRAR,
        appeal.ReclassifyAppeal: _REGISTRAR | _HEADS,
        appeal.ForwardAppeal: _REGISTRAR | _HEADS,
        appeal.SendCopies: _REGISTRAR | _HEADS,
        appeal.AssignAppeal: _REGISTRAR | _HEADS | _DESK,
        appeal.AcceptAppeal: _UNIT,
        appeal.ReturnAppeal: _UNIT,
        answer_term.ExtendTerm: _HEADS,
        answer_term.SuspendTerm: _HEADS,
        answer_term.ResumeTerm: _HEADS | _REGISTRAR,
        recalculation.RecomputeDueDates: _roles(),
        appeal.LeaveUnconsidered: _HEADS,
        appeal.TakeUpAgain: _HEADS,
        appeal.DispatchReply: _REGISTRAR,
        appeal.WithdrawAppeal: _REGISTRAR,
        appeal.MergeAppeal: _REGISTRAR | _HEADS,
        appeal.NoteMergedAppeal: _roles(),
        appeal.CloseAppeal: _REGISTRAR | _HEADS,
        appeal.RecordLegacyOutcome: _REGISTRAR,
        appeal.ReopenAppeal: _REGISTRAR | _HEADS,
        **_REPEATS,
        **_reply(_UNIT),
        **_information(_UNIT),
        **_CONTROL,
        **_RECORD,
        **_NOTICES,
        **_KEEPING,
    },
    CaseKind.RECEPTION: {
        reception.PlanReception: _DESK | _HEADS,
        reception.PostponeReception: _DESK | _HEADS,
        reception.CancelReception: _DESK | _HEADS,
        reception.NameDeputy: _DESK | _HEADS,
        reception.OpenReception: _DESK,
        reception.CloseReception: _DESK,
        reception.RegisterVisit: _DESK,
        reception.RecordArrival: _DESK,
        reception.EstablishCompetence: _DESK,
        reception.DeclineVisit: _DESK,
        reception.CallVisitor: _DESK | _HEADS,
        reception.RecordNoShow: _DESK,
        reception.StartHearing: _DESK | _HEADS,
        reception.GiveAssignmentAtHearing: _DESK | _HEADS,
        reception.TakeInWrittenAppeal: _DESK,
        reception.RecordHandOver: _DESK | _REGISTRAR,
        reception.AnswerOrally: _DESK | _HEADS,
        reception.ReferVisitor: _DESK | _HEADS,
        reception.CompleteVisit: _DESK | _HEADS,
        reception.RateVisit: _DESK,
        recalculation.RecomputeDueDates: _roles(),
        **_RECORD,
        **_NOTICES,
        **_KEEPING,
    },
    CaseKind.MEDIA_INQUIRY: {
        media_inquiry.ReceiveMediaInquiry: _PRESS,
        recalculation.RecomputeDueDates: _roles(),
        media_inquiry.AcknowledgeMediaInquiry: _PRESS,
        media_inquiry.RouteToSection: _PRESS,
        media_inquiry.NameSpokesperson: _PRESS | _HEADS,
        media_inquiry.AnswerMediaInquiry: _PRESS,
        media_inquiry.GiveInterview: _PRESS | _HEADS,
        media_inquiry.DeclineMediaInquiry: _PRESS | _HEADS,
        media_inquiry.HandOverMediaInquiry: _PRESS,
        media_inquiry.LinkCoverage: _PRESS,
        media_inquiry.CloseMediaInquiry: _PRESS,
        media_inquiry.ReopenMediaInquiry: _PRESS | _HEADS,
        **_reply(_PRESS),
        **_information(_PRESS),
        **_CONTROL,
        **_RECORD,
        **_NOTICES,
        **_KEEPING,
    },
    CaseKind.ASSIGNMENT: {
        assignment.GiveAssignment: _OFFICIALS,
        assignment.AcceptAssignment: _UNIT,
        assignment.RejectAssignment: _UNIT,
        assignment.ReassignAssignment: _OFFICIALS,
        assignment.DelegateAssignment: _UNIT,
        assignment.ReportProgress: _UNIT,
        assignment.ContributeToAssignment: _UNIT,
        assignment.AskForExtension: _UNIT,
        assignment.GrantExtension: _OFFICIALS,
        assignment.RefuseExtension: _OFFICIALS,
        assignment.SubmitResult: _UNIT,
        assignment.AcceptResult: _OFFICIALS,
        assignment.ReturnResult: _OFFICIALS,
        assignment.CancelAssignment: _OFFICIALS,
        **_CONTROL,
        **_RECORD,
        **_NOTICES,
        **_KEEPING,
    },
    CaseKind.DESTRUCTION: {
        destruction.ProposeDestruction: _roles(Role.CONTROLLER),
        destruction.ApproveDestruction: _APPROVERS,
        destruction.RefuseDestruction: _APPROVERS,
        destruction.WithdrawDestruction: _roles(Role.CONTROLLER),
        destruction.CarryOutDestruction: _roles(),
        destruction.CompleteDestruction: _roles(),
    },
    CaseKind.CALENDAR_DECISION: {
        calendar_decision.AnnounceCalendarDecision: _roles(Role.CONTROLLER),
        calendar_decision.WithdrawCalendarDecision: _roles(Role.CONTROLLER),
    },
    CaseKind.FINDING: {
        finding.OpenFinding: _AUDIT,
        finding.NameAnswerer: _AUDIT,
        finding.AnswerFinding: _UNIT | _HEADS,
        finding.AcceptAnswer: _AUDIT,
        finding.RejectAnswer: _AUDIT,
        finding.ProposeRemedy: _AUDIT,
        finding.ReportRemedy: _UNIT | _HEADS,
        finding.WithdrawFinding: _AUDIT,
        finding.CloseFinding: _AUDIT,
        record.CorrectEntry: _AUDIT,
        **_NOTICES,
    },
    CaseKind.CAUSE: {
        cause.NameCause: _WHO_FINDS_CAUSES,
        cause.AddCauseEvidence: _WHO_FINDS_CAUSES,
        cause.WithdrawCauseEvidence: _WHO_FINDS_CAUSES,
        cause.ProposeRemoval: _WHO_FINDS_CAUSES,
        cause.AdoptRemoval: _HEADS | _roles(Role.LEADER),
        cause.RefuseRemoval: _HEADS | _roles(Role.LEADER),
        cause.ReportRemoval: _UNIT | _HEADS,
        cause.CloseCause: _WHO_FINDS_CAUSES,
        cause.WithdrawCause: _WHO_FINDS_CAUSES,
        **_NOTICES,
    },
    CaseKind.UNIT_REPORT: {
        unit_report.SubmitUnitReport: _HEADS,
        unit_report.CorrectUnitReport: _HEADS,
        unit_report.VerifyUnitReport: _roles(),
        unit_report.VerifyAgain: _AUDIT | _roles(Role.CONTROLLER),
        unit_report.AcceptUnitReport: _AUDIT | _roles(Role.CONTROLLER),
        unit_report.DisputeUnitReport: _AUDIT,
    },
    CaseKind.IDENTITY: {
        identity.DecideIdentity: _WHO_IS_WHO,
        identity.WithdrawIdentityDecision: _WHO_IS_WHO,
        record.CorrectEntry: _WHO_IS_WHO,
    },
}
"""Kind of case -> command -> roles. No role means that only the system itself gives the command."""
