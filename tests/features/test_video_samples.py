"""Videos wherever images go: manifests, training, evaluation, extraction, crops and scores."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from clips import cut_clip, number_of, write_clip
from facespectra import videos
from facespectra.augment import Copy
from facespectra.cli import main
from facespectra.datasets import add_frames
from facespectra.datasets.sources import add_copies, sources_of
from facespectra.errors import DatasetError
from facespectra.faces import Face
from facespectra.features import read_samples
from facespectra.features.status import NO_FACE
from facespectra.videos import Frame

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise, and noise that a coarse quantiser made: told apart by their spectra. UADFV's names."""
    root = tmp_path_factory.mktemp("videos") / "set"
    for i in range(6):
        write_clip(root / "real" / f"clip{i}.mp4", 8, noise=i)
        write_clip(root / "fake" / f"clip{i}.mp4", 8)
    return root


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "videos.model"
    options = ["--whole", "--n-features", "20", "--frames", "3"]
    assert main(["train", str(data), "-o", str(path), *options]) == 0
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_manifest_has_a_row_for_each_frame(data: Path, tmp_path: Path) -> None:
    plain = fs.read_dataset(data)
    assert "frame" not in plain
    manifest = add_frames(plain, 4)
    assert len(manifest) == 48
    assert manifest["frame"].dtype == "Int64"
    first = manifest[manifest["path"] == str(data / "real" / "clip0.mp4")]
    assert list(first["frame"]) == [1, 3, 5, 7]
    # The video is the group of its frames.
    assert set(first["group"]) == {"real/clip0"}
    assert manifest["group"].nunique() == 12
    pd.testing.assert_frame_equal(add_frames(manifest, 2), manifest)
    for suffix in (".csv", ".parquet"):
        file = tmp_path / f"m{suffix}"
        manifest.to_csv(file, index=False) if suffix == ".csv" else manifest.to_parquet(file)
        pd.testing.assert_frame_equal(fs.read_dataset(file), manifest)
    images = pd.DataFrame({"path": ["a.jpg"], "label": [0], "group": ["a"], "split": [""]})
    assert add_frames(images) is images


def test_images_and_videos_in_one_manifest(data: Path, tmp_path: Path) -> None:
    clip = data / "real" / "clip0.mp4"
    (tmp_path / "m.csv").write_text(f"path,label,frame\na.jpg,1,\n{clip},0,5\n{clip},0,\n")
    manifest = add_frames(fs.read_dataset(tmp_path / "m.csv"), 2)
    assert sources_of(manifest) == [
        str(tmp_path / "a.jpg"), Frame(str(clip), 5), Frame(str(clip), 2), Frame(str(clip), 6),
    ]  # fmt: skip
    (tmp_path / "m.csv").write_text(f"path,label,frame\n{clip},1,last\n")
    with pytest.raises(DatasetError, match="'last' is not a frame number"):
        fs.read_dataset(tmp_path / "m.csv")


def test_copies_of_frames(data: Path) -> None:
    manifest = add_copies(add_frames(fs.read_dataset(data).head(1), 2), "flip")
    path = str(data / "real" / "clip0.mp4")
    sources = sources_of(manifest)
    assert sources == [Frame(path, 2), Frame(path, 6), Copy(path, "flip", 2), Copy(path, "flip", 6)]
    plain, _, flipped, alone = [sample.crop for sample in [*read_samples(sources[:3], None)] for _ in [0]] + [
        next(read_samples([sources[2]], None)).crop
    ]
    assert plain is not None
    assert flipped is not None
    np.testing.assert_array_equal(flipped.rgb, plain.rgb[:, ::-1])
    np.testing.assert_array_equal(flipped.rgb, alone.rgb if alone else None)
    assert np.array_equal(np.asarray(Copy(path, "flip", 2).read()), flipped.rgb)
    assert str(Copy(path, "flip", 2)) == f"{path} (frame 2) (flip)"


def test_a_run_of_frames_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = write_clip(tmp_path / "1.mp4"), write_clip(tmp_path / "2.mp4")
    opened = []
    real = videos.read_pixels
    monkeypatch.setattr(
        "facespectra.features.video_pass.read_pixels",
        lambda path, indices: opened.append((Path(path).name, list(indices))) or real(path, indices),
    )
    sources = [Frame(str(path), index) for path, index in [(one, 3), (one, 9), (two, 1), (one, 5), (one, 5)]]
    samples = list(read_samples(sources, None))
    assert opened == [("1.mp4", [3, 9]), ("2.mp4", [1]), ("1.mp4", [5]), ("1.mp4", [5])]
    assert [number_of(sample.crop.rgb) for sample in samples if sample.crop] == [3, 9, 1, 5, 5]
    assert [sample.path for sample in samples] == [str(source) for source in sources]


def test_a_broken_video_is_one_named_failure_and_a_cut_one_gives_what_is_good(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = cut_clip(tmp_path / "cut.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    manifest = pd.concat(
        [
            fs.read_dataset(data),
            pd.DataFrame(
                {"path": [str(broken), str(text)], "label": [1, 0], "group": ["x", "y"], "split": ""}
            ),
        ]
    )
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    capsys.readouterr()
    run = tmp_path / "run"
    assert (
        main(["evaluate", str(tmp_path / "manifest.csv"), "-m", str(model), "-o", str(run), "--frames", "4"])
        == 1
    )
    errors = [line for line in capsys.readouterr().err.splitlines() if "warning" not in line]
    assert len(errors) == 1
    assert errors[0].startswith(f"facespectra: {text}: unreadable: it is cut off, or not a video")
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["n"], metrics["n_unreadable"], metrics["n_videos"]) == (52, 1, 13)


def test_the_note_of_a_cut_video_is_in_its_verdict(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = cut_clip(tmp_path / "cut.mp4")
    n = videos.video_info(path).n_frames
    note = f"cut short: {n} of 30 frames"
    (verdict,) = fs.load(model).predict([path], frames=4)
    assert verdict.note == f"mean of 4 of 4 frames; {note}"
    for options in ([], ["--format", "csv"], ["--format", "jsonl"], ["--cache", str(tmp_path / "cache")]):
        for _ in range(2):
            assert main(["score", str(path), "-m", str(model), "--frames", "4", *options]) == 0
            assert note in capsys.readouterr().out
    assert main(["score", str(path), "-m", str(model), "--frames", "4", "--per-frame"]) == 0
    assert capsys.readouterr().out.count(note) == 4


@pytest.mark.parametrize("command", ["extract", "crop"])
def test_other_commands_tell_the_note_once(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = cut_clip(tmp_path / "cut.mp4")
    out = tmp_path / ("f.csv" if command == "extract" else "crops")
    assert main([command, str(path), "-o", str(out), "--frames", "4"]) == 0
    note = f"cut short: {videos.video_info(path).n_frames} of 30 frames"
    assert capsys.readouterr().err == f"facespectra: {path}: {note}\n"


def test_frames_that_cannot_be_decoded_are_left_out_of_a_damaged_video(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / "a.mp4", noise=0)
    info = videos.video_info(path)
    # What a file says of its frames cannot be known before they are decoded.
    declared = videos.VideoInfo(40, info.width, info.height, info.codec, info.rate)
    monkeypatch.setattr("facespectra.videos.video_info", lambda path: declared)
    assert main(["score", str(path), "-m", str(model), "--frames", "4"]) == 0
    said = capsys.readouterr()
    assert "mean of 3 of 4 frames; damaged, with 30 good frames" in said.out
    assert "unreadable" not in said.err
    assert main(["score", str(path), "-m", str(model), "--frames", "4", "--per-frame"]) == 1
    said = capsys.readouterr()
    assert said.out.count("damaged, with 30 good frames") == 3
    assert "(frame 35)" in said.out
    assert "it breaks off after 30 frames, before frame 35" in said.err


@pytest.mark.slow
def test_evaluation_is_per_frame_and_per_video(data: Path, model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ["evaluate", str(data), "-m", str(model), "--out", str(run), "--frames", "4"]
    assert main(command) == 0
    rows = read_csv(run / "scores.csv")
    assert list(rows[0]) == ["path", "label", "group", "score", "status", "frame"]
    assert [row["frame"] for row in rows[:4]] == ["1", "3", "5", "7"]
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["n"], metrics["n_videos"], metrics["aggregate"]) == (48, 12, "mean")
    assert metrics["auc_ci95_method"] == "bootstrap over groups"
    labels = [int(row["label"]) for row in rows]
    scores = [float(row["score"]) for row in rows]
    means = [(labels[i], np.mean(scores[i : i + 4])) for i in range(0, 48, 4)]
    wins = [f > r for lf, f in means for lr, r in means if lf == 1 and lr == 0]
    assert metrics["video_auc"] == pytest.approx(np.mean(wins))
    # A detector scores a video as the mean of its frames, among whatever else it scores.
    paths = [row["path"] for row in rows[::4]]
    detector = fs.load(model)
    np.testing.assert_allclose(detector.score(paths, frames=4), [mean for _, mean in means])
    assert detector.score([paths[0]], frames=4)[0] == detector.score(paths, frames=4)[0]
    missing = detector.score([paths[0], "gone.mp4"], frames=4)
    assert missing[0] == detector.score([paths[0]], frames=4)[0]
    assert np.isnan(missing[1])
    assert main([*command, "--per-video", "max"]) == 0
    assert json.loads((run / "metrics.json").read_text())["aggregate"] == "max"
    assert main([*command, "--per-video", "sum"]) == 2


def test_a_video_that_was_not_spread_says_so(data: Path) -> None:
    (sample,) = read_samples([data / "real" / "clip0.mp4"], None)
    assert (
        str(sample.status)
        == "unreadable: it is a video; name frames of it (facespectra.videos.spread_frames)"
    )


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".parquet"])
def test_extract_takes_videos(data: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"features{suffix}"
    source = [str(data / "real" / "clip0.mp4"), str(data / "fake" / "clip*.mp4")]
    assert main(["extract", *source, "-o", str(out), "--frames", "2", "--n-features", "10"]) == 0
    if suffix == ".npz":
        with np.load(out) as file:
            assert set(file.files) == {"path", "frame", "status", "features"}
            frames, paths, matrix = file["frame"], file["path"], file["features"]
    else:
        table = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
        assert list(table.columns[:3]) == ["path", "frame", "status"]
        frames, paths, matrix = table["frame"], table["path"], table.to_numpy()[:, 3:].astype(float)
    assert list(frames) == [2, 6] * 7
    assert list(paths[:2]) == [str(data / "real" / "clip0.mp4")] * 2
    ((_, _, image),) = videos.read_frames(data / "real" / "clip0.mp4", [2])
    expected = fs.radial_spectrum(np.asarray(image.convert("L")), n_features=10)
    np.testing.assert_allclose(matrix[0], expected, rtol=1e-6)


def test_crop_takes_videos(data: Path, tmp_path: Path) -> None:
    # There is no face in noise: what is asked here is that each frame is looked at and listed.
    assert main(["crop", str(data / "real"), "-o", str(tmp_path), "--frames", "2"]) == 0
    rows = read_csv(tmp_path / "crops.csv")
    assert list(rows[0]) == ["path", "frame", "crop", "status", "x0", "y0", "x1", "y1"]
    assert [row["frame"] for row in rows] == ["2", "6"] * 6
    assert {row["status"] for row in rows} == {"no-face"}


def test_the_lab_keeps_the_frames_of_a_video_apart(data: Path, tmp_path: Path) -> None:
    from facespectra.features import make_features
    from facespectra.features.cache import Cache
    from facespectra.features.extraction import Extractor
    from facespectra.lab.subsets import read_subset

    write_clip(tmp_path / "set/evaluation/real/a.mp4", 20)
    write_clip(tmp_path / "set/evaluation/fake/b.mp4", 20, noise=1)
    part = read_subset(tmp_path / "set", "test", "videos")
    assert len(part.samples) == 20
    stages = {"spectrum": make_features("spectrum", {"n_features": 10})}
    extractor = Extractor(fs.FaceCropper(), stages, cache=Cache(tmp_path / "cache"))
    sources = sources_of(part.samples)
    keys = {extractor._face_key(source) for source in sources}
    assert len(keys) == 20
    first, again = extractor.tables(sources, ["spectrum"]), extractor.tables(sources, ["spectrum"])
    assert first["spectrum"].paths == again["spectrum"].paths == [str(source) for source in sources]
    assert first["spectrum"].statuses == again["spectrum"].statuses == [NO_FACE] * 20


def test_faces_are_found_while_frames_are_decoded_and_nothing_changes(tmp_path: Path) -> None:
    """The same crops in the same order for any number of threads, and of a cut video all that is good."""

    class Corner(fs.FaceCropper):
        def search(self, rgb: np.ndarray) -> tuple[list[Face], int]:
            height, width = rgb.shape[:2]
            points = ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0), (1.0, 3.0), (2.0, 3.0))
            return [Face((width - 24, height - 24, width, height), 0.9, points)], 1

    cropper = Corner(detector="native")
    for path in (write_clip(tmp_path / "a.mp4", 30), cut_clip(tmp_path / "cut.mp4")):
        n_good = videos.video_info(path).n_frames
        sources = [Frame(str(path), index) for index in range(30)]
        one, two, many = (list(read_samples(sources, cropper, threads=k)) for k in (1, 2, 5))
        for other in (two, many):
            assert [(s.path, s.status, s.note) for s in one] == [(s.path, s.status, s.note) for s in other]
            for first, second in zip(one, other, strict=True):
                if first.crop is not None and second.crop is not None:
                    np.testing.assert_array_equal(first.crop.rgb, second.crop.rgb)
        crops = [sample.crop for sample in one if sample.crop is not None]
        assert len(crops) == n_good
        if n_good == 30:  # the other has noise instead of numbers
            assert [number_of(crop.rgb) for crop in crops] == list(range(30))
        assert all(sample.status.unreadable for sample in one[n_good:])
        assert [bool(sample.note) for sample in one[:n_good]] == [n_good < 30] * n_good
