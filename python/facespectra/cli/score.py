"""``facespectra score``: images and videos into verdicts, one line each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra._files import printable
from facespectra._wording import counted
from facespectra.cli.cluster import (
    Address,
    Cluster,
    Sort,
    Workers,
    refuse_with_ray,
    refuse_without_ray,
    score_on_cluster,
)
from facespectra.cli.console import complain, complain_of, find_sources, leave, progress_bar
from facespectra.cli.options import (
    FACES_AND_VIDEOS,
    Backend,
    Cache,
    Device,
    Faces,
    Frames,
    PerVideo,
    Precision,
    ResNetWeights,
    Threads,
    Truncated,
    one_of,
    valid_aggregate,
    valid_faces,
)
from facespectra.cli.piped import Piped, read_piped
from facespectra.cli.progress import hide_bars
from facespectra.cli.terminal import Terminal, terminal_of
from facespectra.cli.verdict_files import (
    CsvWriter,
    JsonWriter,
    Writer,
    format_of,
    opened,
    read_done,
)
from facespectra.cli.verdict_table import Row, TableWriter
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.detector.streaming import Unit
    from facespectra.detector.verdicts import Verdict

DEFAULT = "default"


def score(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Image or video files, folders or globs; - is what is piped: a list of these, or one file.",
            show_default=False,
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model file that train wrote, or one of our own: default, regions. May be given again.",
            show_default="default",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write here, as it goes, instead of to stdout: .csv, .jsonl, or .txt for the table.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="table|csv|jsonl",
            autocompletion=one_of("table", "csv", "jsonl"),
            help="What to write.",
            show_default="as FILE is named, else table",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Leave out what FILE holds already: go on where a run was stopped."),
    ] = False,
    faces: Faces = None,
    frames: Frames = N_FRAMES,
    per_frame: Annotated[
        bool,
        typer.Option(
            "--per-frame", help="One line for each frame of a video.", rich_help_panel=FACES_AND_VIDEOS
        ),
    ] = False,
    per_video: PerVideo = "mean",
    per_folder: Annotated[
        bool,
        typer.Option(
            "--per-folder",
            help="One line for each folder of frames, as for a video.",
            rich_help_panel=FACES_AND_VIDEOS,
        ),
    ] = False,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    cache: Cache = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Give the face's box and the features behind a reason, too."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Tell nothing but verdicts and errors.")
    ] = False,
    truncated: Truncated = False,
    ray: Address = None,
    workers: Workers = None,
    sort: Sort = False,
) -> None:
    """Score images and videos: the higher, the more likely a swap or a fake.

    One line for each image and video, in the order of the sources: label at the model's threshold, score,
    what most supports the label, and what else to know. Our own model says swap or
    no-swap-found, never real: it knows face swaps alone. Any other model says fake or real. Where a model
    knows that its score means little, or the signs are too weak, it says cannot-tell. Of several models the
    first one that finds a fake decides, and each line names the one that does.

    Examples
    --------
    facespectra score photo.jpg
    facespectra score photos/ video.mp4 -o scores.csv --resume
    facespectra score s3://bucket/photos -o s3://bucket/scores --ray auto
    """
    from facespectra._files import check_output
    from facespectra.detector.streaming import StreamSettings, stream_verdicts, units_of
    from facespectra.errors import FacespectraError

    refuse_without_ray(ray, {"--workers": workers is not None, "--sort": sort})
    if ray is not None:
        refuse_with_ray(
            {"--per-folder": per_folder, "--cache": cache is not None, "--format": form is not None}
        )
        score_on_cluster(
            Cluster(ray, workers, resume=resume, sort=sort, quiet=quiet),
            sources,
            out,
            model or [DEFAULT],
            {"faces": faces, "frames": frames, "per_video": per_video, "per_frame": per_frame},
            {"threads": threads, "backend": backend, "device": device, "precision": precision},
            resnet_weights,
        )
        return
    file = None if out is None else Path(out)
    form = format_of(form, file)
    if resume and (file is None or form == "table"):
        raise ValueError("--resume goes on in a file: add -o FILE with a name in .csv or .jsonl")
    if file is not None:
        check_output(file, grows=True)
    names = model or [DEFAULT]
    settings = StreamSettings(
        frames=frames,
        faces=valid_faces(faces),
        per_video=valid_aggregate(per_video),
        per_frame=per_frame,
    )
    runtime = {
        "backend": backend,
        "threads": threads,
        "device": device,
        "precision": precision,
        "cache": cache,
    }
    detectors = _load(names, resnet_weights, runtime)
    hashes = [one.sha256 for one in detectors]
    piped = context.with_resource(read_piped(sources))
    files, n_missing = find_sources(piped.sources, as_named=True)
    units = [unit._replace(name=piped.as_given(unit.name)) for unit in units_of(files, per_folder=per_folder)]
    done = (
        read_done(file, form, dict(zip(hashes, names, strict=True)))
        if resume and file is not None
        else Counter[str]()
    )
    left = _without(units, done)
    tally, n_unreadable, n_done, pending = Counter[str](), 0, len(units) - len(left), ""
    terminal = terminal_of(sys.stdout) if file is None else None
    writer = _writer(
        form, units, several=len(names) > 1, verbose=verbose, per_frame=per_frame, terminal=terminal
    )
    bar = nullcontext(None) if quiet else progress_bar("score")
    try:
        with opened(file, _echo, append=bool(done)) as write, bar as update:
            # Nothing is written as long as nothing could be read.
            pending = "" if done else writer.head()
            for outcome in stream_verdicts(detectors, left, settings, update):
                n_done += 1
                n_unreadable += complain_of(
                    (piped.as_given(path), status) for path, status in outcome.unreadable
                )
                pending += "".join(
                    writer.line(Row(_as_given(one.verdict, piped), names[one.which], hashes[one.which]))
                    for one in outcome.decided
                )
                tally.update(
                    one.verdict.label or one.verdict.status.partition(":")[0] for one in outcome.decided
                )
                if done or tally.total() > tally["unreadable"]:
                    write(pending)
                    pending = ""
    except KeyboardInterrupt:
        goes_on = "; add --resume to go on" if file is not None and form != "table" else ""
        complain(f"stopped after {n_done} of {counted(len(units), 'input')}{goes_on}")
        raise
    if pending and left:
        raise FacespectraError(f"none of {counted(len(left), 'input')} could be read")
    if not quiet:
        for scope in dict.fromkeys(one.words.scope for one in detectors):
            complain(scope)
    if faces is None and tally["no-face"] > (tally.total() - tally["unreadable"]) / 2:
        complain(
            f"no face was found in {tally['no-face']} of {counted(tally.total(), 'input')}; where these are "
            "faces that were cut file already, add --faces whole"
        )
    # The only line of a table says it all.
    if not quiet and (file is not None or (form == "table" and tally.total() > 1)):
        counts = ", ".join(f"{count} {label}" for label, count in sorted(tally.items()))
        before = f", and {len(units) - len(left)} were there" if done else ""
        where = counted(tally.total(), "verdict") if file is None else printable(file)
        complain(f"{where}: {counts or 'nothing new'}{before}")
    leave(n_unreadable + n_missing)


def _echo(text: str) -> None:
    hide_bars()
    # Not so that Click takes out of names what looks like the colours of a terminal.
    typer.echo(text, nl=False, color=True)
    sys.stdout.flush()


def _as_given(verdict: Verdict, piped: Piped) -> Verdict:
    """A verdict with its path as the user knows it."""
    if not piped.file:
        return verdict
    frames = tuple(_as_given(one, piped) for one in verdict.frames)
    return replace(verdict, path=piped.as_given(verdict.path), frames=frames)


def _without(units: Sequence[Unit], done: Counter[str]) -> list[Unit]:
    """Leave out what was done before, an input that is named twice as often as it was done."""
    left, found = [], done.copy()
    for unit in units:
        if found[unit.name] > 0:
            found[unit.name] -= 1
        else:
            left.append(unit)
    return left


def _writer(
    form: str,
    units: Sequence[Unit],
    *,
    several: bool,
    verbose: bool,
    per_frame: bool,
    terminal: Terminal | None,
) -> Writer:
    if form == "csv":
        return CsvWriter()
    if form == "jsonl":
        return JsonWriter()
    names = [unit.name for unit in units]
    return TableWriter(names, several=several, verbose=verbose, per_frame=per_frame, terminal=terminal)


def _load(names: list[str], weights: str | None, runtime: dict[str, Any]) -> list[Detector]:
    from facespectra.detector import load

    if len(names) == 1:
        return [load(names[0], weights=weights, **runtime)]
    # Of several models, the weights are for those that use ResNet-50.
    takes_weights = [load(name, **runtime).feature_set.takes_weights for name in names]
    return [
        load(name, weights=weights if takes else None, **runtime)
        for name, takes in zip(names, takes_weights, strict=True)
    ]
