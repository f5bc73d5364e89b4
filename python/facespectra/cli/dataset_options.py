"""Options that say how a data set is to be read; apart, since they load all layouts of data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from facespectra.cli.options import one_of
from facespectra.datasets.layouts import LAYOUTS

DATA_SET = "The data set"

Dataset = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET",
        help="A folder laid out as --layout says, or a manifest.",
        show_default=False,
    ),
]
Layout = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        autocompletion=one_of("auto", *LAYOUTS),
        help=f"How it is laid out: {', '.join(LAYOUTS)}; auto finds out.",
        rich_help_panel=DATA_SET,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="What stays on one side of a split: files of one folder (folder), of one name without its last "
        "number (name), each file (file), or those of one value in a column (its name).",
        show_default="the video, as far as it is known",
        rich_help_panel=DATA_SET,
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL",
        help="The label that means fake.",
        show_default="1, or what words say",
        rich_help_panel=DATA_SET,
    ),
]
Real = Annotated[
    list[str] | None,
    typer.Option(
        "--real",
        metavar="NAME",
        help="A folder or label that means real. May be given again.",
        show_default=False,
        rich_help_panel=DATA_SET,
    ),
]
Fake = Annotated[
    list[str] | None,
    typer.Option(
        "--fake",
        metavar="NAME",
        help="A folder or label that means fake. May be given again.",
        show_default=False,
        rich_help_panel=DATA_SET,
    ),
]
PathColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The column of a table with paths.",
        show_default="path",
        rich_help_panel=DATA_SET,
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The column of a table with labels.",
        show_default="label",
        rich_help_panel=DATA_SET,
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where the paths in a table start.",
        show_default="the table's folder",
        rich_help_panel=DATA_SET,
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use this split of the data set.",
        show_default=False,
        rich_help_panel=DATA_SET,
    ),
]


def reading(
    group: str | None,
    positive: str | None,
    real: list[str] | None,
    fake: list[str] | None,
    path_column: str | None,
    label_column: str | None,
    root: Path | None,
) -> dict[str, Any]:
    """Give the arguments of ``read_dataset`` that say how a data set is to be read."""
    return {
        "group": group,
        "positive": positive,
        "real": real or (),
        "fake": fake or (),
        "path_column": path_column,
        "label_column": label_column,
        "root": root,
    }
