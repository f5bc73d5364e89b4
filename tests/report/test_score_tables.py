"""Files of scores as people have them, and the names in them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from facespectra.errors import DatasetError
from facespectra.features.status import Kind
from facespectra.report.matching import match_names
from facespectra.report.score_tables import read_scores, status_of

ROWS = [("a/0.png", 0.25), ("b c/1.png", -3.5), ("ü.png", float("nan"))]


def pairs(path: Path) -> list[tuple[str, float]]:
    return [(row.path, row.score) for row in read_scores(path)]


def same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> bool:
    return [name for name, _ in found] == [name for name, _ in expected] and np.array_equal(
        [score for _, score in found], [score for _, score in expected], equal_nan=True
    )


@pytest.mark.parametrize(
    "text",
    [
        "path,score\na/0.png,0.25\nb c/1.png,-3.5\nü.png,\n",
        "Score; File Name\n0,25;a/0.png\n-3,5;b c/1.png\nNaN;ü.png\n",
        "IMAGE_PATH\tpred\tnote\na/0.png\t0.25\tx\nb c/1.png\t-3.5\t\nü.png\tnone\t\n",
        "a/0.png,0.25\nb c/1.png,-3.5\nü.png,nan\n",
        "\ufeffa/0.png 0.25\r\nb c/1.png -3.5\r\n\r\nü.png nan\r\n",
        '{"path": "a/0.png", "score": 0.25}\n{"path": "b c/1.png", "score": -3.5}\n'
        '{"path": "ü.png", "score": null}\n',
        '[{"Path": "a/0.png", "Prob": 0.25}, {"Path": "b c/1.png", "Prob": -3.5}, {"Path": "ü.png"}]',
        'path , score\n"a/0.png", 0.25\n"b c/1.png", -3.5\nü.png, NA\n',
    ],
    ids=["csv", "semicolons", "tabs", "no-header", "blanks", "json-lines", "json", "quotes"],
)
def test_any_table_is_read_by_its_content(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scores.dat"
    file.write_text(text, encoding="utf-8", newline="")
    assert same(pairs(file), ROWS)
    file.write_text(text, encoding="utf-16", newline="")
    assert same(pairs(file), ROWS)


def test_parquet_is_read_too(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas", reason="needs the detect extra")
    pytest.importorskip("pyarrow", reason="needs the detect extra")
    table = pd.DataFrame({"path": [name for name, _ in ROWS], "SCORE": [score for _, score in ROWS]})
    table.to_parquet(tmp_path / "s.parquet")
    assert same(pairs(tmp_path / "s.parquet"), ROWS)


def test_frames_labels_and_statuses_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(
        "path,frame,score,label,group,status\n"
        "a.mp4,3,0.5,1,g,cannot-tell: too small\na.mp4,4.0,,fake,g,no-face\nb.png,,0.1,0,,whatever\n"
    )
    rows = read_scores(file)
    assert [(row.frame, row.label, row.group) for row in rows] == [
        (3, "1", "g"),
        (4, "fake", "g"),
        (None, "0", ""),
    ]
    assert [str(status_of(row)) for row in rows] == ["cannot-tell: too small", "no-face", "ok"]
    assert status_of(rows[2]._replace(score=math.nan, status=None)).kind is Kind.NO_SCORE


def test_names_of_frames_as_score_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text("path,score\na b.mp4 (frame 12),1\nc (frame x).mp4,2\n")
    assert [(row.path, row.frame) for row in read_scores(file)] == [
        ("a b.mp4", 12),
        ("c (frame x).mp4", None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no scores in it"),
        (b"path,score\n", "no scores in it"),
        (b"path,thing\na,1\n", r"no column 'score'; .*found: 'path', 'thing'"),
        (b"what,score\na,1\n", "no column 'path'"),
        (b"path,score\na,0.5\nb,high\n", "line 3: 'high' is not a number"),
        (b"path,score\na,inf\n", "line 2: the score is infinite"),
        (b"path,score,frame\na,1,x\n", "line 2: 'x' is not a frame number"),
        (b"path,score\n,1\n", "line 2: no path"),
        (b"path,score\na\n", "line 2 is cut off"),
        (b'{"path": "a", "score": 1}\n{"path": \n', "cannot be read as scores"),
        (b"[1, 2]", "must be an object"),
        (b"PAR1nothing", "cannot be read as scores"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "s.txt"
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=message) as caught:
        read_scores(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
    with pytest.raises(DatasetError, match="no such file"):
        read_scores(tmp_path / "nothing.csv")


def test_names_are_matched_by_path_and_else_by_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "set"
    paths = [str(root / name) for name in ("real/0.png", "fake/0.png", "fake/deep/1.png", "fake/v.mp4")]
    monkeypatch.chdir(tmp_path)
    wanted = {
        paths[0]: paths[0],
        "fake/0.png": paths[1],
        "set/fake/deep/../deep/1.png": paths[2],
    }
    assert match_names(wanted, paths, root) == wanted
    assert match_names(["/home/them/fake/0.png", "C:\\them\\real\\0.png", "1.png", "v"], paths, root) == {
        "/home/them/fake/0.png": paths[1],
        "C:\\them\\real\\0.png": paths[0],
        "1.png": paths[2],
        "v": paths[3],
    }
    # By the name alone it could be either, and so it is none.
    assert match_names(["0.png", "2.png", "them/0.png"], paths, root) == {}


def test_a_name_is_not_taken_for_the_file_of_another_name(tmp_path: Path) -> None:
    """A score for real/0.png must not become that of fake/0.png where the data set has that alone."""
    path = str(tmp_path / "fake/0.png")
    assert match_names(["x/real/0.png", "x/fake/0.png"], [path]) == {"x/fake/0.png": path}
    assert match_names([path, "x/real/0.png"], [path]) == {path: path}
    assert match_names(["a/0.png", "b/0.png"], [path]) == {}
