"""What an appeal is refused with: each says why, and what to do instead."""

from domain.case import NotFitting, Refusal


class RegisteredBeforeReceipt(NotFitting):
    """An appeal can't be registered on a day before it was received."""


class BeforeRegistration(NotFitting):
    """The date lies before the appeal's registration."""


class ExecutorNamedTwice(NotFitting):
    """Each executor is named once."""


class MergedIntoItself(NotFitting):
    """An appeal can't be merged into itself: name the earlier one."""


class MergedIntoLater(NotFitting):
    """An appeal is merged into the one that came first: merge the later one into this."""


class EarlierAppealHasEnded(Refusal):
    """The appeal to merge into is answered or has ended: nobody would answer this one."""


class AppealIsClosed(Refusal):
    """The appeal is closed: reopen it first."""


class AppealHasEnded(Refusal):
    """The appeal was left unconsidered, forwarded, withdrawn or merged: close it."""


class AlreadyAnswered(Refusal):
    """The final reply has been dispatched: close the appeal, and reopen it to change anything."""


class KindUnchanged(Refusal):
    """The appeal is already of this kind, with this term."""


class ComplainedOfMayNotExamine(Refusal):
    """A complaint isn't examined by the unit or official it is about: choose another."""


class AlreadyAssigned(Refusal):
    """The same unit and executors already have the appeal, with the same due date."""


class InternalDueTooLate(Refusal):
    """The internal due date may not lie after the day the applicant has to be answered."""


class NotWaitingForAcceptance(Refusal):
    """The appeal is not waiting for a unit to accept it."""


class NotTheAssignedUnit(Refusal):
    """Only the unit and the executors it was assigned to may accept or return the appeal."""


class NotInWork(Refusal):
    """The appeal is not in work: its unit has to accept it first."""


class ApplicantNotNotified(Refusal):
    """The applicant is told at the same time: enter the day of the notice."""


class ApplicantUnreachable(Refusal):
    """The applicant is anonymous and left no contact detail: nothing can be sent to them."""


class NotLeftUnconsidered(Refusal):
    """The appeal was not left unconsidered: there is nothing to take up again."""


class ReplyNotSigned(Refusal):
    """The reply's present text has to be signed before it is dispatched."""


class NotYetAnswered(Refusal):
    """The final reply has to be dispatched before the appeal is closed with this result."""


class ResultNotFitting(Refusal):
    """The result has to say how the appeal ended."""


class NotFromAnOlderRegister(Refusal):
    """Only an appeal with a number in an older register can have ended there."""


class NotClosed(Refusal):
    """The appeal is not closed: there is nothing to reopen."""


class ControlUntilAnswered(Refusal):
    """An appeal stays under control until it is finally answered or has ended otherwise."""
