"""``--ray`` of score and extract: the work on a cluster, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra._files import as_utf8, check_output, printable
from facespectra._wording import counted
from facespectra.cli.console import complain, complain_of, complain_of_notes, leave, progress_bar, say
from facespectra.cli.options import valid_aggregate, valid_faces
from facespectra.errors import DatasetError, FacespectraError

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.distributed.batches import ModelFile, Runtime
    from facespectra.distributed.run import Summary

CLUSTER = "On a cluster"

Address = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="local|auto|ray://...",
        help="Work by Ray Data: on this machine's processors, the cluster that runs here, or one elsewhere. "
        "A source can then also be s3://bucket/folder, Parquet with image bytes, or a WebDataset's tar file; "
        "-o is a folder of Parquet files.",
        show_default=False,
        rich_help_panel=CLUSTER,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Most workers to use, each of one thread, or of --threads. Those that there is no room for yet "
        "start on nodes that come later.",
        show_default="as many as there is room for now",
        rich_help_panel=CLUSTER,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Leave out what the folder -o holds already: go on.", rich_help_panel=CLUSTER
    ),
]
Sort = Annotated[
    bool,
    typer.Option("--sort", help="Put the rows in order of their paths in the end.", rich_help_panel=CLUSTER),
]

# What people may name out of habit.
_FILES = (".csv", ".jsonl", ".ndjson", ".txt", ".npz")


@dataclass(frozen=True, slots=True)
class Cluster:
    """The options above."""

    address: str
    workers: int | None = None
    resume: bool = False
    sort: bool = False
    quiet: bool = False


def refuse_without_ray(address: str | None, options: Mapping[str, bool]) -> None:
    """Refuse options that mean something on a cluster alone."""
    for name, given in options.items():
        if given and address is None:
            raise ValueError(f"{name} is for work on a cluster: add --ray local, or the address of one")


def refuse_with_ray(options: Mapping[str, bool]) -> None:
    """Refuse options that workers know nothing of."""
    for name, given in options.items():
        if given:
            raise ValueError(f"{name} is for one machine: leave it out, or --ray")


def score_on_cluster(
    cluster: Cluster,
    sources: Sequence[str],
    out: str | None,
    names: Sequence[str],
    settings: Mapping[str, Any],
    runtime: Mapping[str, Any],
    weights: str | None,
) -> None:
    """Do what ``facespectra score`` does."""
    from facespectra.detector.loading import load_bytes, model_bytes
    from facespectra.distributed.batches import ModelFile

    valid_faces(settings["faces"])
    valid_aggregate(settings["per_video"])
    contents = [model_bytes(name) for name in names]
    detectors = [load_bytes(content, name) for content, name in contents]
    identity = {**settings, "model_sha256": [one.sha256 for one in detectors]}
    summary = _run(
        cluster,
        "score",
        sources,
        out,
        settings=dict(settings),
        identity=identity,
        runtime=_runtime(runtime, weights),
        models=[
            ModelFile(as_utf8(name), content) for name, (content, _) in zip(names, contents, strict=True)
        ],
    )
    if not cluster.quiet:
        for scope in dict.fromkeys(one.words.scope for one in detectors):
            complain(scope)
        counts = ", ".join(f"{count} {label}" for label, count in sorted(summary.tally.items()))
        before = f", and {summary.n_before} were there" if summary.n_before else ""
        complain(f"{printable(out or '')}: {counts or 'nothing new'}{before}")
    leave(summary.unreadable + len(summary.problems))


def extract_on_cluster(
    cluster: Cluster,
    sources: Sequence[str],
    out: str,
    settings: Mapping[str, Any],
    runtime: Mapping[str, Any],
) -> None:
    """Do what ``facespectra extract`` does."""
    from facespectra.features import make_features

    width = make_features("spectrum", settings["feature_settings"], backend=runtime["backend"]).width
    summary = _run(
        cluster,
        "extract",
        sources,
        out,
        settings=dict(settings),
        identity=dict(settings),
        runtime=_runtime(runtime, None),
    )
    before = f", and {summary.n_before} files were there" if summary.n_before else ""
    n_ok = summary.tally["ok"]
    say(f"{out}: {n_ok} of {counted(summary.n_rows, 'image')}, {counted(width, 'feature')} each{before}")
    leave(summary.unreadable + len(summary.problems))


@contextmanager
def engine_on(
    address: str | None,
    detector: Detector | None,
    workers: int | None,
    runtime: Mapping[str, Any],
    weights: str | None,
) -> Iterator[None]:
    """Let a cluster do a detector's work on images for a while; without an address, nothing is different."""
    if address is None or detector is None:
        yield
        return
    from facespectra.distributed.connection import connected
    from facespectra.distributed.failures import in_one_line
    from facespectra.distributed.tables import Cluster as Engine

    with in_one_line(), connected(address) as inside:
        detector.engine = Engine(_runtime(runtime, weights), workers, inside)
        try:
            yield
        finally:
            detector.engine = None


def _runtime(given: Mapping[str, Any], weights: str | None) -> Runtime:
    from facespectra.distributed.batches import Runtime

    content = Path(weights).read_bytes() if weights is not None and Path(weights).is_file() else None
    threads = given["threads"] or 1
    return Runtime(**{**given, "threads": threads}, weights=weights, weights_content=content)


def _run(
    cluster: Cluster,
    command: str,
    sources: Sequence[str],
    out: str | None,
    *,
    settings: dict[str, Any],
    identity: dict[str, Any],
    runtime: Runtime,
    models: Sequence[ModelFile] = (),
) -> Summary:
    """Do the work, and tell what could not be read; raises where nothing could."""
    from facespectra.distributed import run
    from facespectra.distributed.agreement import Agreement
    from facespectra.distributed.connection import connected
    from facespectra.distributed.failures import in_one_line

    if out is None:
        raise ValueError("--ray writes a folder of Parquet files: add -o DIR")
    _check_out(out)
    if "-" in sources:
        raise ValueError("- is for one machine: with --ray, give folders, files, globs or URLs")
    job = run.Job(
        command=command,
        sources=tuple(sources),
        out=out,
        settings=settings,
        identity={"command": command, **identity},
        agreement=Agreement.here(runtime.backend),
        runtime=runtime,
        models=tuple(models),
        workers=cluster.workers,
        resume=cluster.resume,
        sort=cluster.sort,
        batches=run.BATCHES,
    )
    bar = nullcontext(None) if cluster.quiet else progress_bar(command)
    try:
        with in_one_line(), connected(cluster.address) as inside, bar as update:
            summary = (run.drive if inside else run.drive_from_afar)(job, update)
    except KeyboardInterrupt:
        complain("stopped; add --resume to go on")
        raise
    _tell(summary, out)
    return summary


def _check_out(out: str) -> None:
    from facespectra.distributed.storage import is_url

    if out.lower().endswith(_FILES):
        raise ValueError(
            f"{printable(out)}: with --ray, -o is a folder of Parquet files; give it another name"
        )
    if not is_url(out):
        check_output(Path(out), folder=True)


def _tell(summary: Summary, out: str) -> None:
    if summary.problems and not summary.n_files + summary.n_before:
        raise DatasetError(summary.problems[0])
    for problem in summary.problems:
        complain(problem)
    if summary.passed:
        complain(summary.passed)
    complain_of_notes(summary.notes, set())
    complain_of(summary.failures)
    if summary.unreadable > len(summary.failures):
        more = summary.unreadable - len(summary.failures)
        complain(f"{more} more could not be read; their status in {printable(out)} says why")
    if summary.n_files and summary.unreadable >= summary.n_files:
        raise FacespectraError(f"none of {counted(summary.n_files, 'input')} could be read")
