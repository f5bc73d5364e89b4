"""The page of the lab in a real browser: on small screens, on paper, and what can be had as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from browser import (
    find_chromium,
    overflowing,
    printed_controls,
    running_browser,
    smallest_text,
    torn,
    violations,
)
from facespectra.lab import LabResult


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser(find_chromium()) as browser:
        yield browser


@pytest.mark.parametrize("name", ["report.html", "task3/report.html"])
def test_it_is_whole_on_every_screen_and_on_paper(browser: Any, done: LabResult, name: str) -> None:
    page = browser.new_page()
    page.goto((done.settings.out / name).as_uri())
    for width in (390, 820, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflowing(page) == []
        size, text = smallest_text(page)
        assert size >= 11, text
    assert violations(page) == []
    # A sheet of A4 between margins of 15 mm.
    page.set_viewport_size({"width": 680, "height": 1000})
    assert printed_controls(page) == []
    assert torn(page) == []
    assert overflowing(page) == []
    page.close()


def test_every_chart_is_there_as_files(browser: Any, done: LabResult) -> None:
    page = browser.new_page()
    page.goto((done.settings.out / "report.html").as_uri())
    charts = page.locator("figure:has(> svg)").count()
    links = page.locator("figure .files a[download]")
    targets = links.evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert len(set(targets)) == len(targets) == 2 * charts > 6
    assert "figures/story-1.svg" in targets
    for target in targets:
        assert (done.settings.out / target).stat().st_size > 1000
    page.close()
