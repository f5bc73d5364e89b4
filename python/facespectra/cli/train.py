"""``facespectra train``: a data set into a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from facespectra.cli.cluster import Address, Workers, engine_on, refuse_with_ray, refuse_without_ray
from facespectra.cli.console import complain, complain_of, leave, progress_bar, show_table, warn_of
from facespectra.cli.dataset_options import (
    Dataset,
    Fake,
    Group,
    LabelColumn,
    Layout,
    PathColumn,
    Positive,
    Real,
    Root,
    Split,
    reading,
)
from facespectra.cli.options import (
    FACES_AND_VIDEOS,
    Backend,
    Cache,
    Convention,
    Device,
    Dtype,
    Frames,
    Margin,
    NFeatures,
    Precision,
    ResNetWeights,
    Snap,
    Square,
    Threads,
    Truncated,
    one_of,
)
from facespectra.detector.classifiers import CLASSIFIERS, OWN_CLASSIFIERS, default_classifier
from facespectra.detector.inputs import CUT_OUT, LARGEST, WHOLE
from facespectra.features.feature_sets import FEATURES, NETWORKS
from facespectra.videos import N_FRAMES


def _joined(classifiers: Callable[[str], Iterable[str]]) -> list[tuple[str, str]]:
    """Give classifiers of features that have own ones, each once, with the features that have these."""
    takers: dict[str, list[str]] = {}
    for name in OWN_CLASSIFIERS:
        takers.setdefault(", ".join(classifiers(name)), []).append(name)
    return [(own, " and ".join(names)) for own, names in takers.items()]


def train(
    dataset: Dataset,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="MODEL", help="The model file to write.", show_default=False),
    ],
    features: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=one_of(*FEATURES),
            help="; ".join(f"{name}: {entry.help}" for name, entry in FEATURES.items()) + ".",
        ),
    ] = "spectrum",
    network: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=one_of(*NETWORKS),
            help=f"Of fusion and concatenation: {' or '.join(NETWORKS)}.",
        ),
    ] = NETWORKS[0],
    classifier: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=one_of(*CLASSIFIERS, "experts"),
            help=", ".join(CLASSIFIERS)
            + "".join(
                f"; for {names} also {own}" for own, names in _joined(lambda name: OWN_CLASSIFIERS[name])
            )
            + ".",
            show_default=", ".join(
                [
                    default_classifier(""),
                    *(
                        f"{own} for {names}"
                        for own, names in _joined(lambda name: [default_classifier(name)])
                    ),
                ]
            ),
        ),
    ] = None,
    synthetic_fakes: Annotated[
        bool,
        typer.Option("--synthetic-fakes", help="Use real photographs alone, and make the fakes of them."),
    ] = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Standardise each feature (the reference study did not).")
    ] = False,
    augment: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Train on augmented copies, too: flip, rotate, or flip,rotate."),
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of all random choices.")] = 0,
    layout: Layout = "auto",
    group: Group = None,
    positive: Positive = None,
    real: Real = None,
    fake: Fake = None,
    path_column: PathColumn = None,
    label_column: LabelColumn = None,
    root: Root = None,
    split: Split = None,
    frames: Frames = N_FRAMES,
    faces: Annotated[
        str,
        typer.Option(
            metavar="largest|whole",
            autocompletion=one_of(LARGEST, WHOLE),
            help="The largest face, or the whole image, where faces were cut out already.",
            rich_help_panel=FACES_AND_VIDEOS,
        ),
    ] = LARGEST,
    whole: Annotated[bool, typer.Option("--whole", hidden=True, help="The same as --faces whole.")] = False,
    n_features: NFeatures = 300,
    convention: Convention = "durall",
    dtype: Dtype = "float32",
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    cache: Cache = None,
    truncated: Truncated = False,
    ray: Address = None,
    workers: Workers = None,
) -> None:
    """Train a detector and write it to a file.

    Of a data set with splits, the one called development, train or training is used; one without is taken
    whole. Images without a face are left out and counted.

    Examples
    --------
    facespectra train DATASET -o own.model
    facespectra train photos/ -o own.model --synthetic-fakes --features texture
    """
    from facespectra._files import check_output
    from facespectra.augment import parse_augmentations
    from facespectra.datasets import read_dataset, select_split
    from facespectra.datasets.checks import groups_by_file
    from facespectra.detector import Detector

    check_output(out)
    if classifier is None:
        classifier = default_classifier(features)
    if faces not in (LARGEST, WHOLE):
        raise ValueError(f"--faces must be {LARGEST} or {WHOLE} here, not {faces!r}")
    refuse_without_ray(ray, {"--workers": workers is not None})
    if ray is not None:
        refuse_with_ray({"--synthetic-fakes": synthetic_fakes, "--cache": cache is not None})
    if synthetic_fakes and augment:
        raise ValueError("--synthetic-fakes makes its own copies: it goes without --augment")
    parse_augmentations(augment)  # fails on a wrong name before anything is read
    # Only what was asked for: not every feature set has all of these settings.
    asked_for = {
        "n_features": (n_features, 300),
        "convention": (convention, "durall"),
        "dtype": (dtype, "float32"),
        "network": (network, NETWORKS[0]),
    }
    settings = {name: value for name, (value, default) in asked_for.items() if value != default}
    detector = Detector(
        features,
        classifier,
        scale=scale,
        seed=seed,
        crop=not whole and faces == LARGEST,
        crop_settings={"margin": margin, "square": square, "snap": snap},
        feature_settings=settings,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
        cache=cache,
    )
    how = reading(group, positive, real, fake, path_column, label_column, root)
    held_out_on = "on held-out groups"
    given = {"threads": threads, "backend": backend, "device": device, "precision": precision}
    with (
        engine_on(ray, detector, workers, given, resnet_weights),
        progress_bar("train") as update,
    ):
        if synthetic_fakes:
            from facespectra.detector.synthetic import fit_synthetic, real_photographs

            photographs, groups = real_photographs(dataset, layout, split, frames, **how)
            fit_synthetic(detector, photographs, groups=groups, progress=update)
        else:
            manifest = read_dataset(dataset, layout, **how)
            part = select_split(manifest, "train", split)
            warn_of(manifest, part)
            held_out_on = groups_by_file(part) or held_out_on
            detector.fit(manifest, split=split, augment=augment, frames=frames, progress=update)
    summary = detector.training_
    made_of = [features, classifier, *([network] if "network" in settings else []), *(["scaled"] * scale)]
    n_unreadable = complain_of(pair for pair in summary["left_out"] if pair[1].unreadable)
    for warning in summary["warnings"]:
        complain(f"warning: {warning}")
    n_samples = summary["n_real"] + summary["n_fake"] + summary["n_no_face"]
    if summary["n_no_face"] > n_samples / 2:
        complain(f"no face was found in {summary['n_no_face']} of {n_samples} images; {CUT_OUT}")
    detector.save(out)
    held_out = summary["held_out_auc"]
    show_table(
        [
            ("model", f"{out} ({', '.join(made_of)})"),
            ("real", str(summary["n_real"])),
            ("fake", str(summary["n_fake"])),
            ("no face", f"{summary['n_no_face']} (left out)"),
            ("unreadable", f"{summary['n_unreadable']} (left out)"),
            (
                "AUC, 5-fold",
                "too few groups to tell" if held_out is None else f"{held_out:.3f} ({held_out_on})",
            ),
            ("threshold", f"{detector.threshold_:.6g}"),
        ]
    )
    leave(n_unreadable)
