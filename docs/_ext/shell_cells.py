"""Runs in each page's kernel before its first cell: commands of a page fail as loudly as its Python does."""

import subprocess

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line: str, cell: str) -> None:
    """Run a cell by the shell, and print what it says in one piece; the page fails where a command does."""
    done = subprocess.run(  # noqa: S603 - the pages are ours
        ["bash", "-euo", "pipefail", "-c", cell],  # noqa: S607
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, end="")  # noqa: T201 - it is the cell's output
    done.check_returncode()
