"""The report for any detector: scores of another system, with no word about our features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from commands import error_lines, one_line, read_rows, save_texture
from facespectra.cli import main
from facespectra.errors import DatasetError
from facespectra.report import evaluation
from facespectra.report.parts import Scored, by_method, by_number
from pages import Page

for _package in ("sklearn", "matplotlib", "jinja2", "PIL"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")

N = 24


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for k in range(N):
        save_texture(folder / "set/real" / f"r{k}.png", fake=False, seed=k)
        save_texture(folder / "set/fake" / f"f{k}.png", fake=True, seed=k)
    return folder / "set"


def scores_of(data: Path, seed: int = 0) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    names = [f"{kind}/{kind[0]}{k}.png" for kind in ("real", "fake") for k in range(N)]
    return {name: float(score) for name, score in zip(names, rng.normal(np.repeat([0, 1.5], N)), strict=True)}


def write(path: Path, scores: dict[str, float]) -> Path:
    path.write_text("path,score\n" + "".join(f"{name},{score!r}\n" for name, score in scores.items()))
    return path


def metrics_of(out: Path) -> dict[str, Any]:
    return json.loads((out / "metrics.json").read_text())


def test_the_figures_are_those_of_the_scores(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = scores_of(data)
    file, out = write(tmp_path / "theirs.csv", scores), tmp_path / "out"
    arguments = ["evaluate", str(data), "--scores", str(file), "--out", str(out)]
    assert main([*arguments, "--threshold", "0.7", "--name", "Their <net>"]) == 0
    done = capsys.readouterr()
    assert done.err == ""
    labels = np.repeat([0, 1], N)
    expected = fs.evaluate(labels, list(scores.values()), threshold=0.7).to_dict()
    found = metrics_of(out)
    assert {key: found[key] for key in expected if key in found} == {
        **expected,
        "warnings": found["warnings"],
    }
    assert (found["model"], found["scores"]) == ("Their <net>", str(file))
    assert "fakes found" in done.out
    assert [row["score"] for row in read_rows(out / "scores.csv")] == [
        repr(scores[str(Path(row["path"]).relative_to(data))]) for row in read_rows(out / "scores.csv")
    ]
    assert {one.name for one in out.iterdir()} == {
        "metrics.json",
        "scores.csv",
        "roc.csv",
        "roc.svg",
        "report.html",
        "figures",
    }
    page = Page((out / "report.html").read_text())
    assert "Evaluation of Their <net>" in page.text
    assert "net" not in page.tags
    # Nothing on the page is about our own features.
    assert not {"drives", "faces", "robustness", "alarms"} & set(page.ids)
    for word in ("training", "Mean spectra", "MTCNN", "threshold from", "nan", "None"):
        assert f" {word} " not in page.text, word
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_without_a_threshold_there_are_no_figures_at_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "theirs.csv", scores_of(data))
    assert main(["evaluate", str(data), "--scores", str(file), "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "accuracy" not in out
    found = metrics_of(tmp_path / "out")
    assert (found["accuracy"], found["threshold"], found["confusion"]) == (None, None, None)
    assert found["eer"] is not None
    text = Page((tmp_path / "out/report.html").read_text()).text
    assert "ccuracy" not in text
    assert "dashed: the threshold" not in text
    assert "theirs.csv gives the fake one the higher score" in text


def test_samples_without_a_score_and_scores_without_a_sample_are_counted(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = scores_of(data)
    del scores["real/r0.png"]
    scores["fake/f1.png"] = float("nan")
    scores |= {"elsewhere/a.png": 1.0, "elsewhere/b.png": 2.0}
    file = write(tmp_path / "theirs.csv", scores)
    assert main(["evaluate", str(data), "--scores", str(file), "--out", str(tmp_path / "out")]) == 0
    assert "warning: 2 files with a score are not in the data set, such as elsewhere/a.png" in error_lines(
        capsys.readouterr().err
    )
    found = metrics_of(tmp_path / "out")
    assert (found["n"], found["n_no_score"], found["n_no_face"]) == (2 * N - 2, 2, 0)
    assert set(found["missing_effect"]) == {"auc"}
    statuses = {row["path"]: row["status"] for row in read_rows(tmp_path / "out/scores.csv")}
    assert statuses[str(data / "real/r0.png")] == statuses[str(data / "fake/f1.png")] == "no-score"
    text = Page((tmp_path / "out/report.html").read_text()).text
    assert "2 of 48 samples have no score" in text


def test_scores_that_mean_real_are_turned_round_with_their_threshold(data: Path, tmp_path: Path) -> None:
    scores = scores_of(data)
    at = scores["fake/f3.png"]
    plain = evaluation.run(
        None,
        data,
        tmp_path / "a",
        scores=write(tmp_path / "a.csv", scores),
        threshold=float(np.nextafter(at, 9)),
    )
    turned = {name: -score for name, score in scores.items()}
    # What reaches their threshold is real: the sample that stands on it, too.
    other = evaluation.run(
        None, data, tmp_path / "b", scores=write(tmp_path / "b.csv", turned), threshold=-at, higher_is="real"
    )
    assert other.result.auc == plain.result.auc
    assert other.result.confusion == plain.result.confusion
    np.testing.assert_array_equal(other.scores, plain.scores)
    with pytest.raises(ValueError, match="higher_is must be fake or real, not 'swap'"):
        evaluation.run(None, data, tmp_path / "c", scores=tmp_path / "b.csv", higher_is="swap")


def test_probabilities_are_judged_as_such_where_they_are_said_to_be(data: Path, tmp_path: Path) -> None:
    scores = {name: float(1 / (1 + np.exp(-score))) for name, score in scores_of(data).items()}
    file = write(tmp_path / "p.csv", scores)
    found = evaluation.run(None, data, tmp_path / "a", scores=file, probabilities=True)
    assert found.result.brier == pytest.approx(
        np.mean((np.array(list(scores.values())) - np.repeat([0, 1], N)) ** 2)
    )
    assert "Are the probabilities reliable?" in (tmp_path / "a/report.html").read_text()
    assert evaluation.run(None, data, tmp_path / "b", scores=file).result.brier is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("real/r0.png,0.5\nreal/r0.png,0.7\nfake/f0.png,1\n", "r0.png has two scores, 0.5 and 0.7"),
        ("real/r0.png,0.5\nx/real/r0.png,0.7\n", "an evaluation needs samples of both classes"),
        ("a.png,0.5\n", "none of its 1 files is in the data set"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line(
    data: Path, tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("path,score\n" + text)
    assert main(["evaluate", str(data), "--scores", str(file), "--out", str(tmp_path / "out")]) == 2
    (line,) = [line for line in error_lines(capsys.readouterr().err) if "warning" not in line]
    assert message in line
    assert not (tmp_path / "out").exists()


def test_options_of_a_model_and_of_scores_do_not_mix(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(data), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--scores", "a.csv", "-m", "default"]) == 2
    assert "leave out --model" in one_line(capsys.readouterr().err)
    assert main([*arguments, "--threshold", "0"]) == 2
    assert "add --scores FILE" in one_line(capsys.readouterr().err)
    with pytest.raises(ValueError, match="give a detector, or None and the scores"):
        evaluation.run(None, data, tmp_path / "out")


def test_frames_of_videos_are_those_that_have_scores(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    names = [f"{kind}/{k}.mp4" for kind in ("real", "fake") for k in range(6)]
    for k, name in enumerate(names):
        write_clip(tmp_path / "set" / name, 4, noise=k)
    rng = np.random.default_rng(1)
    rows = [(name, frame, rng.normal() + k // 6) for k, name in enumerate(names) for frame in (0, 2, 7)]
    table = pd.DataFrame(rows, columns=["Video", "Frame", "Score"])
    table.to_csv(tmp_path / "frames.csv", sep=";", index=False)
    found = evaluation.run(None, tmp_path / "set", tmp_path / "a", scores=tmp_path / "frames.csv")
    assert (found.result.n, found.result.n_videos) == (36, 12)
    assert found.frames is not None
    assert found.frames[:3] == [0, 2, 7]
    joined = read_rows(tmp_path / "a/videos.csv")
    means = table.groupby("Video")["Score"].mean()
    for row in joined:
        assert float(row["score"]) == pytest.approx(
            means[str(Path(row["path"]).relative_to(tmp_path / "set"))]
        )
    # One score a video: one sample a video.
    whole = means.reset_index().rename(columns={"Score": "probability"})
    whole.to_json(tmp_path / "whole.jsonl", orient="records", lines=True)
    videos = evaluation.run(None, tmp_path / "set", tmp_path / "b", scores=tmp_path / "whole.jsonl")
    assert videos.result.auc == pytest.approx(found.result.video_auc or 0)
    assert (videos.result.n, videos.frames) == (12, None)
    (tmp_path / "both.csv").write_text("path,frame,score\nreal/0.mp4,1,0.5\nreal/0.mp4,,0.5\n")
    with pytest.raises(DatasetError, match="has a score and scores of frames"):
        evaluation.run(None, tmp_path / "set", tmp_path / "c", scores=tmp_path / "both.csv")


def test_folders_of_frames_have_one_score_as_videos_have(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    rows = []
    for label, kind in enumerate(("real", "fake")):
        for k in range(6):
            for frame in range(3):
                path = save_texture(tmp_path / f"set/{kind}/{kind}{k}/{frame}.png", fake=False, seed=frame)
                rows.append((str(path), label, f"{kind}{k}", ""))
    manifest = pd.DataFrame(rows, columns=["path", "label", "group", "split"])
    scores = {f"{kind}{k}": float(rng.normal()) for kind in ("real", "fake") for k in range(6)}
    found = evaluation.run(None, manifest, tmp_path / "a", scores=write(tmp_path / "s.csv", scores))
    assert found.result.n == 12
    assert found.paths[0] == str(tmp_path / "set/real/real0")
    np.testing.assert_array_equal(found.scores, list(scores.values()))
    both = write(tmp_path / "both.csv", scores | {"set/real/real0/1.png": 0.5})
    with pytest.raises(DatasetError, match="real0 has a score and scores of frames"):
        evaluation.run(None, manifest, tmp_path / "b", scores=both)


def test_our_own_scores_come_back_as_they_were(data: Path, tmp_path: Path) -> None:
    """What score and evaluate write can be evaluated again, with the same figures."""
    pytest.importorskip("skops", reason="needs the detect extra")
    first = evaluation.run(fs.load(), data, tmp_path / "a", faces="whole", robustness=0)
    again = evaluation.run(
        None, data, tmp_path / "b", scores=tmp_path / "a/scores.csv", threshold=first.result.threshold
    )
    np.testing.assert_array_equal(again.scores, first.scores)
    assert again.statuses == first.statuses
    assert again.result.confusion == first.result.confusion


def test_methods_in_the_test_split_alone_are_held_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [(f"{split}/real{k}.png", 0, split, "") for split in ("train", "test") for k in range(30)]
    rows += [(f"train/a{k}.png", 1, "train", "swap") for k in range(5)]
    rows += [(f"test/{name}{k}.png", 1, "test", name) for name in ("swap", "lips") for k in range(20)]
    rows += [(f"test/few{k}.png", 1, "test", "few") for k in range(3)]
    manifest = pd.DataFrame(rows, columns=["path", "label", "split", "method"])
    manifest["path"] = [str(tmp_path / name) for name in manifest["path"]]
    manifest["group"] = manifest["path"]
    scores = rng.normal(manifest["label"] * 2.0)
    write(tmp_path / "s.csv", dict(zip(manifest["path"], scores.tolist(), strict=True)))
    found = evaluation.run(None, manifest, tmp_path / "out", scores=tmp_path / "s.csv")
    parts = metrics_of(tmp_path / "out")["auc_by_method"]
    assert {name: part["held_out"] for name, part in parts.items()} == {
        "few": True,
        "lips": True,
        "swap": False,
        "all that are in training": False,
        "all held-out ones": True,
    }
    assert (parts["few"]["auc"], parts["few"]["auc_ci95"], parts["few"]["n_fake"]) == (None, None, 3)
    own = (manifest["split"] == "test") & (manifest["method"].isin(["", "lips"]))
    expected = fs.evaluate(manifest["label"][own], scores[own])
    assert parts["lips"]["auc"] == pytest.approx(expected.auc)
    assert tuple(parts["lips"]["auc_ci95"]) == pytest.approx(expected.auc_ci95)
    assert parts["all held-out ones"]["n_fake"] == 23
    text = Page((tmp_path / "out/report.html").read_text()).text
    assert "By method" in text
    assert "not measurable with so few" in text
    assert found.parts["method"][0].name == "few"


def test_parts_by_size_and_quality(tmp_path: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(3)
    rows = []
    for k in range(40):
        side, quality = (200, 60) if k < 20 else (600, 95)
        path = tmp_path / f"{k}.jpg"
        Image.fromarray(rng.integers(0, 256, (side, side + 9), dtype=np.uint8)).save(path, quality=quality)
        rows.append((str(path), k % 2, str(path), ""))
    manifest = pd.DataFrame(rows, columns=["path", "label", "group", "split"])
    file = write(tmp_path / "s.csv", {row[0]: float(rng.normal() + row[1]) for row in rows})
    evaluation.run(None, manifest, tmp_path / "out", scores=file)
    found = metrics_of(tmp_path / "out")
    assert list(found["auc_by_size"]) == ["under 256 px", "512 to 1023 px"]
    assert found["size_of"] == "image"
    assert list(found["auc_by_quality"]) == ["under 70", "90 and more"]
    for part in (*found["auc_by_size"].values(), *found["auc_by_quality"].values()):
        assert (part["n_real"], part["n_fake"]) == (10, 10)
        assert part["auc_ci95"][0] < part["auc"] < part["auc_ci95"][1] or part["auc"] in (0, 1)


def test_parts_take_groups_as_one() -> None:
    labels = np.tile([0, 1], 40)
    scored = Scored(labels, np.random.default_rng(4).normal(size=80), {"groups": np.arange(80) // 40})
    (part,) = by_method(scored, ["x"] * 80, None)
    # Eighty samples of two people.
    assert (part.measured.auc, part.measured.n_real) == (None, 40)
    assert part.held_out is None
    assert by_number(scored, np.full(80, 10.0), (64, 128), " px") == []


def test_widths_of_faces_are_those_that_were_scored(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("skops", reason="needs the detect extra")
    from PIL import Image

    for k in range(6):
        for name in ("real", "fake"):
            (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
            with Image.open(data / name / f"{name[0]}{k}.png") as image:
                image.save(tmp_path / "set" / name / f"{k}.png")
                image.resize((150, 150)).save(tmp_path / "set" / name / f"big{k}.png")
    evaluation.run(fs.load(), tmp_path / "set", tmp_path / "out", faces="whole", robustness=0)
    found = metrics_of(tmp_path / "out")
    assert list(found["auc_by_size"]) == ["under 64 px", "128 to 255 px"]
    assert found["size_of"] == "face"
