"""The page that is sent round, in a real browser: a phone's screen, paper, and nothing from the network."""

from pathlib import Path

import pytest

from tests.deliberation.browser import Browser, found
from tests.deliberation.desk import Desk


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_in_a_browser(desk: Desk, tmp_path: Path, width: int) -> None:
    program = found()
    if not program:
        pytest.skip("no browser here: put a Chromium on the PATH, or name one in TRACTGUARD_BROWSER")
    id = desk.opened("Subscribe every user to the newsletter of https://example.org/" + "very-long-word" * 12)
    page = tmp_path / "page.html"
    assert desk.tg("deliberate", "export", id, "--html", str(page)).returncode == 0
    with Browser(program, tmp_path) as browser:
        browser.open(page, width, 844)
        assert browser.value("document.documentElement.scrollWidth") == width
        assert browser.value("parseFloat(getComputedStyle(document.querySelector('p')).fontSize) >= 16")
        assert browser.value("document.title").startswith("Subscribe every user")
        assert browser.printed().startswith(b"%PDF-")
        assert browser.requested() == [page.as_uri()]
