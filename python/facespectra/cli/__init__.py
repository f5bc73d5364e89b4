"""The command line: one module per command, and heavy packages only inside the commands."""

from __future__ import annotations

import gc
import io
import sys
import traceback
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any, cast

import typer

from facespectra._files import printable
from facespectra._version import __version__
from facespectra.cli.console import complain
from facespectra.cli.help import Command, Program
from facespectra.errors import FacespectraError

NOTHING_DONE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
# How seldom the garbage collector looks through old objects: most are modules, and that took a tenth of a
# short command's time. Young objects, such as frames of videos, are freed as before.
OLDEST = 100

COMMANDS = (
    *("info", "demo", "lab", "extract", "crop", "dataset", "train", "evaluate", "compare", "score"),
    *("explain", "serve", "synth", "bench"),
)
"""In the order that --help lists them: each names a module of this package, and the function in it."""

# Newer Typer brings its own Click and older Typer needs the real one: either way this is Click's base error.
_ClickError: type[Exception] = typer.BadParameter.__bases__[0].__bases__[0]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facespectra {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    pass  # Typer shows these options in --help; _show_version and _run do what they say


class _Program(Program):
    listed = COMMANDS


def make_app(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """Make the program, or what of it runs some commands: a command's imports are most of its start."""
    app = typer.Typer(
        name="facespectra",
        cls=_Program,
        help="Tells face swaps and other fakes from real photographs by their frequency content.",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for name in names:
        app.command(name=name, cls=Command)(getattr(import_module(f"{__name__}.{name}"), name))
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default on the arguments of the process, and give the exit status.

    0: done; 1: done, but some inputs could not be read; 2: wrong usage, or nothing could be done.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    _accept_any_file_name()
    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:2], OLDEST)
    try:
        return _run(given)
    finally:
        gc.set_threshold(*thresholds)


def _run(given: list[str]) -> int:
    debug = "--debug" in given
    # Accepted anywhere in the line: people append it to a line that has just failed.
    given = [argument for argument in given if argument != "--debug"]
    try:
        with warnings.catch_warnings():
            # Our warnings are for users: the line of code that a warning comes from means nothing to them.
            warnings.showwarning = _show_warning
            # Only the options of the program itself can stand before the command, and none has a value.
            named = next((one for one in given if not one.startswith("-")), "")
            if named and named not in COMMANDS:
                close = get_close_matches(named, COMMANDS, n=1)
                guess = f"; did you mean {close[0]}?" if close else ""
                raise ValueError(
                    f"there is no command {printable(named)!r}{guess} (facespectra --help lists them)"
                )
            app = make_app([named] if named else [])
            status = app(given or ["--help"], prog_name="facespectra", standalone_mode=False)
            if status == INTERRUPTED:
                # Newer Typer turns Ctrl+C inside a command into this status, and says nothing.
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader of our output has closed it, as head does. Click raises SystemExit for no other reason.
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - any failure becomes one line and an exit status
        if debug:
            traceback.print_exc()
        complain(_error_line(error, debug))
        return NOTHING_DONE
    if not given:
        return NOTHING_DONE
    return status if isinstance(status, int) else 0


def _accept_any_file_name() -> None:
    """Pass file names that are not UTF-8 through stdin and stdout as the bytes that they are."""
    for stream in (sys.stdin, sys.stdout):
        # A test or an editor may have replaced it by something else.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    complain(f"warning: {message}")


def _error_line(error: Exception, debug: bool) -> str:
    if isinstance(error, _ClickError):
        context = cast(Any, error).ctx
        asked = "facespectra" if context is None else context.command_path
        return f"{cast(Any, error).format_message().rstrip('.')} ({asked} -h says more)"
    if isinstance(error, FacespectraError | ValueError):
        return str(error)
    if isinstance(error, OSError):
        # Only streams have no file name.
        named = "output" if error.filename is None else printable(error.filename)
        return f"{named}: {error.strerror}" if error.strerror else str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory; give it fewer or smaller inputs at a time, or fewer --threads"
    hint = "" if debug else "; --debug shows where"
    return f"{type(error).__name__}: {error}{hint}"
