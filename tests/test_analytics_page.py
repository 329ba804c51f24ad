from pathlib import Path

from api.analytics_page import analytics_page

PAGE = Path(__file__).parent.parent / "docs" / "analytics.md"


def test_the_page_of_the_analysts_views_is_up_to_date() -> None:
    made = "run: python -m api.analytics_page > docs/analytics.md"
    assert PAGE.read_text() == analytics_page(), made
