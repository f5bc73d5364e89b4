"""``facespectra info``: describe this installation."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from facespectra.cli.console import show_table
from facespectra.models.card import card_file, default_model_card

CHECKS = {
    "default": "default settings",
    "early": "early swaps",
    "modern": "modern swaps",
    "small": "small faces",
    "crushed": "heavy compression",
}


def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the backend, FFT library, instruction set, default model and versions of this installation.

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
        ("default model", f"{card['features']}, {card['classifier']}: face swaps, and no other kind of fake"),
        (
            "  trained on",
            f"{card['photographs']} portraits, {swaps} synthetic swaps of each; no real fake",
        ),
        ("  AUC", f"on synthetic swaps of {card['photographs_held_out']} other portraits:"),
        *(("", figure) for figure in figures),
        ("  cannot tell", "generated faces, composites, well-made modern swaps; faces under 64 pixels"),
        ("  card", "what was measured, and how to train your own:"),
        ("", card_file()),
    ]


def _rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("facespectra", state["facespectra"]),
        ("python", f"{state['python']} on {state['system']}, {state['processors']} processors"),
        ("backend", state["backend"] or state["problem"]),
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
            rows.append(("", provider["file"]))
        else:
            rows.append(("FFT library", native["problem"]))
        others = [name for name in native["providers"] if not provider or name != provider["name"]]
        if others:
            rows.append(
                ("also found", ", ".join(f"{n}: {native['providers'][n]['version']}" for n in others))
            )
    rows += [(f"  {name}", state) for name, state in state["backends"].items()]
    rows += _model_rows(state["default_model"])
    rows += [("environment", f"{name}={value}") for name, value in state["environment"].items()]
    rows += [("packages", ", ".join(f"{name} {v}" for name, v in state["packages"].items()))]
    for extra, missing in state["missing_extras"].items():
        rows.append(("not installed", f"{', '.join(missing['packages'])}: {missing['for']}"))
        rows.append(("", f'pip install "facespectra[{extra}]" installs it'))
    return rows
