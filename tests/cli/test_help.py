"""What --help prints: in 80 columns, wrapped once, with examples that are right."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import typer

from facespectra.cli import COMMANDS, main, make_app
from facespectra.cli.help import split_docstring, summary_of
from facespectra.cli.options import one_of

GOLDEN = Path(__file__).parent / "golden" / "help"


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def function(name: str) -> object:
    return getattr(import_module(f"facespectra.cli.{name}"), name)


@pytest.mark.parametrize(
    "arguments", [(), *((name,) for name in COMMANDS)], ids=lambda given: "-".join(given)
)
def test_no_line_is_wider_than_the_terminal(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, *arguments, "--help")
    assert max(map(len, text.splitlines())) <= 80
    assert shown(capsys, *arguments, "-h") == text
    # In a terminal proper: tests/cli/test_golden_text.py, which also says how to write it anew.
    golden = GOLDEN / f"{' '.join(arguments) or 'facespectra'}.txt"
    assert golden.read_text().partition("\n")[2] == text
    # A paragraph is wrapped once: a line that ends early is followed by none that would have fitted there.
    assert "default: (" not in text
    assert "None" not in text
    assert "<str>" not in text


def test_every_command_is_listed_with_its_first_paragraph(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(shown(capsys, "--help").split())
    for name in COMMANDS:
        assert summary_of(name) == split_docstring(function(name).__doc__ or "")[1][0]
        assert f"{name} {summary_of(name)}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_come_first_and_name_options_that_there_are(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, name, "--help")
    examples = split_docstring(function(name).__doc__ or "")[0]
    assert examples
    known = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", text.partition("\nOptions:")[2]))
    assert text.splitlines()[2] == f"  {examples[0]}"
    for example in examples:
        program, command, *arguments = shlex.split(example, comments=True)
        assert (program, command) == ("facespectra", name)
        assert {one for one in arguments if one.startswith("-")} <= known


def test_options_are_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "train", "--help")
    heads = re.findall(r"^(\S.*):$", text, re.MULTILINE)
    assert heads[:2] == ["Arguments", "Options"]
    assert {"The data set", "Faces and videos", "The spectrum", "Where and how it runs"} <= set(heads)
    assert text.startswith("Usage: facespectra train DATASET -o MODEL [OPTIONS]\n")
    assert "--whole" not in text  # hidden


def test_choices_are_completed() -> None:
    assert one_of("mean", "max")() == ["mean", "max"]
    group = typer.main.get_command(make_app(["score"]))
    command = group.commands["score"]  # type: ignore[attr-defined]
    (option,) = [one for one in command.params if one.name == "form"]
    context = typer.Context(command, info_name="score")
    assert [item.value for item in option.shell_complete(context, "c")] == ["csv"]


def test_a_command_that_is_not_there_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scoer", "a.jpg"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "facespectra: there is no command 'scoer'; did you mean score? (facespectra --help lists them)\n"
    )
    assert main(["x\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err
