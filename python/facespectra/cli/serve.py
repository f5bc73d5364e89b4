"""``facespectra serve``: a page on this machine to drop photographs and videos on."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from facespectra.cli.console import complain

MEBIBYTE = 1 << 20
TOKEN_LENGTH = 16


def serve(
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model file that train wrote, or one of our own: default, regions.",
            show_default="default",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others than this machine need --token.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port; 0: any free one.", show_default="8484, or a free one"),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What the address and programs must have; at least 16 letters. auto: a new one.",
            show_default="a new one for each start",
        ),
    ] = None,
    frames: Annotated[int, typer.Option(min=1, max=1000, help="Frames of each video, evenly spread.")] = 20,
    max_mib: Annotated[
        int, typer.Option("--max-mib", min=1, help="The largest file that is taken, in MiB.")
    ] = 1024,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
) -> None:
    """Open a page that judges photographs and videos on this machine.

    Nothing leaves it. Other programs send files to POST /api/score, which /openapi.json describes. Ctrl+C
    ends it, and deletes what was sent.

    Examples
    --------
    facespectra serve
    """
    from facespectra._extras import require

    require("serve", "starlette", "uvicorn", "python_multipart")
    require("detect", "PIL", "sklearn", "skops", "av")
    from facespectra.serve.guard import is_loopback
    from facespectra.serve.running import bind, run
    from facespectra.serve.settings import DEFAULT_PORT, Settings

    if token == "auto":  # noqa: S105 - the word that stands for a new one
        token = None
    elif token is None and not is_loopback(host):
        raise ValueError(
            f"{host}: everybody who can reach this machine could use it; add --token auto for a new token at "
            "each start, or --token TEXT"
        )
    if token is not None and (len(token) < TOKEN_LENGTH or not _is_plain(token)):
        raise ValueError(f"--token takes at least {TOKEN_LENGTH} letters and digits of ASCII, - and _")
    settings = Settings(model=model, host=host, frames=frames, max_bytes=max_mib * MEBIBYTE)
    settings = settings if token is None else replace(settings, token=token)
    listener = bind(host, DEFAULT_PORT if port is None else port, any_port=port is None)
    if not is_loopback(host):
        complain(f"whoever can reach {host} and has the token can use it, and the line is not encrypted")
    complain("loading the model; Ctrl+C ends it")

    def on_ready(address: str) -> None:
        typer.echo(address)
        if not no_browser:
            _open(address)

    run(settings, listener, on_ready)
    if sys.stderr.isatty():
        typer.echo(err=True)  # the terminal has written ^C
    complain("ended; what was sent is deleted")


def _open(address: str) -> None:
    """Open the page beside the server, which waits for no browser."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _is_plain(token: str) -> bool:
    return token.isascii() and token.replace("-", "").replace("_", "").isalnum()
