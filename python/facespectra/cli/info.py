"""``facespectra info``: describe this installation."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from facespectra._wording import counted
from facespectra.cli.console import show_table
from facespectra.models.card import card_file, default_model_card

CHECKS = {
    "default": "default settings",
    "early": "early swaps",
    "modern": "modern swaps",
    "small": "small faces",
    "restored": "faces sharpened after the swap",
    "crushed": "heavy compression",
}


def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the default model, the backend, FFT library, instruction set and versions of this installation.

    Examples
    --------
    facespectra info
    """
    from facespectra.environment import describe

    state = describe()
    rest = {name: state.pop(name) for name in ("environment", "packages", "missing_extras")}
    state |= {"default_model": default_model_card(), **rest}
    if as_json:
        typer.echo(json.dumps(state, indent=2))
    else:
        show_table(_rows(state))


def _model_rows(card: dict[str, Any]) -> list[tuple[str, str]]:
    if "problem" in card:
        return [("default model", card["problem"])]
    held_out = card["held_out"]
    figures = (
        f"{CHECKS.get(name, name)}: {one['auc']:.2f} ({one['auc_ci95'][0]:.2f} to {one['auc_ci95'][1]:.2f})"
        for name, one in held_out.items()
    )
    swaps = card["swaps_of_each"]
    return [
        ("default model", "looks for face swaps that lose detail, and for no other kind of fake"),
        ("  cannot tell", "generated faces, composites, well-made modern swaps; faces under 64 pixels"),
        (
            "  trained on",
            f"{card['photographs']} portraits, and {swaps} synthetic swaps of each; no real fake",
        ),
        ("  AUC", f"on synthetic swaps of {card['photographs_held_out']} other portraits:"),
        *(("", figure) for figure in figures),
        ("  made of", f"features {card['features']}, classifier {card['classifier']}"),
        ("  more", "what was measured, and how to train your own, is in"),
        ("", _from_home(card_file())),
    ]


def _from_home(file: str) -> str:
    """Name a file as people would."""
    home = str(Path.home())
    return file.replace(home, "~", 1) if file.startswith(f"{home}{os.sep}") else file


def _backend_rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    """The one that computes, the others that could, and why the rest cannot."""
    used = state["backend"]
    ready = [name for name, said in state["backends"].items() if said == "ready" and name != used]
    rows = [("backend", used or state["problem"])]
    rows += [("  also ready", ", ".join(ready))] if ready else []
    return rows + [(f"  {name}", said) for name, said in state["backends"].items() if said != "ready"]


def _rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("facespectra", state["facespectra"]),
        *_model_rows(state["default_model"]),
        ("python", f"{state['python']} on {state['system']}, {counted(state['processors'], 'processor')}"),
        *_backend_rows(state),
    ]
    native = state["native"]
    if native is None:
        reason = state["backends"]["native"]
        rows.append(("native core", f"{reason}: this is a pure-Python installation"))
        rows.append(("", "(it is built where pip finds a C++20 compiler)"))
    else:
        rows.append(("native core", f"{native['instruction_set']}, built with {native['compiler']}"))
        rows.append(("instruction sets", ", ".join(native["instruction_sets"])))
        if provider := native["provider"]:
            notes = f"{provider['instance']}, {provider['plans']} plans"
            rows.append(("FFT library", f"{provider['name']}: {provider['version']} ({notes})"))
            rows.append(("", Path(provider["file"]).name))
        else:
            rows.append(("FFT library", native["problem"]))
        others = [name for name in native["providers"] if not provider or name != provider["name"]]
        if others:
            rows.append(
                ("also found", ", ".join(f"{n}: {native['providers'][n]['version']}" for n in others))
            )
    rows += [("environment", f"{name}={value}") for name, value in state["environment"].items()]
    rows += [("packages", ", ".join(f"{name} {v}" for name, v in state["packages"].items()))]
    for extra, missing in state["missing_extras"].items():
        rows.append(("not installed", f"{', '.join(missing['packages'])}: {missing['for']}"))
        rows.append(("", f'pip install "facespectra[{extra}]" installs it'))
    return rows
