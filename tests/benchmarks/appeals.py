"""Appeals to register: the same bodies for us and the peers, drawn from a seed."""

import random
from datetime import UTC, datetime

from msgspec import json

from domain.appeal import AppealKind, Channel, RegisterAppeal
from domain.applicant import Individual
from domain.case import Person

NAMES = ("Əli", "Leyla", "Rəşad", "Günay", "Elçin", "Nərmin", "Tural", "Səbinə", "Orxan", "Aysel")
SURNAMES = ("Məmmədov", "Əliyeva", "Hüseynov", "Quliyeva", "Həsənov", "İsmayılova", "Nəbiyev")
STREETS = ("Nizami", "Üzeyir Hacıbəyli", "Füzuli", "Şəhriyar", "Xaqani", "Neftçilər")
REGIONS = tuple(f"region-{number:02}" for number in range(1, 31))
TOPICS = (
    "pension",
    "land",
    "roads",
    "water-supply",
    "electricity",
    "housing",
    "education",
    "health",
    "employment",
    "social-aid",
    "taxes",
    "environment",
)
CATEGORIES = ("pensioner", "veteran", "student", "unemployed", "large-family")
SUBJECTS = (
    "Pensiyanın təyin olunması barədə",
    "Torpaq sahəsinin sənədləşdirilməsi barədə",
    "Küçə yolunun təmiri barədə",
    "İçməli suyun verilməsindəki fasilələr barədə",
    "Yaşayış binasının damının təmiri barədə",
)
MATTER = (
    "Hörmətli rəis, xahiş edirəm müraciətimə baxasınız. Uzun müddətdir bu məsələ həll olunmur, "
    "yerli qurumlara dəfələrlə yazsam da, cavab almamışam. Tədbir görülməsini xahiş edirəm. "
)


def appeal(chance: random.Random, received_at: datetime) -> RegisterAppeal:
    return RegisterAppeal(
        kind=chance.choice(tuple(AppealKind)),
        channel=chance.choice(tuple(Channel)),
        applicant=Individual(
            person=Person(
                surname=chance.choice(SURNAMES),
                name=chance.choice(NAMES),
                phone=f"+994 50 {chance.randrange(10**7):07}",
                address=f"Bakı, {chance.choice(STREETS)} küç. {chance.randrange(1, 200)}",
            )
        ),
        topic=chance.choice(TOPICS),
        region=chance.choice(REGIONS),
        social_category=chance.choice(CATEGORIES),
        subject=chance.choice(SUBJECTS),
        text=MATTER * chance.randrange(1, 4),
        sheets=chance.randrange(1, 6),
        received_at=received_at,
    )


def bodies(count: int = 512) -> list[bytes]:
    """Request bodies, all different; about 900 bytes each."""
    chance = random.Random(2026)
    now = datetime.now(UTC)
    return [json.encode(appeal(chance, now)) for _ in range(count)]
