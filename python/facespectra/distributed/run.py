"""A command's work on a cluster, from sources to parts, and what came of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from facespectra.distributed.agreement import Agreement
from facespectra.distributed.attempts import new_attempts
from facespectra.distributed.batches import ModelFile, Runtime
from facespectra.distributed.connection import quiet, set_context
from facespectra.distributed.keys import Done
from facespectra.distributed.listing import count
from facespectra.distributed.packing import unpack
from facespectra.distributed.parts import (
    Output,
    begin,
    leftovers,
    read_done,
    replace_sorted,
    write_part,
)
from facespectra.distributed.steps import KEPT, ExtractStep, ScoreStep, list_step, read_step
from facespectra.distributed.workers import NONE, pool_of

if TYPE_CHECKING:
    import pyarrow as pa

    from facespectra._progress import Progress

BATCHES = 32
"""Batches in a part: about a thousand files."""
IN_SORTED = 100_000
"""Rows in a part, once they are sorted."""
SCORE, EXTRACT = "score", "extract"
_BLOCKS: dict[str, Any] = {"batch_size": None, "batch_format": "pyarrow"}
_KEY = "_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a run needs to know; plain data, so that it can be sent to a cluster."""

    command: str
    sources: tuple[str, ...]
    out: str
    settings: dict[str, Any]  # of the callable
    identity: dict[str, Any]  # what must be the same where the run is gone on with
    agreement: Agreement
    runtime: Runtime
    models: tuple[ModelFile, ...] = ()
    workers: int | None = None
    gpus: float | None = None
    resume: bool = False
    sort: bool = False
    batches: int = BATCHES


@dataclass(slots=True)
class Summary:
    """What came of a run."""

    n_files: int = 0
    n_rows: int = 0
    n_before: int = 0  # inputs that the output held already
    unreadable: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passed: str = ""


def drive(job: Job, update: Progress | None = None) -> Summary:
    """Do the work on the cluster that is connected."""
    import ray
    from ray.data import DataContext, TaskPoolStrategy

    pool = pool_of(threads=job.runtime.threads, workers=job.workers, device=job.runtime.device, gpus=job.gpus)
    output = Output(job.out, job.agreement.folder)
    run = begin(output, job.identity, resume=job.resume)
    before = output.parts()
    done = Done(read_done(output, before))
    before = output.parts()
    summary = Summary(n_before=len(done))
    keys = ray.put(done)
    where = (list(job.sources), job.agreement.folder, keys)
    total = _Total(ray.remote(num_cpus=0)(_count).remote(*where))
    context = DataContext.get_current().copy()
    set_context(context)
    with DataContext.current(context):
        ds: Any = ray.data.from_items([{"run": run}])
        given = dict(zip(("sources", "folder", "done"), where, strict=True))
        at_once = max(2, pool.size)
        # One task lists, several read: Ray makes one step of two that are alike, and one task would do all.
        for step, n in ((list_step, 1), (read_step, at_once)):
            ds = ds.map_batches(step, fn_kwargs=given, compute=TaskPoolStrategy(n), num_cpus=NONE, **_BLOCKS)
        ds = pool.map(ds, ScoreStep if job.command == SCORE else ExtractStep, **_settings(job))
        write = partial(_write, output=output, run=run)
        ds = ds.map_batches(
            write,
            compute=TaskPoolStrategy(at_once),
            num_cpus=NONE,
            batch_size=job.batches,
            batch_format="pyarrow",
        )
        written = set(before)
        for part in ds.iter_batches(**_BLOCKS):
            for text in part["summary"].to_pylist():
                written.add(_add(summary, json.loads(text)))
            if update is not None:
                update(summary.n_files, total.now())
    n_all, summary.passed, summary.problems = total.wait()
    if update is not None and n_all:
        update(summary.n_files, n_all)
    leftovers(output, written)
    if job.sort:
        replace_sorted(output, _in_order(output, context))
    return summary


class _Driver:
    """Does the work from within a cluster: a client from afar has not all that Ray Data needs."""

    def __init__(self) -> None:
        self.done = (0, 0)

    def drive(self, job: Job) -> Summary:
        """See :func:`drive`."""
        quiet()

        def update(done: int, total: int) -> None:
            self.done = done, total

        return drive(job, update)

    def progress(self) -> tuple[int, int]:
        """How many files are done, and of how many."""
        return self.done


def drive_from_afar(job: Job, update: Progress | None = None) -> Summary:
    """Do the work on the cluster that this process is a client of."""
    import ray

    # Two calls at a time: one does the work, the other asks how far it is.
    remote: Any = ray.remote
    driver = remote(num_cpus=0, max_concurrency=2)(_Driver).remote()
    result = driver.drive.remote(job)
    while not ray.wait([result], timeout=1)[0]:
        if update is not None:
            update(*ray.get(driver.progress.remote()))
    summary: Summary = ray.get(result)
    return summary


def _settings(job: Job) -> dict[str, Any]:
    import ray

    settings = {
        **job.settings,
        "sources": job.sources,
        "agreement": job.agreement,
        "attempts": new_attempts(),
    }
    if job.command == SCORE:
        settings["model"] = [ModelFile(one.name, ray.put(one.content)) for one in job.models]
    content = job.runtime.weights_content
    runtime = job.runtime
    if isinstance(content, bytes):
        values = {name: getattr(runtime, name) for name in Runtime.__dataclass_fields__}
        runtime = Runtime(**(values | {"weights_content": ray.put(content)}))
    return settings | {"runtime": runtime}


def _count(sources: Sequence[str], folder: str, done: Done) -> tuple[int | None, str, list[str]]:
    return count(sources, folder, done)


class _Total:
    """How many files there are, once it is known."""

    def __init__(self, reference: Any) -> None:
        self.reference = reference
        self.known: tuple[int | None, str, list[str]] | None = None

    def now(self) -> int:
        """The number; 0 as long as it is not known."""
        import ray

        if self.known is None and ray.wait([self.reference], timeout=0)[0]:
            self.wait()
        return (self.known[0] if self.known is not None else None) or 0

    def wait(self) -> tuple[int | None, str, list[str]]:
        """The number, what was passed over, and sources without files."""
        import ray

        if self.known is None:
            self.known = ray.get(self.reference)
        return self.known


def _write(batches: pa.Table, output: Output, run: str) -> pa.Table:
    """Write batches as a part, and give what is to be told of them."""
    import pyarrow as pa

    tables = [table for table in unpack(batches) if len(table)]
    if not tables:
        return pa.table({"summary": pa.array([], pa.string())})
    table = pa.concat_tables(tables)
    told = _told(table) | {"part": write_part(output, run, table)}
    return pa.table({"summary": pa.array([json.dumps(told)], pa.string())})


def _told(table: pa.Table) -> dict[str, Any]:
    columns = {name: table[name].to_pylist() for name in ("path", "sha256", "status", "note")}
    labels = table["label"].to_pylist() if "label" in table.column_names else columns["status"]
    statuses = [status.partition(":")[0] for status in columns["status"]]
    pairs = zip(columns["path"], columns["status"], strict=True)
    failures = list(dict.fromkeys(pair for pair in pairs if pair[1].startswith("unreadable")))
    notes = zip(columns["path"], columns["note"], strict=True)
    return {
        "files": len(set(zip(columns["path"], columns["sha256"], strict=True))),
        "rows": len(table),
        "unreadable": len(failures),
        "tally": Counter(label or status for label, status in zip(labels, statuses, strict=True)),
        "failures": failures[:KEPT],
        "notes": list(dict.fromkeys(pair for pair in notes if pair[1]))[:KEPT],
    }


def _add(summary: Summary, told: dict[str, Any]) -> str:
    """Add what is told of a part; gives its name."""
    summary.n_files += told["files"]
    summary.n_rows += told["rows"]
    summary.unreadable += told["unreadable"]
    summary.tally.update(told["tally"])
    for kept, new in ((summary.failures, told["failures"]), (summary.notes, told["notes"])):
        kept += [(path, text) for path, text in new][: KEPT - len(kept)]
    return str(told["part"])


def _in_order(output: Output, context: Any) -> Iterator[pa.Table]:
    """All rows, in the order in which one machine lists files: by path, numbers by their value, and frame."""
    import ray
    from ray.data import DataContext

    sorting = context.copy()
    sorting.target_max_block_size = 128 << 20
    with DataContext.current(sorting):
        parts: Any = ray.data.from_items([{"part": name} for name in output.parts()])
        rows = parts.map_batches(
            partial(_keyed, output=output), num_cpus=NONE, batch_size=1, batch_format="pyarrow"
        )
        for table in rows.sort(_KEY).iter_batches(batch_size=IN_SORTED, batch_format="pyarrow"):
            yield table.drop_columns([_KEY])


def _keyed(parts: pa.Table, output: Output) -> Iterator[pa.Table]:
    import pyarrow as pa

    for name in parts["part"].to_pylist():
        table = output.table(name)
        frames = table["frame"].to_pylist() if "frame" in table.column_names else [None] * len(table)
        keys = [
            f"{_natural(path)}\0{-1 if frame is None else frame:012}"
            for path, frame in zip(table["path"].to_pylist(), frames, strict=True)
        ]
        yield table.append_column(_KEY, pa.array(keys, pa.string()))


def _natural(path: str) -> str:
    return re.sub(r"\d+", lambda number: number[0].zfill(20), path.casefold()) + f"\0{path}"


__all__ = ["EXTRACT", "SCORE", "Job", "Summary", "drive", "drive_from_afar"]
