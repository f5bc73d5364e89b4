"""A server of the page and a browser to look at it with: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import base64
import mimetypes
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from required import is_required

# It calls home for updates and the like, which is no part of what is tested.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000  # milliseconds: other tests run beside these
TOKEN = "a-token-for-the-tests"  # noqa: S105 - of a server that lives as long as the tests


def find_chromium() -> str:
    """The path of Chromium; a skip where it or its driver is missing, a failure if it must be there."""
    path = shutil.which("chromium")
    missing = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    reason = (
        f"needs {missing[0]} (extra test)"
        if missing
        else ""
        if path
        else "needs chromium, as Debian packages it"
    )
    if path is None or missing:
        if is_required("browser"):
            pytest.fail(f"the browser is required here: {reason}")
        pytest.skip(reason)
    return path


@contextmanager
def running_server(*options: str) -> Iterator[str]:
    """Run ``facespectra serve`` on a free port; give its address, without the token."""
    command = [
        sys.executable,
        "-m",
        "facespectra",
        "serve",
        "--no-browser",
        "--port",
        "0",
        "--token",
        TOKEN,
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.endswith(f"/?token={TOKEN}"), address
            yield address.partition("/?")[0]
        finally:
            server.terminate()
            server.wait()


@contextmanager
def running_browser(path: str) -> Iterator[Any]:
    """Run Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Its pages may not use /dev/shm, which is small in containers.
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def overflowing(page: Any) -> list[str]:
    """What is wider than the screen, or cut off by a table's frame."""
    found: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(".scroll")]
          .filter((one) => one.scrollWidth > one.clientWidth + 1)
          .map((one) => `${one.innerText.slice(0, 60)}: ${one.scrollWidth} of ${one.clientWidth}`)"""
    )
    return found


def smallest_text(page: Any) -> tuple[float, str]:
    """The size of the smallest text in sight, in pixels of the screen, and the text; in charts, too."""
    size, text = page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          let least = [Infinity, ""];
          while (walker.nextNode()) {
            const { data, parentElement: element } = walker.currentNode, style = getComputedStyle(element);
            if (!data.trim() || style.visibility === "hidden" || !element.getClientRects().length) continue;
            const svg = element.closest("svg[viewBox]");
            const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
            const size = scale * parseFloat(style.fontSize);
            if (size < least[0]) least = [size, data.trim()];
          }
          return least;
        }"""
    )
    return float(size), str(text)


def printed_controls(page: Any) -> list[str]:
    """What would be printed though it can only be pressed or moved on a screen."""
    page.emulate_media(media="print")
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, input, .files, nav, [role=slider]")]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .filter((one) => !one.closest("thead, .boxes, .faces, .worst, .course"))
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
    return found


def torn(page: Any) -> list[str]:
    """Figures, cards and tables that may be cut by the end of a printed page."""
    page.emulate_media(media="print")
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("figure, .card, .verdict:not(p), .face, .port, tr")]
          .filter((one) => one.checkVisibility())
          .filter((one) => {
            const { breakInside, display } = getComputedStyle(one);
            // In rows of a grid Chromium cuts figures all the same, unless the grid is kept whole.
            const { display: within, breakInside: kept } = getComputedStyle(one.parentElement);
            if (one.matches("figure") && within === "grid" && kept !== "avoid") return true;
            // What stands in a line of text is never cut.
            return breakInside !== "avoid" && display !== "inline-block";
          })
          .map((one) => one.outerHTML.slice(0, 120))"""
    )
    return found


def axe_source() -> str:
    """The rules of axe-core as a script."""
    import axe_playwright_python

    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong with a page, a line for each element."""
    # Evaluated, since the page's policy takes no script of others.
    page.evaluate(axe_source())
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def as_transfer(page: Any, files: list[Path]) -> Any:
    """Files as the browser hands them over when they are dropped or pasted."""
    given = [
        {
            "name": path.name,
            "type": mimetypes.guess_type(path.name)[0] or "",
            "content": base64.b64encode(path.read_bytes()).decode(),
        }
        for path in files
    ]
    return page.evaluate_handle(
        """files => {
          const transfer = new DataTransfer();
          for (const {name, type, content} of files) {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name, {type}));
          }
          return transfer;
        }""",
        given,
    )


def drop(page: Any, *files: Path) -> None:
    """Drop files on the page."""
    transfer = as_transfer(page, list(files))
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#drop", event, {"dataTransfer": transfer})


def paste(page: Any, *files: Path) -> None:
    """Paste files, or pictures, from the clipboard."""
    transfer = as_transfer(page, list(files))
    page.evaluate(
        """data => document.dispatchEvent(
          new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))""",
        transfer,
    )
