"""Ray datasets in, Ray datasets out, on two nodes: the rows are those of one machine."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray", reason="needs the ray extra")

from facespectra import distributed  # noqa: E402
from facespectra.cli import main  # noqa: E402
from facespectra.distributed import datasets, workers  # noqa: E402
from facespectra.distributed.agreement import Agreement  # noqa: E402
from facespectra.errors import ClusterError  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]


def as_in_csv(row: dict[str, Any]) -> dict[str, str]:
    texts = {name: "" if value is None else str(value) for name, value in row.items()}
    return texts | {name: "" if row[name] is None else repr(row[name]) for name in ("score", "threshold")}


def test_score_gives_the_rows_of_the_command(media: Path, tmp_path: Path) -> None:
    assert main(["score", str(media), "--frames", "3", "-o", str(tmp_path / "one.csv")]) == 1
    with (tmp_path / "one.csv").open(newline="") as file:
        expected = {row["path"]: row for row in csv.DictReader(file)}
    # One block: it is divided, so that several workers take part.
    rows = [{"path": str(file), "n": k} for k, file in enumerate(sorted(media.iterdir()))]
    scored = distributed.score(ray.data.from_items(rows), frames=3).take_all()
    assert sorted(row.pop("n") for row in scored) == list(range(len(rows)))
    assert {row["path"]: as_in_csv(row) for row in scored} == expected


def test_a_worker_of_another_version_ends_the_run(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Agreement.here()
    other = replace(here, versions=here.versions | {"numpy": "1.0"})
    monkeypatch.setattr(datasets.Agreement, "here", lambda _backend=None: other)
    ds = distributed.extract(ray.data.from_items([{"path": str(media / "whole.jpg")}]), workers=1)
    with pytest.raises(Exception, match=r"has numpy [\d.]+, not 1\.0: install the same versions"):
        ds.take_all()


def test_settings_that_mean_nothing_fail_before_any_work() -> None:
    ds = ray.data.from_items([{"path": "a.jpg"}])
    with pytest.raises(ValueError, match="faces must be"):
        distributed.score(ds, faces="some")
    with pytest.raises(ValueError, match="unknown features"):
        distributed.extract(ds, "no-such-features")
    with pytest.raises(ClusterError, match="a worker of 9 beside one CPU that reads takes 10"):
        distributed.score(ds, threads=9)


@pytest.mark.parametrize(
    ("processors", "size"), [((1,), 0), ((2,), 1), ((1, 1), 1), ((4, 4), 7), ((64,), 60)]
)
def test_one_processor_is_left_to_reading(
    processors: tuple[int, ...], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": float(n)}} for n in processors]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    if size:
        assert workers.pool_of().size == size
        assert workers.pool_of(workers=1).size == 1
        return
    with pytest.raises(ClusterError, match=r"has 1 CPU on 1 node, .* takes 2: start it with more"):
        workers.pool_of()


def test_a_worker_on_a_gpu_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [
        {"Alive": True, "Resources": {"CPU": 8.0, "GPU": 2.0}},
        {"Alive": False, "Resources": {"CPU": 8.0}},
    ]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    pool = workers.pool_of(device="cuda")
    assert (pool.size, pool.gpus) == (2, 1.0)
    monkeypatch.setattr(ray, "nodes", lambda: [{"Alive": True, "Resources": {"CPU": 8.0}}])
    with pytest.raises(ClusterError, match="no GPU for a worker on cuda"):
        workers.pool_of(device="cuda")
