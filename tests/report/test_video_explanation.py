"""A video explained: the timeline is what score says of each frame, the worst frames are explained."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra import videos
from facespectra.errors import UnreadableVideoError
from facespectra.rendered.database import render_face
from facespectra.report.video_explanation import explain_video, follow_video
from notebook_html import checked

pytest.importorskip("av", reason="needs the detect extra")
from clips import write_clip

for _package in ("sklearn", "skops", "lz4", "pandas", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")

FRAMES = 5


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face of which every frame is another one; the first ones show none."""
    import av

    path = tmp_path_factory.mktemp("clips") / "face.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"qscale": "2"})
        stream.width, stream.height = 240, 240
        stream.pix_fmt = "yuv420p"
        for k in range(20):
            face = render_face(np.random.default_rng(30 + k // 4), 240)
            pixels = np.full((240, 240, 3), 90, np.uint8) if k < 4 else np.asarray(face.convert("RGB"))
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def test_the_whole_is_what_predict_says(clip: Path) -> None:
    detector = fs.load()
    found = explain_video(clip, detector, frames=FRAMES)
    (verdict,) = detector.predict([clip], frames=FRAMES)
    # NaN is not equal to itself.
    assert str(found.verdict) == str(verdict)
    assert str([moment.verdict for moment in found.timeline]) == str(list(verdict.frames))
    assert [moment.frame for moment in found.timeline] == [2, 6, 10, 14, 18]
    assert [moment.seconds for moment in found.timeline] == pytest.approx([0.08, 0.24, 0.4, 0.56, 0.72])
    assert found.timeline[0].verdict.status == "no-face"
    assert found.rule == "mean of 4 of 5 frames"
    assert (found.width, found.height, found.n_frames) == (240, 240, 20)
    assert found.duration == pytest.approx(0.8)
    scores = {moment.frame: moment.verdict.score for moment in found.timeline[1:]}
    worst = [one.frame for one in found.worst]
    assert worst == sorted(scores, key=scores.__getitem__, reverse=True)[:3]
    assert [one.explanation.score for one in found.worst] == [scores[frame] for frame in worst]
    assert "4 frames with a face were looked at" in found.sentences[1]


def test_it_can_be_followed(clip: Path) -> None:
    detector = fs.load()
    steps = list(follow_video(clip, detector, frames=FRAMES))
    assert [len(step.timeline) for step in steps] == [1, 2, 3, 4, 5]
    assert all(step.n_wanted == FRAMES for step in steps)
    assert steps[0].verdict.label == ""
    assert steps[0].sentences[0].startswith("No face was found")
    assert str(steps[-1].verdict) == str(explain_video(clip, detector, frames=FRAMES).verdict)
    done = []
    explain_video(clip, detector, frames=2, progress=lambda *counts: done.append(counts))
    assert done == [(1, 2), (2, 2)]


def test_plain_data_is_json(clip: Path) -> None:
    data = explain_video(clip, frames=FRAMES).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["timeline"][0] == {
        "frame": 2,
        "seconds": 0.08,
        "score": None,
        "label": None,
        "status": "no-face",
    }
    assert len(data["worst"]) == 3
    first = data["worst"][0]
    (same,) = [one for one in data["timeline"] if one["frame"] == first["frame"]]
    assert first["face"]["verdict"]["score"] == same["score"]


def test_a_video_that_breaks_off_keeps_what_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for kind in ("real", "fake"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        for k in range(8):
            fs_image(rng, tmp_path / "set" / kind / f"{k}.png", smooth=kind == "fake")
    detector = fs.Detector("spectrum", "logistic", crop=False, feature_settings={"n_features": 30})
    detector.fit(tmp_path / "set")
    cut = write_clip(tmp_path / "cut.mp4", 30, noise=0)
    info = videos.video_info(cut)
    # What a file says of its frames cannot be known before they are decoded.
    declared = videos.VideoInfo(40, info.width, info.height, info.codec, info.rate)
    for module in ("videos", "report.video_explanation"):
        monkeypatch.setattr(f"facespectra.{module}.video_info", lambda path: declared)
    found = explain_video(cut, detector)
    (verdict,) = detector.predict([cut])
    # Sums of float32 round differently in a batch.
    assert found.verdict.score == pytest.approx(verdict.score, rel=1e-5)
    assert found.verdict.note == verdict.note == "mean of 7 of 10 frames; damaged, with 30 good frames"
    assert [moment.verdict.status for moment in found.timeline] == [one.status for one in verdict.frames]
    assert [str(one.explanation.path) for one in found.worst] == [
        f"{cut} (frame {one.frame})" for one in found.worst
    ]
    assert math.isnan(found.timeline[-1].verdict.score)
    assert found.verdict.label in ("fake", "real")
    assert found.to_dict()["timeline"][-1]["score"] is None


def fs_image(rng: np.random.Generator, path: Path, *, smooth: bool) -> None:
    from PIL import Image

    pixels = rng.integers(0, 256, (32, 32), dtype=np.uint8)
    Image.fromarray(np.kron(pixels, np.ones((2, 2), np.uint8)) if smooth else pixels).save(path)


def test_no_face_at_all_and_no_video(tmp_path: Path) -> None:
    found = explain_video(write_clip(tmp_path / "clip.mp4", 6, size=(96, 96)), frames=3)
    assert found.verdict.label == ""
    assert found.worst == ()
    assert found.sentences[0] == "No face was found in the 3 frames of this video that were looked at."
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    with pytest.raises(UnreadableVideoError, match=r"no\.mp4"):
        explain_video(tmp_path / "no.mp4")


def test_a_notebook_shows_the_sentences_the_worst_faces_and_the_frames(clip: Path) -> None:
    found = explain_video(clip, frames=FRAMES)
    shown = checked(found)
    assert f"{clip.name}: " in shown.text
    assert all(sentence in shown.text for sentence in found.sentences)
    assert len(shown.named("img")) == len(found.worst)
    rows = shown.rows()
    for moment in found.timeline:
        score = moment.verdict.score
        expected = "" if math.isnan(score) else f"{score:.3f}"
        assert rows[f"0:00, frame {moment.frame}"] == [expected, moment.verdict.label or "no-face"]


def test_many_frames_make_no_long_table(clip: Path) -> None:
    found = explain_video(clip, frames=FRAMES)
    long = replace(found, timeline=found.timeline * 20, path="<b>&.mp4")
    shown = checked(long)
    assert len(shown.rows()) <= 61
    assert "40 more frames in timeline." in shown.text
    assert "<b>&.mp4: " in shown.text


def test_the_scores_are_drawn_in_time(clip: Path) -> None:
    from matplotlib.figure import Figure

    found = explain_video(clip, frames=FRAMES)
    ax = found.plot(Figure().subplots())
    scored = [moment for moment in found.timeline if moment.verdict.label]
    expected = [[moment.seconds, 100 * moment.verdict.score] for moment in scored]
    np.testing.assert_allclose(ax.lines[0].get_xydata(), expected)
    assert set(ax.lines[1].get_ydata()) == {100 * found.threshold}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("seconds into the video", "score, 0 to 100")
