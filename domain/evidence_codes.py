"""The reasons that likeness is told by: a closed list, so that nothing else gets into the log.

What was shown to whoever decided stands in an event, in the clear and for ever.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

ModelName = Annotated[
    str, Meta(pattern=r"^(people-\d{1,4}( matters-\d{1,4})?|matters-\d{1,4})$(?!\n)")
]
"""Of the models that weighed the evidence."""

CONTACT = ("fin", "phone", "email", "address", "born")
"""The sorts of evidence that contact details give: the first word of their codes."""


class EvidenceCode(StrEnum):
    """A piece of evidence; a code that an event has is never taken away.

    ``contact-withheld`` stands for all that contact details say.
    """

    GIVEN_SAME = "given-same"
    GIVEN_SOUNDS_SAME = "given-sounds-same"
    GIVEN_INITIAL = "given-initial"
    GIVEN_PART = "given-part"
    GIVEN_NEAR = "given-near"
    GIVEN_ALIKE = "given-alike"
    GIVEN_DIFFERENT = "given-different"
    SURNAME_SAME = "surname-same"
    SURNAME_SOUNDS_SAME = "surname-sounds-same"
    SURNAME_INITIAL = "surname-initial"
    SURNAME_PART = "surname-part"
    SURNAME_NEAR = "surname-near"
    SURNAME_ALIKE = "surname-alike"
    SURNAME_DIFFERENT = "surname-different"
    SURNAME_OTHER_ENDING = "surname-other-ending"
    SURNAME_DIFFERENT_HERS = "surname-different-hers"
    PATRONYMIC_SAME = "patronymic-same"
    PATRONYMIC_SOUNDS_SAME = "patronymic-sounds-same"
    PATRONYMIC_INITIAL = "patronymic-initial"
    PATRONYMIC_PART = "patronymic-part"
    PATRONYMIC_NEAR = "patronymic-near"
    PATRONYMIC_ALIKE = "patronymic-alike"
    PATRONYMIC_DIFFERENT = "patronymic-different"
    ORDER_TURNED = "order-turned"
    ORDER_FATHERS_NAME_FOR_SURNAME = "order-fathers-name-for-surname"
    ORDER_NOT_TOLD = "order-not-told"
    PARENT_GIVEN_IS_PATRONYMIC = "parent-given-is-patronymic"
    SEX_SAME = "sex-same"
    SEX_DIFFERENT = "sex-different"
    BORN_SAME = "born-same"
    BORN_SAME_YEAR = "born-same-year"
    BORN_DAY_AND_MONTH_TURNED = "born-day-and-month-turned"
    BORN_ONE_PART_DIFFERS = "born-one-part-differs"
    BORN_ONE_PART_SAME = "born-one-part-same"
    BORN_NEAR_YEAR = "born-near-year"
    BORN_DIFFERENT = "born-different"
    BORN_GENERATION_APART = "born-generation-apart"
    PHONE_SAME = "phone-same"
    PHONE_NEAR = "phone-near"
    PHONE_DIFFERENT = "phone-different"
    FIN_SAME = "fin-same"
    FIN_NEAR = "fin-near"
    FIN_DIFFERENT = "fin-different"
    EMAIL_SAME = "email-same"
    EMAIL_NEAR = "email-near"
    EMAIL_DIFFERENT = "email-different"
    ADDRESS_SAME = "address-same"
    ADDRESS_SAME_HOUSE = "address-same-house"
    ADDRESS_CLOSE = "address-close"
    ADDRESS_SAME_STREET = "address-same-street"
    ADDRESS_SAME_NUMBERS = "address-same-numbers"
    ADDRESS_PART = "address-part"
    ADDRESS_ONE_NUMBER_SAME = "address-one-number-same"
    ADDRESS_DIFFERENT = "address-different"
    NAMES_RARE = "names-rare"
    NAMES_COMMON = "names-common"
    MATTER_TOPIC = "matter-topic"
    MATTER_OTHER_TOPIC = "matter-other-topic"
    MATTER_REGION = "matter-region"
    MATTER_OTHER_REGION = "matter-other-region"
    MATTER_COMPLAINED_OF = "matter-complained-of"
    MATTER_OTHER_COMPLAINED_OF = "matter-other-complained-of"
    MATTER_PLACE = "matter-place"
    MATTER_OTHER_PLACE = "matter-other-place"
    MATTER_HOUSE = "matter-house"
    MATTER_OTHER_HOUSE = "matter-other-house"
    MATTER_NUMBER = "matter-number"
    MATTER_COUNT = "matter-count"
    MATTER_OTHER_COUNT = "matter-other-count"
    MATTER_DAY = "matter-day"
    MATTER_OTHER_DAY = "matter-other-day"
    MATTER_MONTH = "matter-month"
    MATTER_OTHER_MONTH = "matter-other-month"
    MATTER_NAME = "matter-name"
    MATTER_OTHER_NAME = "matter-other-name"
    MATTER_RARE_WORDS = "matter-rare-words"
    MATTER_WORDS = "matter-words"
    MATTER_CANNOT_TELL = "matter-cannot-tell"
    CONTACT_WITHHELD = "contact-withheld"

    @property
    def of_contact(self) -> bool:
        return self.value.partition("-")[0] in CONTACT
