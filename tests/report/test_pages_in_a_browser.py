"""Pages in a real browser: sorting, threshold, values, links and enlarging; and all of it without a script.

Needs Playwright, Debian's Chromium, and axe-core, which looks for what keeps people from a page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from browser import (
    find_chromium,
    overflowing,
    printed_controls,
    running_browser,
    smallest_text,
    torn,
    violations,
)
from clips import write_clip
from facespectra.rendered.database import render_database, render_face
from facespectra.report import evaluation
from facespectra.report.explanation import explain
from facespectra.report.video_explanation import explain_video

for _package in ("sklearn", "skops", "lz4", "pandas", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
PAGES = ["report.html", "face.html", "video.html"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation, and a photograph and a video explained, of rendered faces."""
    folder = tmp_path_factory.mktemp("pages")
    render_database(folder / "set", "Task_1", n_people=8, pictures=1, seed=0)
    detector = fs.load()
    evaluation.run(detector, folder / "set", folder, robustness=4)
    face = folder / "face.png"
    render_face(np.random.default_rng(3), 176).save(face)
    explain(face, detector).save(folder / "face.html")
    clip = write_clip(folder / "clip.mp4", 6, picture_file=face)
    explain_video(clip, detector, frames=3).save(folder / "video.html")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser(find_chromium()) as browser:
        yield browser


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Open]:
    """Open a page; an error of its script is an error of the test."""
    contexts, errors = [], []

    def open_page(name: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | settings))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((folder / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def column(page: Any, heading: str) -> list[str]:
    """The first column of the table under a heading."""
    return (
        page.locator(f"h2:has-text('{heading}') ~ .scroll table").first.locator("tbody th").all_inner_texts()
    )


def test_a_click_on_a_heading_sorts_and_another_turns_round(opened: Open) -> None:
    page = opened("report.html")
    before = column(page, "All figures")
    table = page.locator("h2:has-text('All figures') ~ .scroll table").first
    table.get_by_role("columnheader", name="Figure").get_by_role("button").click()
    assert column(page, "All figures") == sorted(before, key=str.casefold) != before
    assert table.locator("th[aria-sort='ascending']").count() == 1
    table.get_by_role("columnheader", name="Figure").get_by_role("button").click()
    assert column(page, "All figures") == sorted(before, key=str.casefold, reverse=True)


def test_the_threshold_moves_the_counts(opened: Open, folder: Path) -> None:
    page = opened("report.html")
    counts = json.loads((folder / "metrics.json").read_text())
    n_real, n_fake, confusion = counts["n_real"], counts["n_fake"], counts["confusion"]
    found, alarms = (page.locator(f"output[data-of='{name}']") for name in ("found", "alarms"))
    # It starts where the model's own threshold is.
    assert found.inner_text().startswith(f"{confusion['tp']} of {n_fake} ")
    assert alarms.inner_text().startswith(f"{confusion['fp']} of {n_real} ")
    slider = page.locator("#threshold-slider")
    slider.focus()
    page.keyboard.press("End")
    assert found.inner_text() == f"{n_fake} of {n_fake} (100.0 %)"
    assert alarms.inner_text() == f"{n_real} of {n_real} (100.0 %)"
    page.keyboard.press("Home")
    assert found.inner_text().startswith(f"0 of {n_fake} ")


def test_charts_show_values_and_can_be_enlarged(opened: Open) -> None:
    page = opened("report.html")
    chart = page.locator("#fig-roc svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    x, y, text = json.loads(chart.get_attribute("data-points"))[-2]
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert page.locator("#fig-roc .tip").inner_text() == text
    assert "fakes found" in page.locator("#fig-roc .tip").inner_text()
    page.locator("#fig-roc").get_by_role("button", name="Enlarge").click()
    dialog = page.get_by_role("dialog")
    assert dialog.locator("svg").bounding_box()["width"] > box["width"]
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_each_face_leads_to_its_explanation(opened: Open, script: bool) -> None:
    page = opened("report.html", java_script_enabled=script)
    tile = page.locator(".tile a").first
    target = tile.get_attribute("href")
    assert not page.locator(target).is_visible()
    tile.click()
    assert page.locator(target).is_visible()
    assert page.locator(target).locator(".said p").count() >= 3


def test_everything_is_there_without_a_script(opened: Open) -> None:
    page = opened("report.html", java_script_enabled=False)
    assert not page.locator("section.threshold").is_visible()
    assert page.locator("h3:has-text('Other thresholds') ~ .scroll tbody tr").first.is_visible()
    assert page.get_by_role("button").count() == 0
    assert page.locator("figure svg").count() > 6
    face = opened("face.html", java_script_enabled=False)
    tint = face.locator("svg.tint")
    assert tint.evaluate("one => getComputedStyle(one).visibility") == "visible"
    face.locator(".tinted").uncheck()
    assert tint.evaluate("one => getComputedStyle(one).visibility") == "hidden"
    details = face.locator("details").first
    assert not details.locator("table").is_visible()
    details.locator("summary").click()
    assert details.locator("table").is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_tables_are_cards_and_nothing_overflows(opened: Open, name: str) -> None:
    page = opened(name, viewport={"width": 390, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cell = page.locator("table tbody td[data-label]").first
    assert cell.evaluate("one => getComputedStyle(one).display") == "flex"
    assert cell.evaluate("one => getComputedStyle(one, '::before').content") != "none"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 820, 1400])
def test_nothing_is_cut_off_or_too_small_to_read(opened: Open, name: str, width: int) -> None:
    page = opened(name, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert overflowing(page) == []
    size, text = smallest_text(page)
    assert size >= 11, text


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_nothing_is_cut_in_two_and_nothing_is_there_to_press(opened: Open, name: str) -> None:
    page = opened(name, color_scheme="dark")
    assert page.locator("button").count() > 0
    assert printed_controls(page) == []
    assert torn(page) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # What is folded on a screen is there.
    if name != "report.html":
        assert page.locator("details table").first.bounding_box()["height"] > 0


@pytest.mark.parametrize("name", ["face.html", "video.html"])
def test_charts_of_explanations_are_files_in_the_page(opened: Open, name: str) -> None:
    page = opened(name, java_script_enabled=False)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    charts = page.locator("figure:has(> svg)")
    links = page.locator("figure:has(> svg) .files a[download]")
    assert links.count() == 2 * charts.count() > 0
    names = []
    for place in range(links.count()):
        with page.expect_download() as started:
            links.nth(place).click()
        names.append(started.value.suggested_filename)
        content = Path(started.value.path()).read_bytes()
        if names[-1].endswith(".svg"):
            assert b"<text" in content
        else:
            assert content.startswith(b"%PDF")
            # 3.5 inches of 72 points.
            assert b"/MediaBox [ 0 0 252 " in content
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_the_page(opened: Open, name: str, scheme: str) -> None:
    page = opened(name, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert violations(page) == []
