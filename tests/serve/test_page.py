"""The page in a browser: what comes in and what is shown, by mouse, keyboard and screen reader."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from browser import (
    PATIENCE,
    TOKEN,
    drop,
    find_chromium,
    paste,
    printed_controls,
    running_browser,
    running_server,
    torn,
    violations,
)
from page_files import write_files
from sentences import all_sentences

pytestmark = pytest.mark.slow
pytest.importorskip("starlette", reason="needs the serve extra")

Open: TypeAlias = Callable[..., Any]

LARGEST = 2  # MiB that the server takes
DONE = "#result .buttons"
HEADLINE = "#result .headline strong"


@pytest.fixture(scope="module")
def chromium() -> str:
    return find_chromium()


@pytest.fixture(scope="module")
def server(chromium: str) -> Iterator[str]:
    with running_server("--max-mib", str(LARGEST)) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with running_browser(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder, LARGEST << 20)
    return folder


@pytest.fixture
def opened(browser: Any, server: str) -> Iterator[Open]:
    """Open the page as another user. Whatever they do: its console is empty, and it asks nobody else."""
    contexts, messages, asked = [], [], []

    def open_page(width: int = 1280, height: int = 900, **settings: Any) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, **({"locale": "en"} | settings)
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: asked.append(request.url))
        context.on("console", lambda message: messages.append(message.text))
        context.on("weberror", lambda error: messages.append(str(error.error)))
        page = context.new_page()
        page.goto(f"{server}/?token={TOKEN}")
        page.wait_for_selector("#scope table")
        page.wait_for_selector(".sample img")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in asked if not url.startswith((f"{server}/", f"blob:{server}/"))] == []


def choose(page: Any, *paths: Path) -> None:
    page.set_input_files("#files", [str(path) for path in paths])


def test_a_photograph_is_dropped_and_judged(opened: Open, files: Path) -> None:
    page = opened()
    assert "modern well-blended swaps" in page.inner_text("#scope")
    drop(page, files / "one.png")
    page.wait_for_selector(DONE)
    assert page.inner_text(HEADLINE) in ("No swap found", "Signs of a face swap", "Unclear", "Can’t tell")
    words = page.inner_text("#result").lower()
    assert "real" not in words.split()
    assert page.locator("#result .sentences li").count() == 3
    assert page.locator("#result .box").count() == 1
    assert page.locator("#result .region").count() > 0
    assert page.locator(".chart path.own").count() == 1
    assert page.locator(".chart path.usual").count() == 1
    assert "outside the usual range on" in page.inner_text("#result")
    assert "one.png: " in page.inner_text("#status")
    # What was looked for and how often that is right is still in sight.
    assert "wholly generated faces" in page.inner_text("#scope")
    assert page.locator("#scope tbody tr").count() >= 5


def test_the_tint_follows_its_slider_and_the_picture_zooms(opened: Open, files: Path) -> None:
    page = opened()
    choose(page, files / "one.png")
    page.wait_for_selector(DONE)
    strength = "svg => svg.style.opacity"
    assert page.eval_on_selector("svg.tint", strength) == "0.6"
    page.focus("input[type=range]")
    page.keyboard.press("Home")
    assert page.eval_on_selector("svg.tint", strength) == "0"
    page.get_by_label("By place").check()
    assert page.locator("canvas.tint").count() == 1

    width = page.locator(".stage img").bounding_box()["width"]
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator(".stage img").bounding_box()["width"] > 1.3 * width
    page.focus(".port")
    page.keyboard.press("0")
    assert page.locator(".stage img").bounding_box()["width"] == pytest.approx(width, abs=1)
    page.get_by_role("button", name="Go to the face").click()
    assert page.locator(".stage img").bounding_box()["width"] > width


def test_each_of_two_faces_has_its_verdict(opened: Open, files: Path) -> None:
    page = opened()
    choose(page, files / "two.jpg")
    page.wait_for_selector(DONE)
    boxes = page.locator("#result .box")
    assert boxes.count() == 2
    labels = [boxes.nth(k).get_attribute("aria-label") for k in range(2)]
    assert [label.partition(":")[0] for label in labels] == ["Face 1 of 2", "Face 2 of 2"]
    assert "2 faces; the most suspicious one decides" in page.inner_text("#result")
    other = page.locator('#result .box[aria-pressed="false"]')
    before = page.inner_text("#result .sentences"), other.get_attribute("aria-label")
    other.focus()
    page.keyboard.press("Enter")
    assert page.locator('#result .box[aria-pressed="true"]').get_attribute("aria-label") == before[1]
    assert page.inner_text("#result .sentences") != before[0]


def test_several_are_judged_and_one_that_is_broken_stops_nothing(opened: Open, files: Path) -> None:
    page = opened()
    names = ["broken.jpg", "one.png", "grey.png", "two.jpg"]
    drop(page, *(files / name for name in names))
    chips = page.locator("#items .state .chip")
    chips.nth(3).wait_for()
    assert page.locator("#items .name").all_inner_texts() == names
    texts = chips.all_inner_texts()
    assert texts[0] == "could not be checked"
    assert texts[2] == "no face"
    # It says what to do, too.
    assert page.inner_text(HEADLINE) == "Could not be checked"
    assert page.locator("#result .verdict > p").count() == 2
    page.locator("#items .item").nth(2).click()
    assert page.inner_text(HEADLINE) == "No face found"
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.get_by_role("button", name="Remove broken.jpg").click()
    assert page.locator("#items .name").all_inner_texts() == names[1:]
    page.get_by_role("button", name="Remove all").click()
    assert page.locator("#items li").count() == 0
    assert page.evaluate("document.activeElement.id") == "choose"


def test_what_is_too_large_is_refused_before_it_is_sent(opened: Open, files: Path) -> None:
    page = opened()
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    drop(page, files / "large.png")
    page.wait_for_selector("#result .verdict.error")
    assert "large.png has 2.1 MB, more than the 2.1 MB" in page.inner_text("#result")
    assert "POST" not in sent


def test_pictures_are_pasted_and_links_are_not_followed(opened: Open, files: Path, tmp_path: Path) -> None:
    page = opened()
    clipboard = tmp_path / "image.png"
    clipboard.write_bytes((files / "one.png").read_bytes())
    paste(page, clipboard)
    page.wait_for_selector(DONE)
    assert page.inner_text("#items .name") == "pasted-1.png"
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "https://example.org/a.jpg");
          document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }"""
    )
    assert "nothing is fetched" in page.inner_text("#complaint")
    assert page.locator("#items li").count() == 1


def test_a_video_plays_and_its_scores_lead_to_its_frames(opened: Open, files: Path) -> None:
    page = opened()
    drop(page, files / "clip.webm")
    page.wait_for_selector(DONE)
    assert "Taken together: mean of" in page.inner_text("#result")
    assert page.locator(".timeline circle.point").count() > 10
    assert page.locator(".timeline .threshold").count() == 1
    time = "video => video.currentTime"
    assert page.eval_on_selector("video", time) == 0
    box = page.locator(".timeline").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 40)
    assert page.eval_on_selector("video", time) > 0.7
    # The same by keyboard.
    page.focus(".timeline")
    page.keyboard.press("Home")
    assert page.eval_on_selector("video", time) == 0
    assert page.get_attribute(".timeline", "aria-valuetext").startswith("0:00.0: ")
    worst = page.locator(".worst button")
    assert worst.count() == 3
    worst.nth(2).click()
    assert worst.nth(2).get_attribute("aria-pressed") == "true"
    assert page.locator("#result .looks .sentences li").count() == 3
    page.get_by_text("All frames as a table").click()
    assert page.locator("details[open] tbody tr").count() > 10


def test_a_swapped_stretch_of_a_video_is_told_whatever_the_mean_says(opened: Open, files: Path) -> None:
    page = opened()
    choose(page, files / "stretch.webm")
    page.wait_for_selector(DONE)
    assert page.inner_text(HEADLINE) != "Signs of a face swap"
    assert "frames that were looked at show" in page.inner_text("#result .verdict .note")
    assert "signs of a swap" in page.locator(".worst button").first.inner_text()


def test_a_video_that_browsers_cannot_play_shows_its_frames(opened: Open, files: Path) -> None:
    page = opened()
    choose(page, files / "old.avi")
    page.wait_for_selector(DONE)
    page.get_by_text("can’t play this video").wait_for()
    page.focus(".timeline")
    page.keyboard.press("End")
    page.wait_for_selector(".still img")
    assert page.eval_on_selector(".still img", "image => image.decode().then(() => image.naturalWidth)") > 0


def test_one_that_runs_is_cancelled_and_deleted(opened: Open, files: Path, server: str) -> None:
    page = opened()
    held = []
    # Its events never come: it runs for ever.
    page.route("**/events?*", lambda route: held.append(route))
    with page.expect_request("**/events?*") as followed:
        choose(page, files / "clip.webm")
    key = followed.value.url.split("/")[-2]
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.locator("#result").get_by_role("button", name="Cancel").click()
    assert page.inner_text(HEADLINE) == "cancelled"
    assert page.inner_text("#status") == "clip.webm: cancelled."
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert len(held) == 1
    assert ask(server, f"/api/items/{key}/media") == 404


def test_samples_are_judged(opened: Open) -> None:
    page = opened()
    page.locator(".sample").nth(1).click()
    page.wait_for_selector(DONE)
    assert page.inner_text(HEADLINE) == "Signs of a face swap"


def test_all_of_it_works_by_keyboard_alone(opened: Open, files: Path) -> None:
    page = opened()

    # Chromium is to hand choosers over from now on, and not only once Enter has been pressed.
    page.on("filechooser", lambda _: None)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"no way to {selector} by Tab")

    tab_to("#choose")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([str(files / "two.jpg")])
    page.wait_for_selector(DONE)
    tab_to("#items .item")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    tab_to('.box[aria-pressed="false"]')
    page.keyboard.press("Space")
    for wanted in (".port", ".tool", ".pick", "input[type=range]", "summary", "a.button[download]"):
        page.evaluate("document.activeElement.blur()")
        tab_to(wanted)
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert saved.value.suggested_filename.startswith("two")


@pytest.mark.parametrize("width", [390, 820, 1400])
@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_is_wider_than_the_screen(opened: Open, files: Path, width: int, language: str) -> None:
    page = opened(width, locale=language)
    overhang = "document.scrollingElement.scrollWidth - innerWidth"
    assert page.evaluate(overhang) <= 0
    choose(page, files / "two.jpg", files / "clip.webm", files / "broken.jpg")
    for place in range(3):
        page.locator("#items .state .chip").nth(place).wait_for()
        page.locator("#items .item").nth(place).click()
        page.wait_for_selector(f"{DONE}, #result .verdict.error")
        assert page.evaluate(overhang) <= 0


def test_a_result_is_printed_without_what_can_be_pressed(opened: Open, files: Path) -> None:
    page = opened(1400, color_scheme="dark")
    choose(page, files / "two.jpg", files / "clip.webm")
    for place in range(2):
        page.locator("#items .state .chip").nth(place).wait_for()
        page.locator("#items .item").nth(place).click()
        page.wait_for_selector(DONE)
        page.get_by_role("button", name="Zoom in").click()
        assert printed_controls(page) == []
        assert torn(page) == []
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        # The whole picture, though it was zoomed.
        picture, port = (page.locator(of).bounding_box() for of in (".stage img", ".port"))
        assert picture["width"] == pytest.approx(port["width"], abs=1)
        assert page.locator("#scope").is_visible()
        page.emulate_media(media="screen")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(opened: Open, files: Path, scheme: str) -> None:
    page = opened(color_scheme=scheme, reduced_motion="reduce")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(251, 251, 250)", "dark": "rgb(20, 23, 26)"}[scheme]
    assert violations(page) == []
    choose(page, files / "two.jpg", files / "clip.webm", files / "broken.jpg", files / "grey.png")
    for place in range(4):
        page.locator("#items .state .chip").nth(place).wait_for()
        page.locator("#items .item").nth(place).click()
        page.wait_for_selector(f"{DONE}, #result .verdict.error")
        page.eval_on_selector_all("#result details", "all => all.forEach((one) => (one.open = true))")
        assert violations(page) == []


def test_german_is_complete_and_kept(opened: Open, files: Path) -> None:
    page = opened()
    page.get_by_role("button", name="Deutsch").click()
    assert page.inner_text("#drop-title") == "Foto oder Video hier ablegen"
    choose(page, files / "one.png")
    page.wait_for_selector(DONE)
    assert page.locator("html").get_attribute("lang") == "de"
    # What the program says in English is told in German, too.
    assert (
        page.locator("#scope [lang=en], #result .verdict [lang=en], #result .sentences [lang=en]").count()
        == 0
    )
    page.reload()
    assert page.inner_text("#drop-title") == "Foto oder Video hier ablegen"
    check_sentences(page)
    tables = page.evaluate(
        "import('/static/strings.js').then(({en, de}) => [Object.keys(en), Object.keys(de)])"
    )
    assert tables[0] == tables[1]


def check_sentences(page: Any) -> None:
    """What the program can say of swaps has a German sentence, whatever it is."""
    unknown = page.evaluate(
        """texts => import("/static/phrases.js")
          .then(({known}) => texts.filter((text) => known("de", text) === null))""",
        sorted(all_sentences()),
    )
    assert unknown == []


def test_two_users_see_nothing_of_each_other(opened: Open, files: Path) -> None:
    first, second = opened(), opened()
    choose(first, files / "one.png", files / "clip.webm")
    choose(second, files / "two.jpg")
    second.wait_for_selector(DONE)
    first.locator("#items .state .chip").nth(1).wait_for()
    first.wait_for_selector(DONE)
    assert first.locator("#items .name").all_inner_texts() == ["one.png", "clip.webm"]
    assert second.locator("#items .name").all_inner_texts() == ["two.jpg"]


def test_what_was_sent_is_gone_with_the_page(opened: Open, files: Path, server: str) -> None:
    page = opened()
    with page.expect_request("**/events?*") as followed:
        choose(page, files / "one.png")
    key = followed.value.url.split("/")[-2]
    page.wait_for_selector(DONE)
    assert ask(server, f"/api/items/{key}/report.json") == 200
    page.reload()
    page.wait_for_selector(".sample img")
    assert page.locator("#items li").count() == 0
    # The browser sends its farewell when it likes.
    while ask(server, f"/api/items/{key}/report.json") != 404:
        page.wait_for_timeout(50)


def ask(server: str, path: str, **headers: str) -> int:
    """The status of an answer to another program."""
    connection = http.client.HTTPConnection(server.removeprefix("http://"))
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"} | headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_other_pages_and_other_names_are_refused(server: str) -> None:
    assert ask(server, "/api/info") == 200
    assert ask(server, "/api/info", Origin="http://example.org") == 403
    assert ask(server, "/api/info", Host="example.org") in (400, 403, 421)
    assert ask(server, "/api/info", Authorization="Bearer wrong") == 401
