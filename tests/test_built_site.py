"""Every page of the built site in a real browser.

``.ci/run docs`` builds the site and names its folder in ``FACESPECTRA_SITE``; elsewhere all is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

from browser import find_chromium, running_browser, violations

SITE = os.environ.get("FACESPECTRA_SITE")
pytestmark = pytest.mark.skipif(not SITE, reason="FACESPECTRA_SITE names no built site")
WIDTHS = (390, 820, 1400)


def pages() -> list[str]:
    root = Path(SITE or ".").resolve()
    # What Sphinx makes by itself, and the sources it shows, are not ours to write.
    own = ("search.html", "genindex.html", "py-modindex.html")
    return sorted(
        str(page.relative_to(root))
        for page in root.rglob("*.html")
        if not {"_static", "_modules", "_sources"} & set(page.relative_to(root).parts)
        and page.name not in own
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser(find_chromium()) as browser:
        yield browser


def test_the_site_is_all_there() -> None:
    found = pages()
    assert {"index.html", "start.html", "verdicts.html", "tutorials/photograph.html"} <= set(found)
    assert len(found) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_any_page(browser: Any, scheme: str) -> None:
    wrong: dict[str, list[str]] = {}
    page = browser.new_context(color_scheme=scheme, reduced_motion="reduce").new_page()
    for name in pages():
        page.goto((Path(SITE or ".").resolve() / name).as_uri())
        if found := violations(page):
            wrong[name] = found
    page.context.close()
    assert wrong == {}


def test_no_page_is_wider_than_its_window_or_reports_an_error(browser: Any) -> None:
    wrong: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    for name in pages():
        page.goto((Path(SITE or ".").resolve() / name).as_uri())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
            if over > 0:
                wrong.append(f"{name} at {width}: {over} px too wide")
    page.close()
    assert wrong == []


def test_every_link_and_picture_within_the_site_leads_somewhere(browser: Any) -> None:
    root = Path(SITE or ".").resolve()
    page = browser.new_page()
    targets: dict[str, set[str]] = {}
    links: list[tuple[str, str]] = []
    for name in pages():
        page.goto((root / name).as_uri())
        uri = (root / name).as_uri()
        targets[uri] = set(page.eval_on_selector_all("[id]", "all => all.map((one) => one.id)"))
        found = page.eval_on_selector_all(
            "a[href], img[src], script[src], link[href]", "all => all.map((one) => one.href || one.src)"
        )
        links += [(name, link) for link in found if link.startswith("file:")]
        broken = page.eval_on_selector_all(
            "img", "all => all.filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"
        )
        assert broken == [], name
    page.close()
    assert len(links) > 1000
    lost = set()
    for name, link in links:
        address, fragment = urldefrag(link)
        path = Path(unquote(address.removeprefix("file://")).partition("?")[0])
        if not path.is_file() or (
            fragment and address in targets and unquote(fragment) not in targets[address]
        ):
            lost.add(f"{name}: {link}")
    assert lost == set()
