"""The whole lab: databases in, three tasks, one folder out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from facespectra._progress import Progress
from facespectra.detector import Detector
from facespectra.errors import FacespectraError, ModelError
from facespectra.faces import FaceCropper
from facespectra.features.cache import Cache, key_of
from facespectra.features.extraction import Extractor
from facespectra.features.feature_sets import (
    FeatureSet,
    RegionFeatureSet,
    ResNet50Features,
    Runtime,
    SpectrumFeatures,
)
from facespectra.features.status import Status
from facespectra.lab import invariance
from facespectra.lab.differences import Separation, compared, separation
from facespectra.lab.experiments import Trainer
from facespectra.lab.subsets import Subset, read_subset, union, without_repeats
from facespectra.lab.swaps import swaps_of
from facespectra.lab.tasks import SWAPS_OF, TaskResult, Training, task_1, task_2, task_3

Watch: TypeAlias = Callable[[str], AbstractContextManager[Progress]]
"""Makes what shows the progress of a stage, from the name of the stage."""

CACHE = ".cache"
AUGMENTATIONS = ("flip", "rotate")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """What to run the lab on.

    Attributes
    ----------
    task1, task23 : Path
        The databases of Task 1, and of Tasks 2 and 3.
    out : Path
        The folder for everything, the cache among it.
    extra : Path or None
        The extra training set.
    resnet_weights : str or None
        As in :class:`facespectra.DeepFeatures`. None looks for torchvision's.
    download : bool
        Whether these may be downloaded.
    seed : int
        Of what is random.
    backend, threads, device, precision
        As for :class:`facespectra.Detector`.
    rendered : bool
        Whether the pictures were drawn by :mod:`facespectra.rendered.database`: every page then says so.
    command : str
        What was called, for the pages.
    """

    task1: Path
    task23: Path
    out: Path
    extra: Path | None = None
    resnet_weights: str | None = None
    download: bool = True
    seed: int = 0
    backend: str | None = None
    threads: int | None = None
    device: str | None = None
    precision: str = "auto"
    rendered: bool = False
    command: str = ""


@dataclass(slots=True)
class LabResult:
    """What came out.

    Attributes
    ----------
    settings : LabSettings
        As given.
    tasks : dict of int to TaskResult
        By number.
    parts : list of Subset
        What was read, before anything was joined; with copies.
    separations : tuple of Separation
        Of Task 1 and of the other database; empty where a class is missing.
    comparison : dict
        From :func:`facespectra.lab.differences.compared`; empty likewise.
    invariance : dict
        From :func:`facespectra.lab.invariance.measured`.
    notes : list of str
        What a reader must know.
    skipped : dict of str to str
        What there was not, and why.
    weights : str
        Which ResNet-50 was used; empty where there was none.
    work : dict of str to (int, int)
        By stage: entries reused from the cache, and computed.
    unreadable : list of (path, reason)
        Files.
    """

    settings: LabSettings
    tasks: dict[int, TaskResult]
    parts: list[Subset]
    separations: tuple[Separation, ...] = ()
    comparison: dict[str, Any] = field(default_factory=dict)
    invariance: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    weights: str = ""
    work: dict[str, tuple[int, int]] = field(default_factory=dict)
    unreadable: list[tuple[str, Status]] = field(default_factory=list)


def run_lab(settings: LabSettings, watch: Watch) -> LabResult:
    """Run the three tasks, and write nothing but the cache.

    Parameters
    ----------
    settings : LabSettings
        On what, and how.
    watch : callable
        Shows how a stage gets on.

    Returns
    -------
    LabResult

    Raises
    ------
    DatasetError
        If a data set is not understood.
    ModelError
        If a file of weights was given and cannot be used.
    """
    development = read_subset(settings.task1, "train", "Task_1/development", AUGMENTATIONS)
    evaluation = read_subset(settings.task1, "test", "Task_1/evaluation")
    other = read_subset(settings.task23, "test", "Task_2_3/evaluation")
    extra = read_subset(settings.extra, "train", "extra", AUGMENTATIONS) if settings.extra else None
    cache = Cache(settings.out / CACHE)
    weights, no_weights = _weights(settings, cache)
    extractor = _extractor(settings, cache, weights)
    deep = [] if weights is None else ["resnet50"]
    result = LabResult(settings, {}, [part for part in (development, evaluation, other, extra) if part])

    plain = development.originals()
    _extract(plain, extractor, ["spectrum", "regions", *invariance.STAGES, *deep], watch)
    _extract(evaluation, extractor, ["spectrum", "regions"], watch)
    trainer = Trainer(
        cache,
        seed=settings.seed,
        backend=settings.backend,
        threads=settings.threads,
        device=settings.device,
        precision=settings.precision,
    )
    with watch("Task 1") as progress:
        result.tasks[1] = task_1(trainer, plain, evaluation)
        progress(1, 1)
    _extract(other, extractor, ["spectrum", "regions", *deep], watch)
    with watch("Task 2") as progress:
        result.tasks[2] = task_2(trainer, result.tasks[1], plain, other)
        progress(1, 1)
    _explain(result, plain, other)

    _extract(development, extractor, ["spectrum"], watch)
    result.invariance = invariance.measured(plain, development)
    if extra is not None:
        # The network sees no copies: no experiment trains it on them.
        _extract(extra, extractor, ["spectrum"], watch)
    training = _training(result, extractor, plain, development, extra, other, weights, watch)
    training.no_weights = no_weights
    _swap(training, extractor, cache, settings, watch)
    with watch("Task 3") as progress:
        result.tasks[3] = task_3(trainer, result.tasks[1], training, evaluation, other)
        progress(1, 1)

    if training.no_extra:
        result.skipped["extra set"] = training.no_extra
    if weights is not None:
        result.weights = f"weights of SHA-256 {weights.network.sha256}"
    if no_weights:
        result.skipped["ResNet-50"] = no_weights
    _notice(result, extractor)
    stages = dict.fromkeys([*cache.reused, *cache.computed])
    result.work = {stage: (cache.reused[stage], cache.computed[stage]) for stage in stages}
    return result


def _weights(settings: LabSettings, cache: Cache) -> tuple[ResNet50Features | None, str]:
    """The network's features, or why there are none. A file that was asked for by name must be usable."""
    given = settings.resnet_weights is not None
    if not given and not settings.download:
        from facespectra.deep.weights import find_weights

        try:
            find_weights(None, download=False)
        except ModelError as error:
            return None, str(error)
    features = ResNet50Features(
        Runtime(device=settings.device, weights=settings.resnet_weights, precision=settings.precision)
    )
    try:
        # Loaded before, they are as good again: where all features are cached, nobody needs the network.
        key = key_of(**features.depends)
        if cache.fetch("weights", key) is None:
            features.network.load()
            cache.store("weights", key, b"")
    except FacespectraError as error:
        if given:
            raise
        return None, str(error)
    return features, ""


def _extractor(settings: LabSettings, cache: Cache, deep: ResNet50Features | None) -> Extractor:
    runtime = Runtime(backend=settings.backend, threads=settings.threads)
    stages: dict[str, FeatureSet] = {
        "spectrum": SpectrumFeatures(runtime),
        **invariance.feature_sets(runtime),
        "regions": RegionFeatureSet(runtime),
    }
    if deep is not None:
        stages["resnet50"] = deep
    return Extractor(FaceCropper(device=settings.device), stages, cache=cache, threads=settings.threads)


def _extract(part: Subset, extractor: Extractor, names: list[str], watch: Watch) -> None:
    with watch(part.name) as progress:
        part.extract(extractor, names, progress)


def _explain(result: LabResult, own: Subset, other: Subset) -> None:
    found = [separation(part) for part in (own, other)]
    pair = tuple(one for one in found if one is not None)
    if len(pair) == len(found):
        result.separations = pair
        result.comparison = compared(*pair)


def _training(
    result: LabResult,
    extractor: Extractor,
    plain: Subset,
    augmented: Subset,
    extra: Subset | None,
    other: Subset,
    deep: ResNet50Features | None,
    watch: Watch,
) -> Training:
    """Put together what Task 3 trains on; no photograph of the test set is in it."""
    tested = [extractor.digest(path) for path in other.samples["path"]]

    def clean(part: Subset) -> Subset:
        cleaned, in_test, repeated = without_repeats(part, extractor.digest, tested)
        if in_test:
            result.notes.append(
                f"{in_test} samples of {part.name} are in {other.name}, too: Task 3 did not train on them"
            )
        if repeated:
            result.notes.append(f"{repeated} samples are in {part.name} twice: Task 3 took them once")
        return cleaned

    training = Training(clean(plain), without_repeats(augmented, extractor.digest, tested)[0])
    if extra is None:
        training.no_extra = "no extra training set was given (--extra DIR)"
    else:
        training.extra_augmented = clean(extra)
        training.extra = training.extra_augmented.originals()
        _extract(training.extra, extractor, ["regions", *["resnet50"] * (deep is not None)], watch)
        training.both = clean(union(f"{plain.name} + extra", training.plain, training.extra))
    if deep is not None and deep.network.weights is not None:
        training.weights = {"weights": deep.network.weights}
    return training


def _swap(
    training: Training, extractor: Extractor, cache: Cache, settings: LabSettings, watch: Watch
) -> None:
    """Make synthetic swaps of the real samples that there are to train on."""
    detector = Detector("regions", "experts", seed=settings.seed, device=settings.device)
    made = []
    for part in (training.plain, training.extra):
        if part is not None:
            with watch(f"swaps of {part.name}") as progress:
                made.append(swaps_of(part, detector, extractor, cache, seed=settings.seed, progress=progress))
                progress(1, 1)
    training.swaps = made[0]
    if training.both is not None and made[0] is not None and made[1] is not None:
        training.swaps_both = union(f"{SWAPS_OF} {training.both.name}", made[0], made[1])


def _notice(result: LabResult, extractor: Extractor) -> None:
    """Collect what a reader of the figures must know."""
    digests = {
        part.name: {extractor.digest(path) for path in part.samples["path"]} - {None} for part in result.parts
    }
    development, evaluation = digests["Task_1/development"], digests["Task_1/evaluation"]
    if shared := len(development & evaluation):
        result.notes.append(
            f"{shared} files are both in Task_1/development and in Task_1/evaluation: "
            "the figures of Task 1 are too good"
        )
    reasons: Counter[tuple[str, Status]] = Counter()
    for part in result.parts:
        if "spectrum" in part.tables:
            reasons.update(part.tables["spectrum"].unreadable)
    result.unreadable = list(reasons)


def final_detectors(result: LabResult) -> dict[str, Detector]:
    """Give the detectors that Tasks 1 and 3 are answered with, by the name of the file to keep them in.

    Parameters
    ----------
    result : LabResult
        From :func:`run_lab`.

    Returns
    -------
    dict
        Task 2's is Task 1's.
    """
    names = {1: "task1.model", 3: "task3.model"}
    found = {name: result.tasks[number].detector for number, name in names.items()}
    return {name: detector for name, detector in found.items() if detector is not None}
