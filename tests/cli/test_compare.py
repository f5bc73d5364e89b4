"""``facespectra compare``: two folders that evaluate wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facespectra.cli import main
from facespectra.evaluation import compare
from facespectra.report import write_scores

pytest.importorskip("sklearn", reason="needs the detect extra")

N = 40
LABELS = [0] * 20 + [1] * 20


def run(folder: Path, shift: float, seed: int, names: list[str] | None = None, **more: object) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=N) + shift * np.array(LABELS)
    names = names or [f"{i}.jpg" for i in range(N)]
    groups = more.pop("groups", names)
    labels = more.pop("labels", LABELS)
    write_scores(folder / "scores.csv", names, labels, groups, scores, ["ok"] * N, **more)  # type: ignore[arg-type]
    return scores


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    return str(tmp_path / "a"), str(tmp_path / "b")


def test_the_figures_are_those_of_compare(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    a, b = run(Path(runs[0]), 2.0, 0), run(Path(runs[1]), 0.5, 1)
    assert main(["compare", *runs, "--json"]) == 0
    done = capsys.readouterr()
    found = json.loads(done.out)
    expected = compare(LABELS, a, b).to_dict()
    assert {key: found[key] for key in expected} == expected
    assert (found["first"], found["second"], found["only_in_first"]) == (*runs, 0)
    assert done.err == ""
    assert main(["compare", *runs]) == 0
    text = capsys.readouterr().out
    assert f"{expected['difference']:+.4f}" in text
    assert f"p = {expected['delong_p']:.2g}" in text
    assert "bootstrap over 40 samples" in text
    # The other way round the sign changes, and nothing else.
    assert main(["compare", *reversed(runs), "--json"]) == 0
    back = json.loads(capsys.readouterr().out)
    assert back["difference"] == -found["difference"]
    assert back["delong_p"] == found["delong_p"]


def test_samples_are_matched_by_path_and_not_by_position(
    runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    scores = run(Path(runs[0]), 1.0, 0)
    order = np.random.default_rng(3).permutation(N)
    names = [f"{i}.jpg" for i in order]
    labels = [LABELS[i] for i in order]
    write_scores(Path(runs[1]) / "scores.csv", names, labels, names, scores[order], ["ok"] * N)
    assert main(["compare", *runs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["difference"], found["delong_p"], found["n"]) == (0, 1, N)


def test_what_is_not_in_both_is_said(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    run(Path(runs[0]), 1.0, 0)
    run(
        Path(runs[1]),
        1.0,
        1,
        [f"{i + 2}.jpg" if i < 38 else f"{i}.png" for i in range(N)],
        labels=[*LABELS[2:], 1, 1],
    )
    assert main(["compare", *runs, "--json"]) == 0
    done = capsys.readouterr()
    found = json.loads(done.out)
    assert (found["n"], found["only_in_first"], found["only_in_second"]) == (38, 2, 2)
    assert done.err.splitlines() == [
        f"facespectra: warning: 2 samples are in {runs[0]} only, such as 0.jpg",
        f"facespectra: warning: 2 samples are in {runs[1]} only, such as 38.png",
    ]


def test_frames_of_videos_are_samples_and_their_groups_are_drawn(
    runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{i // 2}.mp4" for i in range(N)]
    frames = [i % 2 for i in range(N)]
    a = run(Path(runs[0]), 2.0, 0, names, frames=frames)
    b = run(Path(runs[1]), 1.0, 1, names, frames=frames)
    assert main(["compare", *runs, "--json"]) == 0
    done = capsys.readouterr()
    found = json.loads(done.out)
    assert (found["resampled"], found["n_groups"], found["n"]) == ("groups", 20, N)
    assert found["bootstrap_ci95"] == compare(LABELS, a, b, names).to_dict()["bootstrap_ci95"]
    assert "use the bootstrap over groups" in done.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "scores.csv not found"),
        ("path,label\na,1\n", "no column 'score'"),
        ("path,label,group,score,status\na,one,a,1,ok\n", "unknown label 'one' of a; use 0 or real"),
        ("path,label,group,score,status\na,1,a,high,ok\n", "line 2: 'high' is not a number"),
        ("path,label,group,score,status\na,1,a,1,ok\na,1,a,2,ok\n", "a has two scores, 1 and 2"),
        ("path,label,group,score,status\na,1,a,1,ok\na,0,a,1,ok\n", "a is labelled both real and fake"),
        ("path,label,group,score,status\nz,1,a,1,ok\n", "no sample in common"),
        ("path,label,group,score,status\n0.jpg,1,a,1,ok\n", "disagree on the label of 0.jpg"),
        ("path,label,group,score,status\n0.jpg,0,a,1,ok\n", "1 real and 0 fake"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    runs: tuple[str, str], text: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(Path(runs[0]), 1.0, 0)
    Path(runs[1]).mkdir()
    if text is not None:
        (Path(runs[1]) / "scores.csv").write_text(text)
    assert main(["compare", *runs]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "warning" not in line]
    assert message in line


def test_scores_of_another_system_take_labels_and_groups_of_the_run(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"/data/set/{i}.jpg" for i in range(N)]
    groups = [f"g{i // 2}" for i in range(N)]
    a = run(Path(runs[0]), 2.0, 0, names, groups=groups)
    b = np.random.default_rng(5).normal(size=N) + LABELS
    theirs = tmp_path / "theirs.jsonl"
    rows = [{"File": f"set/{i}.jpg", "Score": score} for i, score in enumerate(b.tolist())]
    theirs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["compare", runs[0], str(theirs), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = compare(LABELS, a, b, groups).to_dict()
    assert {key: found[key] for key in expected} == expected
    assert main(["compare", str(theirs), runs[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["difference"] == -found["difference"]
    assert main(["compare", str(theirs), str(theirs)]) == 2
    assert "has labels: give one a column 'label', or evaluate it first" in capsys.readouterr().err


def test_labels_of_verdicts_are_no_truth(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = run(Path(runs[0]), 2.0, 0)
    verdicts = tmp_path / "verdicts.csv"
    lines = [
        f"{i}.jpg,{score!r},{'real' if score > 0 else 'fake'},0.5" for i, score in enumerate(scores.tolist())
    ]
    verdicts.write_text("\n".join(["path,score,label,threshold", *lines]))
    assert main(["compare", runs[0], str(verdicts), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["difference"] == 0
    assert main(["compare", str(verdicts), str(verdicts)]) == 2


def test_each_system_has_intervals_and_rates_at_its_own_threshold(
    runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.evaluation import evaluate
    from facespectra.report import write_metrics

    a, b = run(Path(runs[0]), 2.0, 0), run(Path(runs[1]), 0.5, 1)
    first = evaluate(LABELS, a, threshold=0.8)
    write_metrics(Path(runs[0]) / "metrics.json", first, [])
    write_metrics(Path(runs[1]) / "metrics.json", evaluate(LABELS, b), [])
    assert main(["compare", *runs, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["auc_ci95"] == [first.to_dict()["auc_ci95"], evaluate(LABELS, b).to_dict()["auc_ci95"]]
    # A threshold that was fitted to these very scores says nothing of others.
    assert found["at_threshold"][1] is None
    assert found["at_threshold"][0]["confusion"] == first.confusion
    assert found["at_threshold"][0]["balanced_accuracy_ci95"] is not None
    assert main(["compare", *runs]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"fakes found, first {100 * first.true_positive_rate:.1f} % (95 % interval" in text
    assert "reals called fake, first" in text
    assert "second" in text
    assert "accuracy, second" not in text


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf", ".SVG"])
def test_a_plot_has_the_curves_of_the_table(
    suffix: str, runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    run(Path(runs[0]), 2.0, 0), run(Path(runs[1]), 0.5, 1)
    out = tmp_path / "new" / f"roc{suffix}"
    assert main(["compare", *runs, "--plot", str(out), "--json"]) == 0
    done = capsys.readouterr()
    found = json.loads(done.out)
    assert done.err == f"facespectra: wrote {out}\n"
    content = out.read_bytes()
    assert content.startswith((b"<?xml", b"\x89PNG", b"%PDF"))
    if suffix == ".svg":
        for name, auc, (low, high) in zip("ab", found["auc"], found["auc_ci95"], strict=True):
            assert f"{name}: AUC {auc:.3f} ({low:.3f} to {high:.3f})" in content.decode()


def test_several_runs_are_compared_with_the_first_on_the_same_samples(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    a, b = run(Path(runs[0]), 2.0, 0), run(Path(runs[1]), 0.5, 1)
    c = run(tmp_path / "c", 1.0, 2)
    # One of them lacks a sample, and another a score: neither counts in any figure.
    lines = (tmp_path / "c" / "scores.csv").read_text().splitlines(keepends=True)
    (tmp_path / "c" / "scores.csv").write_text("".join(lines[:-1]))
    lines = (Path(runs[1]) / "scores.csv").read_text().splitlines(keepends=True)
    lines[1] = "0.jpg,0,0.jpg,,no face\n"
    (Path(runs[1]) / "scores.csv").write_text("".join(lines))
    out = tmp_path / "roc.svg"
    given = ["compare", *runs, str(tmp_path / "c"), "--plot", str(out)]
    assert main([*given, "--json"]) == 0
    done = capsys.readouterr()
    found = json.loads(done.out)["comparisons"]
    assert [(one["first"], one["second"]) for one in found] == [
        (runs[0], runs[1]),
        (runs[0], str(tmp_path / "c")),
    ]
    kept = slice(1, N - 1)
    for one, other in zip(found, (b, c), strict=True):
        expected = compare(LABELS[kept], a[kept], other[kept]).to_dict() | {"n_left_out": 1}
        assert {key: one[key] for key in expected} == expected
        for auc, (low, high) in zip(one["auc"], one["auc_ci95"], strict=True):
            assert f"AUC {auc:.3f} ({low:.3f} to {high:.3f})" in out.read_text()
    assert "2 tests; their p-values are not corrected" in done.err
    assert main(given) == 0
    assert capsys.readouterr().out.count("DeLong over 38 samples") == 2


def test_runs_of_one_name_are_told_apart_and_hostile_names_stay_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    places = [tmp_path / "one" / "_$x$", tmp_path / "two" / "_$x$", tmp_path / "<b>&.csv"]
    for seed, place in enumerate(places[:2]):
        run(place, 1.0, seed)
    places[2].write_text((places[0] / "scores.csv").read_text())
    out = tmp_path / "roc.svg"
    assert main(["compare", *map(str, places), "--plot", str(out)]) == 0
    capsys.readouterr()
    text = out.read_text()
    for name in ("one/_$x$: AUC", "two/_$x$: AUC", "&lt;b&gt;&amp;: AUC"):
        assert name in text


def test_a_plot_without_matplotlib_is_one_line_and_no_work(
    runs: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(Path(runs[0]), 2.0, 0), run(Path(runs[1]), 0.5, 1)
    monkeypatch.setattr("facespectra._extras.installed", lambda module: module != "matplotlib")
    assert main(["compare", *runs, "--plot", "roc.svg"]) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert 'pip install "facespectra[detect]"' in done.err
    assert done.err.count("\n") == 1
