"""What pages hold besides words: help of commands and keys of schemas, from where they are defined."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

SHELL = "%%bash\n"


class HelpPages:
    """Stands in for Click's formatter: what a command's help writes becomes Markdown."""

    def __init__(self) -> None:
        self.buffer: list[str] = []

    def write_usage(self, prog: str, args: str = "") -> None:
        """How a command is called."""
        self.write(f"{prog} {args}")

    def write(self, text: str) -> None:
        """Usage and examples, as they are."""
        self.buffer += [
            "",
            "```bash",
            *(line.strip() for line in text.splitlines()),
            "```",
            "",
        ]

    def write_paragraph(self) -> None:
        """An empty line."""
        self.buffer.append("")

    def write_text(self, text: str) -> None:
        """A paragraph."""
        self.buffer += [plain(text), ""]

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A group of options."""
        self.buffer += ["", f"**{name}**", ""]
        yield

    def write_dl(self, rows: list[tuple[str, str]], **_: Any) -> None:
        """Options, and what they are for."""
        for name, text in rows:
            self.buffer += [f"`{name}`", f": {plain(text)}", ""]


def plain(text: str) -> str:
    """Keep Markdown from reading what is meant as it stands."""
    for sign in "\\`*_[]<>|$":
        text = text.replace(sign, f"\\{sign}")
    return text


class CommandHelp(SphinxDirective):
    """The help of every command."""

    def run(self) -> list[nodes.Node]:
        """Ask the program itself."""
        import typer

        from facespectra import cli

        program = typer.main.get_command(cli.make_app())
        root = program.make_context("facespectra", [], resilient_parsing=True)
        lines: list[str] = []
        for name in cli.COMMANDS:
            pages = HelpPages()
            command = program.commands[name]
            command.format_help(command.make_context(name, [], root, resilient_parsing=True), pages)
            lines += [f"## {name}", *pages.buffer, ""]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class SchemaKeys(SphinxDirective):
    """A table of the keys of a JSON schema."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the schema beside the page."""
        relative, file = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        schema = json.loads(Path(file).read_text(encoding="utf-8"))
        one = schema.get("items", schema)
        required = one.get("required", ())
        lines = ["| key | type | what |", "|---|---|---|"]
        for key, about in one["properties"].items():
            name = f"`{key}`" if key in required else f"`{key}`, not always"
            lines.append(f"| {name} | {kind(about, schema)} | {plain(about.get('description', ''))} |")
        return self.parse_text_to_nodes("\n".join(lines))


def kind(about: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say in words what a value is."""
    if "$ref" in about:
        about = schema["$defs"][about["$ref"].rpartition("/")[2]]
    if "title" in about:
        return str(about["title"])
    if "enum" in about:
        return " or ".join("null" if value is None else f"`{value}`" for value in about["enum"])
    if "const" in about:
        return f"`{about['const']}`"
    if "anyOf" in about:
        return " or ".join(kind(each, schema) for each in about["anyOf"])
    types = about.get("type", "anything")
    return " or ".join([types] if isinstance(types, str) else types)


def show_shell(app: Sphinx, doctree: nodes.document) -> None:
    """Show cells that are run by the shell as what one types, without the notebook's own first line."""
    for block in doctree.findall(nodes.literal_block):
        text = block.astext()
        if text.startswith(SHELL):
            block.children = [nodes.Text(text.removeprefix(SHELL))]
            block.rawsource = text.removeprefix(SHELL)
            block["language"] = "bash"


def show_internal_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement
) -> nodes.TextElement | None:
    """Show the name of something that has no page of its own; a name that does not exist stays a warning."""
    if node.get("refdomain") != "py":
        return None
    target, module = node["reftarget"], node.get("py:module") or "facespectra"
    places = [target, f"{module}.{target}", f"{module}.{node.get('py:class')}.{target}"]
    return shown if any(map(is_ours, places)) else None


def is_ours(name: str) -> bool:
    """Whether a dotted name of our package can be imported."""
    if not name.startswith("facespectra."):
        return False
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def setup(app: Sphinx) -> dict[str, bool]:
    """Make them known to Sphinx."""
    app.add_directive("command-help", CommandHelp)
    app.add_directive("schema-keys", SchemaKeys)
    app.connect("doctree-read", show_shell)
    app.connect("missing-reference", show_internal_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
