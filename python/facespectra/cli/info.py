"""``facespectra info``: what is live in this installation."""

from __future__ import annotations

import json
import os
import platform
from typing import Annotated, Any

import typer

from facespectra._version import __version__
from facespectra._versions import version_of
from facespectra.cli.console import show_table
from facespectra.errors import BackendError

PACKAGES = (
    "numpy",
    "scipy",
    "pyfftw",
    "numba",
    "mkl",
    "torch",
    "torchvision",
    "facenet-pytorch",
    "pillow",
    "scikit-learn",
    "pandas",
    "skops",
    "matplotlib",
    "av",
)


CHECKS = {
    "default": "as trained on",
    "early": "early swaps",
    "modern": "modern swaps",
    "small": "small faces",
    "crushed": "heavy compression",
}


def info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show what is live here: backend, FFT library, instruction set, versions."""
    state = collect()
    if as_json:
        typer.echo(json.dumps(state, indent=2))
    else:
        show_table(_rows(state))


def collect() -> dict[str, Any]:
    """Everything that ``facespectra info`` shows, as plain data.

    Returns
    -------
    dict
        What ``--json`` prints.
    """
    from facespectra.spectrum.backends import backends, get_backend

    states = backends()
    try:
        backend, problem = get_backend()[0], None
    except (BackendError, ValueError) as error:
        backend, problem = None, str(error)
    return {
        "facespectra": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "backend": backend,
        "problem": problem,
        "backends": states,
        "native": _native() if states["native"] == "ready" else None,
        "default_model": _default_model(),
        "environment": {name: os.environ[name] for name in sorted(os.environ) if _is_ours(name)},
        "packages": {name: found for name in PACKAGES if (found := version_of(name))},
    }


def _is_ours(name: str) -> bool:
    return name.startswith("FACESPECTRA_")


def _native() -> dict[str, Any]:
    import facespectra._core as core
    from facespectra.spectrum import providers
    from facespectra.spectrum.backends import native

    levels = core.simd_levels()
    state: dict[str, Any] = {
        "compiler": core.compiler(),
        "instruction_sets": levels,
        "instruction_set": os.environ.get(native.SIMD_VARIABLE) or levels[-1],
        "providers": {},
        "provider": None,
    }
    for name, provider in providers.available().items():
        try:
            found = native.library(provider).version
        except BackendError as error:
            found = str(error)
        state["providers"][name] = {"version": found, "file": provider.single_file}
    try:
        chosen = providers.chosen()
        state["provider"] = {
            "name": chosen.name,
            "version": native.library(chosen).version,
            "file": chosen.single_file,
            "instance": "private copy" if chosen.separate else "shared",
        }
    except BackendError as error:
        state["problem"] = str(error)
    return state


def _default_model() -> dict[str, Any]:
    """What the shipped model says of itself."""
    from facespectra.errors import FacespectraError

    try:
        from facespectra.detector import load

        detector = load()
    except FacespectraError as error:
        return {"problem": str(error)}
    return {"features": detector.features, "classifier": detector.classifier, **detector.training_["card"]}


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
            f"{card['photographs']} portraits and {swaps} synthetic swaps of each; no real fake",
        ),
        ("  AUC", f"on synthetic swaps of {card['photographs_held_out']} other portraits:"),
        *(("", figure) for figure in figures),
        ("  cannot tell", "generated faces, composites, well-made modern swaps; faces under 64 pixels"),
        ("  card", "docs/model_card.md, and how to train one's own"),
    ]


def _rows(state: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("facespectra", state["facespectra"]),
        ("python", f"{state['python']} on {state['system']}, {state['processors']} processors"),
        ("backend", state["backend"] or state["problem"]),
    ]
    native = state["native"]
    if native is None:
        why = state["backends"]["native"]
        rows.append(("native core", f"{why}: this is a pure-Python installation"))
        rows.append(("", "(it is built where pip finds a C++20 compiler)"))
    else:
        rows.append(("native core", f"{native['instruction_set']}, built with {native['compiler']}"))
        rows.append(("instruction sets", ", ".join(native["instruction_sets"])))
        if chosen := native["provider"]:
            rows.append(("FFT library", f"{chosen['name']}: {chosen['version']} ({chosen['instance']})"))
            rows.append(("", chosen["file"]))
        else:
            rows.append(("FFT library", native["problem"]))
        others = [name for name in native["providers"] if not chosen or name != chosen["name"]]
        if others:
            rows.append(
                ("also found", ", ".join(f"{n}: {native['providers'][n]['version']}" for n in others))
            )
    rows += [(f"  {name}", state) for name, state in state["backends"].items()]
    rows += _model_rows(state["default_model"])
    rows += [("environment", f"{name}={value}") for name, value in state["environment"].items()]
    rows += [("packages", ", ".join(f"{name} {v}" for name, v in state["packages"].items()))]
    return rows
