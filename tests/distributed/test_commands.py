"""``--ray``: commands write what they write on one machine, and nothing is lost or there twice."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray", reason="needs the ray extra")

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from clusters import STORE, cluster  # noqa: E402
from commands import error_lines  # noqa: E402
from facespectra.cli import main  # noqa: E402
from facespectra.cli.verdict_files import COLUMNS as VERDICT_COLUMNS  # noqa: E402
from facespectra.distributed.agreement import Agreement  # noqa: E402
from facespectra.distributed.parts import Output  # noqa: E402
from object_storage import upload  # noqa: E402

pytestmark = pytest.mark.slow

SHARED = VERDICT_COLUMNS[1:-2]  # without the path and the model


def rows_in(place: str) -> list[dict[str, Any]]:
    """All rows of an output, part after part."""
    output = Output(place, "/")
    return pa.concat_tables([output.table(name) for name in output.parts()]).to_pylist()


def as_in_csv(row: dict[str, Any]) -> list[str]:
    texts = {name: "" if row[name] is None else str(row[name]) for name in SHARED}
    exact = {name: "" if row[name] is None else repr(row[name]) for name in ("score", "threshold")}
    return [(texts | exact)[name] for name in SHARED]


def scored_here(folder: Path, out: Path) -> dict[str, list[str]]:
    """The rows of one machine, by the path below the folder."""
    main(["score", str(folder), "--frames", "3", "-q", "-o", str(out)])
    with out.open(newline="") as file:
        rows = csv.DictReader(file)
        return {
            Path(row["path"]).relative_to(folder).as_posix(): [row[name] for name in SHARED] for row in rows
        }


def test_score_from_object_storage_and_into_it(
    media: Path, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = scored_here(media, tmp_path / "here.csv")
    upload(media, "in")
    capsys.readouterr()
    command = ["score", "s3://bucket/in", "--frames", "3", "-o", "s3://bucket/out", "--ray", address]
    assert main([*command, "--sort"]) == 1
    told = error_lines(capsys.readouterr().err)
    assert sum("unreadable: " in line for line in told) == 4
    assert told[-1].startswith("s3://bucket/out: ")
    assert told[-1].endswith("4 unreadable")
    rows = rows_in("s3://bucket/out")
    names = [row["path"].removeprefix("s3://bucket/in/") for row in rows]
    assert dict(zip(names, map(as_in_csv, rows), strict=True)) == expected
    # In the order in which one machine lists the files of a folder.
    assert names == list(expected)
    assert main(command) == 2
    assert "it holds a run already; add --resume" in capsys.readouterr().err
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "new.jpg").write_bytes((media / "whole.jpg").read_bytes())
    upload(tmp_path / "more", "in/more")
    assert main([*command, "--resume"]) == 0
    after = rows_in("s3://bucket/out")
    assert len(after) == len({row["path"] for row in after})
    assert {row["path"] for row in after} >= {"s3://bucket/in/more/new.jpg"}
    assert main([*command, "--resume", "--faces", "whole"]) == 2
    assert "it was made with faces None, not 'whole'" in capsys.readouterr().err


def test_extract_from_folders_globs_parquet_and_tar(
    media: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = sorted(file.name for file in media.glob("person_*.png"))
    contents = {name: (media / name).read_bytes() for name in names}
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in names[:4]:
        (tmp_path / "folder" / name).write_bytes(contents[name])
    pq.write_table(
        pa.table({"path": names[4:6], "bytes": [contents[name] for name in names[4:6]], "other": [1, 2]}),
        tmp_path / "images.parquet",
    )
    hugging = [{"bytes": contents[name], "path": None} for name in names[6:8]]
    pq.write_table(pa.table({"image": hugging, "label": [0, 1]}), tmp_path / "hugging.parquet")
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for name in names[8:]:
            for member, content in ((name, contents[name]), (f"{name}.json", b"{}")):
                entry = tarfile.TarInfo(member)
                entry.size = len(content)
                archive.addfile(entry, BytesIO(content))
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    sources = [
        "folder",
        "folder/person_1*",
        "images.parquet",
        "hugging.parquet",
        "shard.tar",
        "bad.parquet",
        "gone",
    ]
    command = ["extract", *sources, "-o", "out", "--faces", "--ray", address]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("out: 12 of 13 images, 300 features each")
    assert "there is no file or folder" in captured.err
    assert "bad.parquet: unreadable: " in captured.err
    rows = {row["path"]: row for row in rows_in(str(tmp_path / "out"))}
    named = [f"folder/{name}" for name in names[:4]] + names[4:6]
    named += [f"hugging.parquet/row {k}" for k in range(2)] + [f"shard.tar/{name}" for name in names[8:]]
    assert sorted(rows) == sorted([*named, "bad.parquet"])
    assert main(["extract", *(str(media / name) for name in names), "-o", "here.parquet", "--faces"]) == 0
    expected = pq.read_table("here.parquet").to_pylist()
    for name, one in zip(named, expected, strict=True):
        del one["path"]
        assert {column: rows[name][column] for column in one} == one
    # Within files, too, nothing is done again.
    capsys.readouterr()
    assert main([*command, "--resume"]) == 1
    assert "13 files were there" in capsys.readouterr().out
    assert len(rows_in(str(tmp_path / "out"))) == 13


@contextmanager
def driver(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run in a process of its own, with small parts."""
    code = "import sys; from facespectra.distributed import run; run.BATCHES = 2\n"
    code += "from facespectra.cli import main; sys.exit(main(sys.argv[1:]))"
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=file)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_parts(out: Path, n: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while len(list(out.glob("part-*.parquet"))) < n:
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)


def test_a_lost_node_and_a_killed_run_cost_nothing(
    media: Path, nodes: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted(media.glob("person_*.png"))
    folder, out = tmp_path / "many", tmp_path / "out"
    folder.mkdir()
    for number in range(350):
        os.link(files[number % len(files)], folder / f"{number:03}.png")
    (folder / "empty.jpg").write_bytes(b"")
    lost = nodes.add_node(num_cpus=2, object_store_memory=STORE)
    command = ["score", str(folder), "-o", str(out), "--ray", nodes.address]
    log = tmp_path / "log"
    with driver(log, *command) as process:
        wait_for_parts(out, 1, process, log)
        nodes.remove_node(lost, allow_graceful=False)
        wait_for_parts(out, 2, process, log)
        process.send_signal(signal.SIGKILL)
    left = {name: (out / name).stat().st_mtime_ns for name in Output(str(out), "/").parts()}
    assert 2 <= len(left) < 6
    with driver(log, *command, "--resume") as process:
        assert process.wait() in (0, 1), log.read_text()
    rows = rows_in(str(out))
    assert sorted(Path(row["path"]).name for row in rows) == sorted(file.name for file in folder.iterdir())
    # What was there was left alone.
    assert {name: (out / name).stat().st_mtime_ns for name in left} == left
    expected = scored_here(media, tmp_path / "here.csv")
    for row in rows:
        name = Path(row["path"])
        if name.suffix == ".png":
            assert as_in_csv(row) == expected[files[int(name.stem) % len(files)].name]


def test_a_worker_of_another_version_is_one_line(
    media: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = Agreement.here()
    other = replace(here, versions=here.versions | {"facespectra": "0.0.1"})
    monkeypatch.setattr(Agreement, "here", lambda _backend=None: other)
    assert main(["score", str(media), "-o", str(tmp_path / "out"), "--ray", address]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("the worker on ")
    assert ", not 0.0.1: install the same versions on all nodes" in line


def test_a_cluster_of_one_processor_is_refused(
    media: Path, storage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with cluster(nodes=1, cpus=1) as small:
        assert main(["score", str(media), "-o", str(tmp_path / "out"), "--ray", small.address]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("the Ray cluster has 1 CPU on 1 node, and a worker of 1 beside one CPU that reads")


def test_no_cluster_and_no_source_are_one_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["score", "s3://no-such-bucket/a", "-o", out, "--ray", address]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("s3://no-such-bucket/a: it cannot be listed: ") or line.startswith("there is no")
    assert main(["score", str(tmp_path), "-o", out, "--ray", "127.0.0.1:9"]) == 2
    (line,) = error_lines(capsys.readouterr().err)
    assert line.startswith("--ray 127.0.0.1:9: no Ray cluster answers there")


def test_train_and_evaluate_bring_back_features_alone(
    media: Path,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [f"../{os.path.relpath(file, tmp_path.parent)}" for file in sorted(media.iterdir())]
    lines = ["path,label,group", *(f"{file},{k % 2},{k}" for k, file in enumerate(files))]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    common = ["table.csv", "--frames", "3"]
    assert main(["train", *common, "-o", "here.model", "--augment", "flip"]) == 1
    assert main(["train", *common, "-o", "there.model", "--augment", "flip", "--ray", address]) == 1
    assert (tmp_path / "there.model").read_bytes() == (tmp_path / "here.model").read_bytes()
    common += ["-m", "here.model", "--robustness", "0"]
    assert main(["evaluate", *common, "-o", "here"]) == 1
    assert main(["evaluate", *common, "-o", "there", "--ray", address]) == 1
    for name in ("scores.csv", "metrics.json", "videos.csv"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
