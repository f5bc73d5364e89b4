"""Ray datasets of images and videos into datasets of verdicts or features."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._extras import require
from facespectra._files import PathLike, as_utf8
from facespectra.detector.inputs import FACES, WHOLE
from facespectra.detector.loading import load_bytes, model_bytes
from facespectra.distributed.agreement import Agreement
from facespectra.distributed.batches import ExtractBatch, ModelFile, Runtime, ScoreBatch
from facespectra.distributed.workers import ROWS, pool_of
from facespectra.evaluation.aggregation import AGGREGATES
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from ray.data import Dataset

    from facespectra.evaluation.aggregation import Aggregate


def score(
    ds: Dataset,
    model: PathLike | Sequence[PathLike] | None = None,
    *,
    faces: str | None = None,
    frames: int = N_FRAMES,
    per_video: Aggregate = "mean",
    per_frame: bool = False,
    workers: int | None = None,
    threads: int = 1,
    backend: str | None = None,
    device: str | None = None,
    gpus: float | None = None,
    precision: str = "auto",
    weights: PathLike | None = None,
) -> Dataset:
    """Score the images and videos of a Ray dataset, lazily, on all of its cluster.

    Parameters
    ----------
    ds : ray.data.Dataset
        With a column ``path``, of files on a file system that all nodes share or URLs such as
        ``s3://bucket/key``; or ``bytes``, the contents of files; or both, where paths are names.
    model : path-like or sequence of path-like, optional
        A model file on this machine, or ``"default"`` or ``"regions"``; its content goes to the workers. Of
        several, the first one that finds a fake decides.
    faces, frames, per_video
        As for :meth:`facespectra.Detector.predict`.
    per_frame : bool
        One row for each frame of a video, with its number in the column ``frame``.
    workers : int, optional
        Most workers; default: as many as the cluster has room for now, beside what reads and writes. More
        start on nodes that come later.
    threads : int
        Threads of each worker, which takes as many processors.
    backend, device, precision, weights : optional
        As for :func:`facespectra.load`. A file of weights goes to the workers, too.
    gpus : float, optional
        GPUs that a worker takes; default: one where `device` is ``"cuda"``.

    Returns
    -------
    ray.data.Dataset
        A row for each row, in no particular order, with all of its columns but ``bytes``, and those of
        ``facespectra score``'s CSV: ``score``, ``label``, ``x0``, ``y0``, ``x1``, ``y1``, ``status``,
        ``reason``, ``faces``, ``threshold``, ``feature``, ``note``, ``model``, ``model_sha256``. Where the
        dataset has one of these already, such as a ``label``, ours is called ``predicted_label``. A file that
        cannot be read is a row with a status that says why.

    Raises
    ------
    ClusterError
        If the cluster is too small. A worker whose versions are not this machine's raises it, too, once the
        dataset is read.
    ModelError, ValueError
        If a model or an argument is wrong.

    Examples
    --------
    >>> import ray
    >>> from facespectra import distributed
    >>> ds = ray.data.from_items([{"path": "a.jpg"}, {"path": "s3://bucket/b.mp4"}])  # doctest: +SKIP
    >>> distributed.score(ds).write_parquet("scores")  # doctest: +SKIP
    """
    if faces not in (None, *FACES):
        raise ValueError(f"faces must be {', '.join(FACES)}, not {faces!r}")
    if per_video not in AGGREGATES:
        raise ValueError(f"per_video must be {', '.join(AGGREGATES)}, not {per_video!r}")
    models = model_files(model)
    pool = pool_of(threads=threads, workers=workers, device=device, gpus=gpus)
    settings = {
        "model": models,
        "faces": faces,
        "frames": frames,
        "per_video": per_video,
        "per_frame": per_frame,
        "runtime": runtime_of(pool.threads, backend, device, precision, weights),
        "agreement": Agreement.here(backend),
    }
    return pool.map(in_batches(ds), ScoreBatch, **settings)


def extract(
    ds: Dataset,
    features: str = "spectrum",
    *,
    faces: str = WHOLE,
    frames: int = N_FRAMES,
    feature_settings: Mapping[str, Any] | None = None,
    crop_settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
    threads: int = 1,
    backend: str | None = None,
    device: str | None = None,
    gpus: float | None = None,
    precision: str = "auto",
    weights: PathLike | None = None,
) -> Dataset:
    """Compute features of the images and videos of a Ray dataset, lazily, on all of its cluster.

    Parameters
    ----------
    ds : ray.data.Dataset
        As for :func:`score`. A column ``frame`` names the frame of a video to take; missing for images.
    features : str
        A feature set, as for :class:`facespectra.Detector`.
    faces : {"whole", "largest", "all"}
        Whole images, as ``facespectra extract`` takes them; the largest face of each; or all, a row each.
    frames : int
        Frames of each video, evenly spread.
    feature_settings, crop_settings : mapping, optional
        As for :class:`facespectra.Detector`.
    workers, threads, backend, device, gpus, precision, weights
        As for :func:`score`.

    Returns
    -------
    ray.data.Dataset
        A row for each image and frame, with all columns but ``bytes``; ``frame``, its number in a video;
        ``status``, ``note`` and the features ``f000``, ``f001``, ..., which are NaN where the status is not
        ``"ok"``. Spectra are in the precision of their settings, all other features float64.

    Raises
    ------
    ClusterError, ValueError
        As for :func:`score`.
    """
    if faces not in FACES:
        raise ValueError(f"faces must be {', '.join(FACES)}, not {faces!r}")
    pool = pool_of(threads=threads, workers=workers, device=device, gpus=gpus)
    settings: dict[str, Any] = {
        "features": features,
        "faces": faces,
        "frames": frames,
        "feature_settings": dict(feature_settings or {}),
        "crop_settings": dict(crop_settings or {}),
        "runtime": runtime_of(pool.threads, backend, device, precision, weights),
    }
    # Unknown names and settings fail here, in one line, and not in a worker.
    ExtractBatch(**settings)
    return pool.map(in_batches(ds), ExtractBatch, **settings, agreement=Agreement.here(backend))


def in_batches(ds: Dataset) -> Dataset:
    """Divide a dataset into blocks that workers have at a time: many paths in one would go to one worker."""
    return ds.repartition(target_num_rows_per_block=ROWS)


def model_files(model: PathLike | Sequence[PathLike] | None) -> list[ModelFile]:
    """Read models, check that they load, and put their contents where workers fetch them."""
    import ray

    models: list[PathLike | None]
    models = [model] if model is None or isinstance(model, str | os.PathLike) else list(model)
    files = []
    for one in models:
        content, name = model_bytes(one)
        load_bytes(content, name)
        files.append(ModelFile("default" if one is None else as_utf8(str(one)), ray.put(content)))
    return files


def runtime_of(
    threads: int, backend: str | None, device: str | None, precision: str, weights: PathLike | None
) -> Runtime:
    """How workers compute; a file of weights is put where they fetch it."""
    import ray

    require("ray", "ray")
    if weights is None:
        return Runtime(threads, backend, device, precision)
    file = Path(weights)
    content = ray.put(file.read_bytes()) if file.is_file() else None
    return Runtime(threads, backend, device, precision, str(weights), content)
