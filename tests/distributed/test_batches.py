"""What a worker does with a batch, without a cluster: it is what one machine does with the files."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs

pa = pytest.importorskip("pyarrow", reason="needs the detect extra")

from facespectra.distributed import ExtractBatch, ScoreBatch  # noqa: E402
from facespectra.distributed.agreement import Agreement  # noqa: E402
from facespectra.errors import ClusterError  # noqa: E402


@pytest.fixture(scope="module")
def scorer() -> ScoreBatch:
    return ScoreBatch(frames=3)


def files_of(media: Path) -> list[str]:
    return [str(file) for file in sorted(media.iterdir())]


def test_paths_and_bytes_give_what_predict_gives(media: Path, scorer: ScoreBatch) -> None:
    files = files_of(media)
    expected = fs.load().predict(files, frames=3)
    by_path = scorer(pa.table({"path": files}))
    contents = [Path(file).read_bytes() for file in files]
    by_bytes = scorer(pa.table({"path": files, "bytes": contents}))
    assert by_path.equals(by_bytes)
    rows = by_path.to_pylist()
    assert [row["path"] for row in rows] == files
    for row, verdict in zip(rows, expected, strict=True):
        assert row["score"] == (None if math.isnan(verdict.score) else verdict.score)
        assert (row["label"], row["status"], row["note"]) == (verdict.label, verdict.status, verdict.note)
        assert (row["reason"], row["faces"], row["threshold"]) == (
            verdict.reason,
            verdict.n_faces,
            verdict.threshold,
        )
        assert (row["x0"], row["y0"], row["x1"], row["y1"]) == (verdict.box or (None,) * 4)
    assert {row["status"].partition(":")[0] for row in rows} >= {"ok", "unreadable"}


def test_frames_have_rows_of_their_own_where_wanted(media: Path) -> None:
    scored = ScoreBatch(frames=3, per_frame=True)(pa.table({"path": [str(media / "clip.mp4")]}))
    frames = fs.load().predict([media / "clip.mp4"], frames=3)[0].frames
    assert scored["frame"].to_pylist() == [2, 6, 10]
    assert scored["score"].to_pylist() == [one.score for one in frames]
    assert set(scored["path"].to_pylist()) == {str(media / "clip.mp4")}


def test_other_columns_pass_through_and_ours_give_way(media: Path, scorer: ScoreBatch) -> None:
    table = pa.table(
        {"label": [1], "group": ["a"], "path": ["picture"], "bytes": [(media / "whole.jpg").read_bytes()]}
    )
    (row,) = scorer(table).to_pylist()
    assert (row["label"], row["group"], row["path"]) == (1, "a", "picture")
    assert row["predicted_label"]
    assert "bytes" not in row
    with pytest.raises(ValueError, match="columns label and predicted_label already"):
        scorer(table.append_column("predicted_label", pa.array([0])))


def test_what_is_missing_is_a_row_with_its_status(media: Path, scorer: ScoreBatch) -> None:
    names = ["", "gone.jpg", "nowhere://a/b.jpg", str(media / "whole.jpg")]
    rows = {row["path"]: row for row in scorer(pa.table({"path": names})).to_pylist()}
    assert rows[""]["status"] == "unreadable: it has neither a path nor bytes"
    assert rows["gone.jpg"]["status"] == "unreadable: there is no such file"
    assert "nothing opens nowhere:// here" in rows["nowhere://a/b.jpg"]["status"]
    assert rows[names[-1]]["score"] is not None


def test_a_batch_in_another_format_or_without_images_is_refused(scorer: ScoreBatch) -> None:
    with pytest.raises(TypeError, match='add batch_format="pyarrow"'):
        scorer({"path": np.array(["a.jpg"])})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a column path or bytes; it has name"):
        scorer(pa.table({"name": ["a"]}))


def test_features_are_those_of_one_machine(media: Path) -> None:
    files = files_of(media)
    settings = {"faces": "largest", "frames": 2}
    tables = list(ExtractBatch(**settings)(pa.table({"path": files})))
    found = pa.concat_tables(tables)
    from facespectra.videos import Frame, spread_frames

    sources, _ = spread_frames(files, 2)
    expected = fs.Detector().extract(sources)
    rows = {(row["path"], row["frame"]): row for row in found.to_pylist()}
    assert len(rows) == len(sources) == len(found)
    assert found.schema.field("f000").type == pa.float32()
    for source, status, values in zip(sources, expected.statuses, expected.matrix, strict=True):
        key = (source.path, source.index) if isinstance(source, Frame) else (source, None)
        assert rows[key]["status"] == str(status)
        here = np.array([rows[key][f"f{k:03}"] for k in range(300)], np.float32)
        assert np.array_equal(here, values.astype(np.float32), equal_nan=True)


def test_frames_can_be_named(media: Path) -> None:
    table = pa.table({"path": [str(media / "clip.mp4")] * 2, "frame": [4, 1]})
    found = pa.concat_tables(list(ExtractBatch()(table)))
    assert found["frame"].to_pylist() == [4, 1]
    assert found["status"].to_pylist() == ["ok", "ok"]


def test_a_worker_of_another_version_says_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Agreement.here()
    here.adopt()
    other = replace(here, versions=here.versions | {"pillow": "1.0", "a package of the cluster's": "2"})
    with pytest.raises(ClusterError, match=r"has pillow [\d.]+, not 1\.0: install the same versions"):
        ScoreBatch(agreement=other)


def test_a_worker_takes_over_the_variables_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESPECTRA_TRUNCATED", "1")
    agreement = Agreement.here()
    monkeypatch.delenv("FACESPECTRA_TRUNCATED")
    monkeypatch.setenv("FACESPECTRA_MAX_PIXELS", "7")
    agreement.adopt()
    import os

    assert os.environ["FACESPECTRA_TRUNCATED"] == "1"
    assert "FACESPECTRA_MAX_PIXELS" not in os.environ
    monkeypatch.delenv("FACESPECTRA_TRUNCATED")
