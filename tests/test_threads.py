"""Work that runs ahead: in order, bounded, and the same however many threads do it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facespectra._threads import ordered_map, thread_count


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_their_items(workers: int) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.01 if item % 3 == 0 else 0)
        return item * item

    assert list(ordered_map(slow_first, range(30), workers=workers, max_pending=7)) == [
        n * n for n in range(30)
    ]
    assert list(ordered_map(slow_first, [], workers=workers, max_pending=7)) == []


def test_no_more_is_taken_than_may_wait() -> None:
    taken: list[int] = []

    def items() -> object:
        for item in range(50):
            taken.append(item)
            yield item

    for done, _ in enumerate(ordered_map(str, items(), workers=3, max_pending=6, cost=lambda _: 2)):
        assert len(taken) <= done + 5


def test_an_exception_comes_in_its_turn_and_ends_the_rest() -> None:
    begun: list[int] = []

    def fails_at_two(item: int) -> int:
        begun.append(item)
        time.sleep(0.01)
        return 1 // (2 - item)

    results = ordered_map(fails_at_two, range(100), workers=2, max_pending=90)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(begun) < 50
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("facespectra")]


def test_who_stops_early_leaves_no_threads() -> None:
    results = ordered_map(str, iter(range(10**9)), workers=4, max_pending=20)
    assert next(results) == "0"
    results.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("facespectra")]


def test_samples_are_the_same_however_many_threads_read_them(tmp_path: Path) -> None:
    pytest.importorskip("lz4", reason="needs the face finder (extra faces)")
    from facespectra.faces import FaceCropper
    from facespectra.features import extract_features, make_features, read_samples
    from facespectra.rendered.database import render_face

    rng = np.random.default_rng(0)
    for index in range(7):
        render_face(rng, 90 + 20 * index).save(tmp_path / f"{index}.jpg", quality=92)
    files = [tmp_path / f"{index}.jpg" for index in (3, 0, 6, 1, 5, 2, 4)] * 2
    sources = [*files, tmp_path / "absent.jpg", np.zeros((50, 50), np.uint8)]
    features = make_features("spectrum", {"n_features": 40})
    tables = [
        extract_features(read_samples(sources, FaceCropper(), threads=threads), features)
        for threads in (1, 2, 5, None)
    ]
    assert [str(status.kind) for status in tables[0].statuses[14:]] == ["unreadable", "no-face"]
    assert tables[0].ok.sum() > 7
    for table in tables[1:]:
        assert table.paths == tables[0].paths
        assert table.statuses == tables[0].statuses
        assert table.boxes == tables[0].boxes
        assert table.matrix.dtype == np.float32
        np.testing.assert_array_equal(table.matrix, tables[0].matrix)


def test_one_thread_reads_on_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn (extra detect)")
    from facespectra.detector import Detector

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a thread was started")

    rng = np.random.default_rng(0)
    for index in range(4):
        pixels = rng.integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    files = sorted(tmp_path.glob("*.png"))
    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor", refused)
    for cache in (None, tmp_path / "cache"):
        kept = Detector(crop=False, threads=1, cache=cache)
        assert kept.extract(files).ok.all()
        with pytest.raises(AssertionError, match="started"):
            Detector(crop=False, threads=2, cache=None if cache is None else tmp_path / "2").extract(files)


def test_a_batch_without_a_face_does_not_change_the_precision() -> None:
    from facespectra.features import extract_features, make_features
    from facespectra.features.crops import Sample, crop_image
    from facespectra.features.status import NO_FACE

    image = np.arange(900, dtype=np.uint8).reshape(30, 30)
    samples = [Sample("", NO_FACE, None)] * 70 + [crop_image("", image, None)]
    table = extract_features(samples, make_features("spectrum", {}))
    assert table.matrix.dtype == np.float32
    assert table.ok.tolist() == [False] * 70 + [True]


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5])
def test_impossible_numbers_of_threads(wrong: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        thread_count(wrong)  # type: ignore[arg-type]


def test_the_environment_gives_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESPECTRA_THREADS", "3")
    assert (thread_count(), thread_count(2)) == (3, 2)
    monkeypatch.setenv("FACESPECTRA_THREADS", "many")
    with pytest.raises(ValueError, match="FACESPECTRA_THREADS"):
        thread_count()
