"""What ``--help`` prints: examples first, then words, then options in groups, wrapped once to the terminal.

Plain text, since Rich takes longer to import than most commands take to start. A command's help is its
docstring; the lines of its section "Examples" are printed as they are. An option's group is its
``rich_help_panel``.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup

EXAMPLES = "Examples"
OPTIONS = "Options"
_WIDEST_NAMES = 28
_EXTRA = re.compile(r" *\[([^\[\]]*)\]$")
_BOUND = re.compile(r"x>=(\S+)")
_BOUNDS = re.compile(r"(\S+?)<=x<=(\S+)")
# Lines may not end in it: "celeb-" and "df" would be two names. It is an ordinary one where it is printed.
_HYPHEN = "\N{NON-BREAKING HYPHEN}"


class Command(TyperCommand):
    """A command with our help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        examples, paragraphs = split_docstring(self.help or "")
        formatter.write_usage(ctx.command_path, " ".join(_usage(self)))
        if examples:
            formatter.write_paragraph()
            formatter.write("".join(f"  {line}\n" for line in examples))
        for paragraph in paragraphs:
            formatter.write_paragraph()
            formatter.write_text(_whole(paragraph))
        _write_options(self, ctx, formatter)
        _print_hyphens(formatter)


class Program(TyperGroup):
    """The program with our help, which lists commands that need not have been imported."""

    listed: ClassVar[Sequence[str]] = ()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write_usage(ctx.command_path, "COMMAND ... [OPTIONS]")
        formatter.write_paragraph()
        formatter.write_text(self.help or "")
        with formatter.section("Commands"):
            rows = [(name, _whole(summary_of(name))) for name in self.listed]
            formatter.write_dl(rows, col_max=_WIDEST_NAMES)
        _write_options(self, ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(f"{ctx.command_path} COMMAND -h says more about a command.")
        _print_hyphens(formatter)


def summary_of(name: str) -> str:
    """Give the first paragraph of a command's docstring, from its source: importing all takes long."""
    tree = ast.parse(pkgutil.get_data(__package__, f"{name}.py") or b"")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return split_docstring(ast.get_docstring(node) or "")[1][0]
    raise LookupError(f"there is no function {name} in the module of that name")


def split_docstring(text: str) -> tuple[list[str], list[str]]:
    """Give the lines of its section "Examples", and its paragraphs, each in one line."""
    words, _, examples = inspect.cleandoc(text).partition(f"\n{EXAMPLES}\n")
    lines = [line for line in examples.splitlines()[1:] if line.strip()]
    paragraphs = [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]
    return lines, [paragraph for paragraph in paragraphs if paragraph]


def _usage(command: Any) -> list[str]:
    """List what must be given, and that there is more."""
    pieces = []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = parameter.metavar or parameter.name.upper()
            pieces.append(name if parameter.required else f"[{name}]")
    required = [one for one in command.params if one.param_type_name == "option" and one.required]
    return [*pieces, *(f"{min(one.opts, key=len)} {one.metavar}" for one in required), "[OPTIONS]"]


def _write_options(command: Any, ctx: Any, formatter: Any) -> None:
    groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], OPTIONS: []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            groups["Arguments"].append((parameter.metavar or record[0], _words(record[1])))
            continue
        # Short names first, as people type them; flags have no value.
        names = ", ".join(sorted(parameter.opts, key=len))
        value = "" if parameter.is_flag else f" {parameter.metavar or _value(parameter)}"
        panel = getattr(parameter, "rich_help_panel", None) or OPTIONS
        groups.setdefault(panel, []).append((names + value, _words(record[1])))
    for name, rows in groups.items():
        if rows:
            with formatter.section(name):
                formatter.write_dl([(names, _whole(text)) for names, text in rows], col_max=_WIDEST_NAMES)


def _whole(text: str) -> str:
    """Keep names with hyphens in one line."""
    return re.sub(r"(?<=\w)-(?=\w)", _HYPHEN, text)


def _print_hyphens(formatter: Any) -> None:
    formatter.buffer[:] = [piece.replace(_HYPHEN, "-") for piece in formatter.buffer]


def _value(option: Any) -> str:
    """Name the value of an option that has no name for it."""
    default = option.default
    return "N" if isinstance(default, int) else "X" if isinstance(default, float) else option.name.upper()


def _words(text: str) -> str:
    """Put what Typer adds to a help into words; that something is required is in the usage."""
    match = _EXTRA.search(text)
    if match is None:
        return text
    extra = []
    for part in match[1].split("; "):
        name, _, value = part.partition(": ")
        if name == "default" and value.startswith("(") and value.endswith(")"):
            # Said in words, not a value to type.
            value = value[1:-1]
        if bound := _BOUND.fullmatch(part):
            extra.append(f"at least {bound[1].removesuffix('.0')}")
        elif bounds := _BOUNDS.fullmatch(part):
            extra.append(f"{bounds[1]} to {bounds[2]}")
        elif part != "required":
            extra.append(f"{name}: {value}" if value else part)
    return text[: match.start()] + (f" [{'; '.join(extra)}]" if extra else "")
