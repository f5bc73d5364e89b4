"""The three tasks from databases to results."""

from __future__ import annotations

from facespectra._progress import Watch
from facespectra.detector import Detector
from facespectra.evaluation.class_spectra import ClassSpectra, measure_class_spectra
from facespectra.features.cache import Cache
from facespectra.features.extraction import Extractor
from facespectra.features.status import Status
from facespectra.lab.databases import Databases, extract_features, read_databases
from facespectra.lab.differences import BANDS, compare_databases
from facespectra.lab.experiments import Trainer
from facespectra.lab.features import load_efficientnet, load_resnet50, make_extractor
from facespectra.lab.invariance import measure_invariance
from facespectra.lab.result import CACHE, LabResult, LabSettings
from facespectra.lab.subsets import Subset
from facespectra.lab.tasks import task_1, task_2, task_3
from facespectra.lab.training_sets import make_training_sets


def run_lab(settings: LabSettings, watch: Watch) -> LabResult:
    """Run the three tasks; write nothing but the cache.

    Raises DatasetError if a database cannot be read, and ModelError if the given weights cannot be used.
    """
    databases = read_databases(settings.task1, settings.task23, settings.extra)
    cache = Cache(settings.out / CACHE)
    resnet50, no_resnet50 = load_resnet50(settings, cache)
    efficientnet, no_efficientnet = load_efficientnet(settings)
    networks = {"resnet50": resnet50, "efficientnet-lite0": efficientnet}
    extractor = make_extractor(settings, cache, networks)
    extract_features(databases, extractor, watch)

    development, evaluation, other = databases.development, databases.evaluation, databases.other
    # What compares regions of a face: the default model's features, or the next best.
    faces = "texture" if efficientnet else "regions"
    crop = not settings.whole
    generator = Detector(faces, "experts", crop=crop, seed=settings.seed, device=settings.device)
    sets = make_training_sets(databases, extractor, generator, watch)
    trainer = Trainer(
        cache,
        weights=resnet50.network.weights if resnet50 else None,
        missing={"resnet50": no_resnet50, "efficientnet-lite0": no_efficientnet},
        crop=crop,
        seed=settings.seed,
        backend=settings.backend,
        threads=settings.threads,
        device=settings.device,
        precision=settings.precision,
    )
    with watch("tasks") as progress:
        first = task_1(trainer, development, evaluation)
        progress(1, 3)
        second = task_2(trainer, first, development, other)
        progress(2, 3)
        third = task_3(trainer, first, sets, evaluation, other, faces=faces)
        progress(3, 3)

    stages = dict.fromkeys([*cache.reused, *cache.computed])
    class_spectra = _class_spectra(development, other)
    return LabResult(
        settings=settings,
        tasks={1: first, 2: second, 3: third},
        subsets=databases.subsets,
        class_spectra=class_spectra,
        comparison=compare_databases(*class_spectra) if class_spectra else {},
        invariance=measure_invariance(development, databases.augmented),
        notes=[*sets.notes, *_shared_files(databases, extractor)],
        resnet50=f"weights of SHA-256 {resnet50.network.sha256}" if resnet50 else no_resnet50,
        efficientnet=f"weights of SHA-256 {efficientnet.network.sha256}" if efficientnet else no_efficientnet,
        cache_counts={stage: (cache.reused[stage], cache.computed[stage]) for stage in stages},
        unreadable=_unreadable(databases),
    )


def _class_spectra(*subsets: Subset) -> tuple[ClassSpectra, ...]:
    """Spectra of the classes in each subset; empty if one of them lacks a class."""
    measured = []
    for subset in subsets:
        table = subset.table("spectrum")
        matrix, labels = table.matrix[table.ok], subset.labels[table.ok]
        spectra = measure_class_spectra(matrix, labels, name=subset.name, n_bands=BANDS)
        if spectra is None:
            return ()
        measured.append(spectra)
    return tuple(measured)


def _shared_files(databases: Databases, extractor: Extractor) -> list[str]:
    """Warn of files that Task 1 both trains and tests on."""
    development, evaluation = (
        {extractor.digest(path) for path in subset.samples["path"]} - {None}
        for subset in (databases.development, databases.evaluation)
    )
    n_shared = len(development & evaluation)
    if not n_shared:
        return []
    return [
        f"{n_shared} files are in both Task_1/development and Task_1/evaluation: "
        "Task 1 looks better than it is"
    ]


def _unreadable(databases: Databases) -> list[tuple[str, Status]]:
    """Path and status of each file that could not be read, once."""
    pairs = (pair for subset in databases.subsets for pair in subset.table("spectrum").unreadable)
    return list(dict.fromkeys(pairs))
