"""The lab's cache: what a second run computes again, and what it reuses."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.features.cache import Cache, key_of
from facespectra.lab import LabResult, run_lab, write_lab
from facespectra.lab.experiments import System, Trainer
from facespectra.lab.subsets import Subset, without_repeats
from lab_runs import computed, settings, silent

pd = pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_entries_come_back_and_damaged_ones_do_not(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    key = key_of(content="a", settings={"x": 1})
    assert key != key_of(content="a", settings={"x": 2})
    assert cache.fetch("stage", key) is None
    cache.store("stage", key, b"value")
    assert cache.fetch("stage", key) == b"value"
    assert cache.fetch("other", key) is None
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = file.read_bytes()
    for damaged in (b"", whole[:10], whole[:-1], whole[:-1] + b"?", b"x" * 100):
        file.write_bytes(damaged)
        assert cache.fetch("stage", key) is None
    file.write_bytes(whole)
    assert cache.fetch("stage", key) == b"value"
    assert (dict(cache.reused), dict(cache.computed)) == ({"stage": 2}, {"stage": 1})


def test_a_second_run_computes_nothing_and_gives_the_same(done: LabResult, data: Path, out: Path) -> None:
    again = run_lab(settings(data, out, resnet_weights=done.settings.resnet_weights, rendered=True), silent)
    assert computed(again) == {}
    write_lab(again)
    assert (out / "lab.json").read_bytes() == (done.settings.out / "lab.json").read_bytes()


def test_a_change_repeats_only_what_depends_on_it(done: LabResult, data: Path, out: Path) -> None:
    weights = done.settings.resnet_weights
    seed = run_lab(settings(data, out, resnet_weights=weights, seed=1), silent)
    assert set(computed(seed)) == {"fit", "swaps"}
    other = run_lab(settings(data, out, extra=None, backend="numpy"), silent)
    assert set(computed(other)) <= {"spectrum", "mirrored", "isotropic", "mirrored-isotropic", "fit"}
    assert "spectrum" in computed(other)
    # One more photograph: only its face and those of its copies.
    copied = out / "databases"
    shutil.copytree(data, copied)
    fakes = sorted((copied / "Task_1/development/fake").glob("Task*.jpg"))
    fs.images.read_image(fakes[0]).save(copied / "Task_1/development/fake/new.png")
    more = run_lab(settings(copied, out, resnet_weights=weights), silent)
    assert computed(more)["faces"] == 4
    assert computed(more)["resnet50"] == computed(more)["efficientnet-lite0"] == 1


def test_a_damaged_cache_is_computed_again(done: LabResult, data: Path, out: Path) -> None:
    stages = ("faces", "spectrum", "fit", "resnet50", "efficientnet-lite0")
    for stage in stages:
        files = sorted(path for path in (out / ".cache" / stage).rglob("*") if path.is_file())
        files[0].write_bytes(files[0].read_bytes()[:-3])
        files[1].write_bytes(b"")
    again = run_lab(settings(data, out, resnet_weights=done.settings.resnet_weights, rendered=True), silent)
    assert computed(again) == dict.fromkeys(stages, 2)
    write_lab(again)
    assert (out / "lab.json").read_bytes() == (done.settings.out / "lab.json").read_bytes()


def test_other_labels_or_groups_need_another_fit(done: LabResult, tmp_path: Path) -> None:
    subset, system = done.tasks[1].final.test_set, System("spectrum", "svm-linear")
    flipped = subset.take(list(range(len(subset.samples))))
    flipped.samples["label"] = 1 - flipped.samples["label"]
    regrouped = subset.take(list(range(len(subset.samples))))
    regrouped.samples["group"] = [f"g{i // 2}" for i in range(len(subset.samples))]
    # A new trainer each time, so that they share nothing but the cache.
    fits = [
        Trainer(Cache(tmp_path), seed=0).fit(system, one)
        for one in (subset, flipped, regrouped, subset, flipped)
    ]
    first, second, third, *again = (one.score_features(subset.table("spectrum")) for one in fits)
    np.testing.assert_allclose(first, -second, atol=1e-9)
    np.testing.assert_array_equal(first, third)
    np.testing.assert_array_equal(again, [first, second])
    assert len([path for path in (tmp_path / "fit").rglob("*") if path.is_file()]) == 3


def test_features_that_are_all_cached_need_no_network(done: LabResult, data: Path, out: Path) -> None:
    command = [
        *("lab", "--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3"), "--out", str(out)),
        *("--extra", str(data / "extra"), "--resnet-weights", str(done.settings.resnet_weights)),
    ]
    code = "import sys; from facespectra.cli import main; assert main(sys.argv[1:]) in (0, 1);"
    code += "print(sorted({'torch', 'torchvision', 'onnxruntime'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "svm-linear" in (out / "task3/resnet50-both/metrics.json").read_text()


@pytest.mark.slow
def test_a_killed_run_continues(
    done: LabResult, data: Path, out: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("killed")
    command = [
        *(sys.executable, "-m", "facespectra", "lab", "--out", str(tmp_path), "--threads", "1"),
        *("--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3")),
        *("--resnet-weights", str(done.settings.resnet_weights)),
    ]
    faces = tmp_path / ".cache" / "faces"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not faces.is_dir() or sum(1 for path in faces.rglob("*") if path.is_file()) < 10:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (tmp_path / "lab.json").exists()
    known = sum(1 for path in faces.rglob("*") if path.is_file() and path.suffix != ".tmp")
    # Continue it, and run once from the complete cache for the expected result; both without ResNet-50.
    resumed, expected = (run_lab(settings(data, folder, extra=None), silent) for folder in (tmp_path, out))
    assert resumed.cache_counts["faces"][0] >= known >= 10
    assert "faces" not in computed(expected)
    assert sum(resumed.cache_counts["faces"]) == sum(expected.cache_counts["faces"])
    write_lab(resumed)
    write_lab(expected)
    assert (tmp_path / "lab.json").read_bytes() == (out / "lab.json").read_bytes()


def test_frames_of_one_video_are_not_repeats() -> None:
    rows = [("a.mp4", 1, "a", "", index, "") for index in (0, 9)]
    rows += [("b.mp4", 0, "b", "", 0, ""), ("same.mp4", 1, "a", "", 9, ""), ("t.mp4", 0, "t", "", 0, "")]
    samples = pd.DataFrame(rows, columns=["path", "label", "group", "split", "frame", "change"])
    digests = {"a.mp4": "1", "b.mp4": "2", "same.mp4": "1", "t.mp4": "3"}
    left, in_test, repeated = without_repeats(Subset("videos", samples), digests.get, ["3", None])
    assert left.samples[["path", "frame"]].to_numpy().tolist() == [["a.mp4", 0], ["a.mp4", 9], ["b.mp4", 0]]
    assert (in_test, repeated) == (1, 1)
