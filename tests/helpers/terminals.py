"""A terminal of 80 columns, as people have it: commands run in it, and what it shows afterwards is read."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from required import is_required

COLUMNS, ROWS = 80, 24
PATIENCE = 300.0  # seconds: other tests run beside these
# The terminal itself writes it below all that a command has shown.
_END = "[ended with status"
_OTHERS = ("TMUX", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERMINAL_WIDTH", "PYTEST_CURRENT_TEST")
_numbers = itertools.count()


class Shown(NamedTuple):
    """What a command left in the terminal, scrolled off or not."""

    lines: list[str]  # as they stand there, wrapped where the terminal had to
    written: list[str]  # the same, not wrapped
    status: int
    ended: bool  # whether the last line was ended, so that a prompt would begin a new one


def find_tmux() -> str:
    """The path of tmux; a skip where it is missing, a failure if it must be there."""
    path = shutil.which("tmux")
    if path is None:
        if is_required("terminal"):
            pytest.fail("the terminal is required here: it needs tmux, as Debian packages it")
        pytest.skip("needs tmux, as Debian packages it")
    return path


def show(command: str, folder: Path, *, columns: int = COLUMNS) -> Shown:
    """Run a line of shell in a new terminal, in this folder."""
    tmux = [find_tmux(), "-u", "-L", f"facespectra-{os.getpid()}-{next(_numbers)}", "-f", os.devnull]
    program = shlex.join([sys.executable, "-m", "facespectra"])
    # The last command keeps the terminal until it has been read.
    script = f'facespectra() {{ {program} "$@"; }}\n{command}\nprintf "{_END} %d]" "$?"\nexec cat'
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _OTHERS and not name.startswith("FACESPECTRA_")
    }
    environment |= {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}

    def ask(*words: str) -> str:
        done = subprocess.run([*tmux, *words], capture_output=True, check=True, env=environment, cwd=folder)
        return done.stdout.decode()

    settings = ("set", "-g", "status", "off", ";", "set", "-g", "history-limit", "5000", ";")
    size = ("-x", str(columns), "-y", str(ROWS))
    ask("start-server", ";", *settings, "new-session", "-d", *size, "-c", str(folder), "sh", "-c", script)
    try:
        ends = time.monotonic() + PATIENCE
        while _END not in (text := ask("capture-pane", "-p", "-S", "-")):
            if time.monotonic() > ends:
                raise TimeoutError(f"{command}: not done in {PATIENCE:.0f} s; the terminal shows:\n{text}")
            time.sleep(0.05)
        joined = ask("capture-pane", "-p", "-J", "-S", "-")
    finally:
        ask("kill-server")
    shown, _, rest = text.partition(_END)
    return Shown(
        [line.rstrip() for line in shown.splitlines()],
        [line.rstrip() for line in joined.partition(_END)[0].splitlines()],
        int(rest.partition("]")[0]),
        shown.endswith("\n") or not shown,
    )
