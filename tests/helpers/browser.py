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
