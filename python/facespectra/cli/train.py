"""``facespectra train``: a data set into a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain, complain_of, leave, progress_bar, show_table, warn_of
from facespectra.cli.options import (
    Backend,
    Cache,
    Convention,
    Dataset,
    Device,
    Dtype,
    Frames,
    Layout,
    Margin,
    NFeatures,
    Precision,
    ResNetWeights,
    Snap,
    Split,
    Square,
    Threads,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features.crops import Source


def train(
    dataset: Dataset,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="MODEL", help="The model file to write.", show_default=False),
    ],
    features: Annotated[
        str,
        typer.Option(
            help="spectrum, resnet50, fusion (both, scaled to an equal say), concatenation, or regions."
        ),
    ] = "spectrum",
    classifier: Annotated[
        str | None,
        typer.Option(
            help="svm-poly, svm-linear, svm-rbf, svm-sigmoid, logistic or kmeans; for regions also experts.",
            show_default="svm-poly; experts for regions",
        ),
    ] = None,
    synthetic_fakes: Annotated[
        bool,
        typer.Option("--synthetic-fakes", help="Use real photographs alone, and make the fakes of them."),
    ] = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Standardise each feature (the report did not).")
    ] = False,
    augment: Annotated[
        str, typer.Option(help="Train on changed copies, too: flip, rotate, or flip,rotate.")
    ] = "",
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    seed: Annotated[int, typer.Option(help="For what is random.")] = 0,
    layout: Layout = "auto",
    split: Split = None,
    frames: Frames = N_FRAMES,
    whole: Annotated[
        bool, typer.Option("--whole", help="Judge whole images instead of the faces in them.")
    ] = False,
    n_features: NFeatures = 300,
    convention: Convention = "durall",
    dtype: Dtype = "float32",
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    cache: Cache = None,
) -> None:
    """Train a detector and write it to a file.

    Of a data set with splits, the one called development, train or training is used; one without is taken
    whole. Images without a face are left out and counted.
    """
    from facespectra._files import check_writable
    from facespectra.augment import parse_augmentations
    from facespectra.datasets import read_dataset, select_split
    from facespectra.detector import Detector
    from facespectra.features.crops import is_unreadable

    if classifier is None:
        classifier = "experts" if features == "regions" else "svm-poly"
    if synthetic_fakes and augment:
        raise ValueError("--synthetic-fakes makes its own copies: it goes without --augment")
    parse_augmentations(augment)  # fails on a wrong name before anything is read
    # Only what was asked for: not every feature set has all of these.
    asked_for = {
        "n_features": (n_features, 300),
        "convention": (convention, "durall"),
        "dtype": (dtype, "float32"),
    }
    settings = {name: value for name, (value, default) in asked_for.items() if value != default}
    detector = Detector(
        features,
        classifier,
        scale=scale,
        seed=seed,
        crop=not whole,
        crop_settings={"margin": margin, "square": square, "snap": snap},
        feature_settings=settings,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
        cache=cache,
    )
    check_writable(out)
    with progress_bar("train") as update:
        if synthetic_fakes:
            from facespectra.detector.synthetic import fit_synthetic

            photographs, groups = _photographs(dataset, layout, split, frames)
            fit_synthetic(detector, photographs, groups=groups, progress=update)
        else:
            manifest = read_dataset(dataset, layout)
            warn_of(manifest, select_split(manifest, "train", split))
            detector.fit(manifest, split=split, augment=augment, frames=frames, progress=update)
    summary = detector.training_
    n_unreadable = complain_of(pair for pair in summary["left_out"] if is_unreadable(pair[1]))
    for warning in summary["warnings"]:
        complain(f"warning: {warning}")
    detector.save(out)
    held_out = summary["held_out_auc"]
    show_table(
        [
            ("model", f"{out} ({features}, {classifier}{', scaled' if scale else ''})"),
            ("real", str(summary["n_real"])),
            ("fake", str(summary["n_fake"])),
            ("no face", f"{summary['n_no_face']} (left out)"),
            ("unreadable", f"{summary['n_unreadable']} (left out)"),
            (
                "AUC, 5-fold",
                "too few groups to tell" if held_out is None else f"{held_out:.3f} (on held-out groups)",
            ),
            ("threshold", f"{detector.threshold_:.6g}"),
        ]
    )
    leave(n_unreadable)


def _photographs(
    dataset: Path, layout: str, split: str | None, frames: int
) -> tuple[Sequence[Source], list[str] | None]:
    """The real samples of a data set with their groups, or all that are in a folder which is none."""
    from facespectra.datasets import add_frames, read_dataset, select_split
    from facespectra.datasets.sources import sources_of
    from facespectra.errors import DatasetError
    from facespectra.videos import find_media, spread_frames

    try:
        part = select_split(read_dataset(dataset, layout), "train", split)
    except DatasetError:
        if split is not None or layout != "auto" or not dataset.is_dir():
            raise
        return spread_frames(find_media([dataset]), frames)[0], None
    part = add_frames(part[part["label"] == 0], frames)
    return sources_of(part), part["group"].tolist()
