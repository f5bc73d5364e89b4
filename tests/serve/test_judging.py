"""From an upload to its result: the same verdict as ``score``, told step by step, and deleted in the end."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facespectra as fs
from facespectra.cli import main
from facespectra.rendered.database import render_face
from facespectra.serve.judging import Job, Judging
from facespectra.serve.samples import SAMPLES, render
from servers import Served, eventually


@pytest.fixture(scope="module")
def two_faces() -> bytes:
    """A picture of two people, of whom the second is larger."""
    picture = Image.new("RGB", (640, 400), (90, 100, 110))
    picture.paste(render_face(np.random.default_rng(1), 224), (10, 80))
    picture.paste(render_face(np.random.default_rng(2), 380), (250, 10))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def scored(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    assert main(["score", str(path), "--format", "jsonl", *options]) == 0
    line = json.loads(capsys.readouterr().out)
    # The path is where the file lies; here it is its name.
    return json.loads(json.dumps(line).replace(json.dumps(str(path))[1:-1], path.name))


def test_a_photograph_step_by_step(server: Served, portrait: bytes) -> None:
    key = server.add(portrait, "portrait.jpg")
    events = list(server.events(key))
    numbers, names = [one[0] for one in events], [one[1] for one in events]
    assert numbers == sorted(set(numbers))
    assert names[-1] == "result"
    result = events[-1][2]
    assert (result["id"], result["name"], result["kind"]) == (key, "portrait.jpg", "image")
    assert (result["width"], result["height"]) == (512, 512)
    assert result["verdict"]["label"] == "swap"
    (face,) = result["faces"]
    assert face["verdict"]["label"] == "swap"
    assert len(face["sentences"]) == 3
    assert face["regions"]
    assert all(0 <= x <= 512 and 0 <= y <= 512 for one in face["regions"] for x, y in one["outline"])
    assert len(face["spectrum"]["values"]) == 300
    assert result["file"]["bytes"] == len(portrait)
    assert result["file"]["format"] == "JPEG"
    assert result["took"] > 0
    # Told again to whoever comes later, and to whoever lost the line, only what is new.
    assert [one[1] for one in server.events(key)][-1] == "result"
    assert list(server.events(key, last=numbers[-1])) == []


def test_every_face_has_its_verdict(server: Served, two_faces: bytes) -> None:
    name, result = server.last(server.add(two_faces, "two.png"))
    assert name == "result"
    assert len(result["faces"]) == 2
    first, second = (one["box"] for one in result["faces"])
    assert first[2] - first[0] > second[2] - second[0]
    assert result["verdict"]["faces"] == 2
    assert "most suspicious" in result["verdict"]["note"]
    assert max(one["verdict"]["score"] for one in result["faces"]) == result["verdict"]["score"]


def test_the_largest_face_of_a_large_picture_comes_first(two_faces: bytes, tmp_path: Path) -> None:
    wall = Image.new("RGB", (2600, 1800), (90, 100, 110))
    wall.paste(Image.open(io.BytesIO(two_faces)).resize((1280, 800)), (100, 200))
    wall.save(tmp_path / "large.jpg")
    partial = []

    def tell(event: str, data: dict[str, Any]) -> None:
        if event == "partial":
            partial.append(data)

    job = Job(path=tmp_path / "large.jpg", name="large.jpg", faces="all")
    result = Judging(fs.load(), job, tell).run()
    assert [len(one["faces"]) for one in (*partial, result)] == [1, 2, 2]
    assert partial[0]["verdict"]["note"] == "largest of 2 faces"
    assert result["verdict"]["note"] == "most suspicious of 2 faces"
    for one in partial:
        for early, late in zip(one["faces"], result["faces"], strict=False):
            assert (early["box"], early["verdict"]) == (late["box"], late["verdict"])


def test_a_video_while_it_is_read(server: Served, clip: Path) -> None:
    key = server.add(clip.read_bytes(), "clip.mp4")
    seen = list(server.events(key))
    name, result = seen[-1][1:]
    assert name == "result"
    assert result["kind"] == "video"
    assert result["n_frames"] == 24
    assert result["duration"] == pytest.approx(3)
    line = result["timeline"]
    assert [one["frame"] for one in line] == [2, 6, 10, 14, 18, 22]
    assert [one["status"] for one in line] == ["no-face", "no-face", "ok", "ok", "no-face", "no-face"]
    assert [one["seconds"] for one in line] == pytest.approx([one["frame"] / 8 for one in line])
    assert result["rule"] == "mean of 2 of 6 frames"
    assert {one["frame"] for one in result["worst"]} == {10, 14}
    for one in line:
        picture = server.client.get(f"/api/items/{key}/frames/{one['frame']}")
        assert Image.open(io.BytesIO(picture.content)).size == (256, 256)
    assert server.client.get(f"/api/items/{key}/frames/3").status_code == 404


@pytest.mark.parametrize("faces", [None, "all", "largest"])
def test_the_verdict_is_that_of_score(
    server: Served,
    two_faces: bytes,
    clip: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    faces: str | None,
) -> None:
    (tmp_path / "two.png").write_bytes(two_faces)
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    chosen = {} if faces is None else {"faces": faces}
    options = [] if faces is None else ["--faces", faces]
    for name in ("two.png", "clip.mp4"):
        path = tmp_path / name
        expected = scored(path, capsys, *options)
        answer = server.client.post("/api/score", params=chosen, files={"file": (name, path.read_bytes())})
        assert answer.status_code == 200, answer.text
        assert answer.json() == expected
        raw = server.client.post("/api/score", params={"name": name, **chosen}, content=path.read_bytes())
        assert raw.json() == expected


def test_the_page_has_the_verdict_of_score(
    server: Served, two_faces: bytes, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (("two.png", two_faces), ("clip.mp4", clip.read_bytes())):
        (tmp_path / name).write_bytes(content)
        expected = scored(tmp_path / name, capsys, "--faces", "all", "--frames", "6")
        _, result = server.last(server.add(content, name))
        assert result["verdict"] | {"model": "default", "model_sha256": fs.load().sha256} == expected


def test_a_picture_without_a_face_is_a_result(server: Served) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (300, 200), (10, 120, 30)).save(stream, "PNG")
    key = server.add(stream.getvalue(), "meadow.png")
    name, result = server.last(key)
    assert name == "result"
    assert (result["verdict"]["label"], result["verdict"]["status"]) == (None, "no-face")
    assert result["faces"] == []
    answer = server.client.get(f"/api/items/{key}/report.html")
    assert answer.status_code == 422
    assert "no face" in answer.json()["error"]
    assert server.client.get(f"/api/items/{key}/report.json").status_code == 200


def test_pictures_are_upright_and_small_enough(server: Served) -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    render_face(np.random.default_rng(4), 900).resize((900, 600)).save(stream, "JPEG", exif=exif)
    key = server.add(stream.getvalue(), "turned.jpg")
    _, result = server.last(key)
    assert (result["width"], result["height"]) == (600, 900)
    for side, size in ((400, (267, 400)), (1600, (600, 900)), (4096, (600, 900))):
        answer = server.client.get(f"/api/items/{key}/picture", params={"side": side})
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).size == size
    assert server.client.get(f"/api/items/{key}/picture", params={"side": 17}).status_code == 400


@pytest.mark.parametrize("form", ["html", "pdf", "json"])
def test_reports_say_nothing_of_this_machine(server: Served, portrait: bytes, form: str) -> None:
    key = server.add(portrait, "portrait.jpg")
    assert server.last(key)[0] == "result"
    answer = server.client.get(f"/api/items/{key}/report.{form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="portrait-facespectra.{form}"'
    content = answer.content
    for secret in (
        str(server.folder),
        "upload.jpg",
        str(Path.home()),
        server.token,
        str(Path(fs.__file__).parent),
    ):
        assert secret.encode() not in content
    if form == "pdf":
        assert content.startswith(b"%PDF-")
    else:
        assert b"portrait.jpg" in content
    if form == "html":
        assert not any(word in content for word in (b'src="http', b"@import", b'href="http'))
    if form == "json":
        saved = answer.json()
        assert saved["model"]["sha256"] == fs.load().sha256
        assert len(saved["result"]["file"]["sha256"]) == 64
        assert saved["facespectra"] == fs.__version__
        assert saved["date"].endswith("+00:00")


def test_what_is_removed_is_gone(server: Served, portrait: bytes) -> None:
    key = server.add(portrait, "portrait.jpg")
    assert server.last(key)[0] == "result"
    assert server.client.delete(f"/api/items/{key}").status_code == 204
    for path in ("events", "picture", "media", "report.json"):
        assert server.client.get(f"/api/items/{key}/{path}").status_code == 404
    assert server.client.delete(f"/api/items/{key}").status_code == 404


def test_a_closed_page_leaves_nothing_behind(server: Served, portrait: bytes) -> None:
    kept = server.add(portrait, "kept.jpg", session="open")
    keys = [server.add(portrait, f"{number}.jpg", session="closed") for number in range(3)]
    assert server.client.post("/api/close", params={"session": "closed"}).status_code == 204
    assert all(server.client.get(f"/api/items/{key}/events").status_code == 404 for key in keys)
    assert server.last(kept)[0] == "result"
    server.client.post("/api/close", params={"session": "open"})


def test_a_long_video_is_cancelled(server: Served, clip: Path, tmp_path: Path) -> None:
    before = set(server.workers)
    keys = [server.add(clip.read_bytes(), f"{number}.mp4", session="many") for number in range(4)]
    stream = server.events(keys[0])
    next(stream)
    for key in keys:
        assert server.client.delete(f"/api/items/{key}").status_code == 204
    stream.close()
    # Nobody had to be killed for it, and the next file is judged.
    assert before & set(server.workers)
    name, _ = server.last(server.add(SAMPLES["untouched.jpg"].file.read_bytes(), "next.jpg"))
    assert name == "result"


def test_a_photograph_does_not_wait_for_videos(server: Served, clip: Path, portrait: bytes) -> None:
    videos = [server.add(clip.read_bytes(), f"{number}.mp4", session="videos") for number in range(12)]
    assert server.last(server.add(portrait, "short.jpg", session="photographs"))[0] == "result"
    states = [next(server.events(key))[1] for key in videos]
    assert "queued" in states
    server.client.post("/api/close", params={"session": "videos"})


def test_samples_show_both_verdicts(server: Served, tmp_path: Path) -> None:
    labels = {}
    for one in server.client.get("/api/samples").json():
        content = server.client.get(f"/api/samples/{one['name']}").content
        assert Image.open(io.BytesIO(content)).size == (one["width"], one["height"])
        labels[one["name"]] = server.last(server.add(content, one["name"]))[1]["verdict"]["label"]
    assert labels == {"untouched.jpg": "no-swap-found", "swapped.jpg": "swap"}


def test_the_samples_are_what_their_script_makes(tmp_path: Path) -> None:
    render(tmp_path)
    for name, sample in SAMPLES.items():
        made, kept = (np.asarray(Image.open(path), int) for path in (tmp_path / name, sample.file))
        # Other processors round in other ways.
        assert np.abs(made - kept).mean() < 0.5


def test_info_says_what_the_model_is_good_for(server: Served) -> None:
    info = server.client.get("/api/info").json()
    detector = fs.load()
    assert info["model"]["sha256"] == detector.sha256
    assert info["model"]["threshold"] == detector.threshold_
    assert info["not_checked_for"] == list(detector.words.not_checked_for)
    assert ".jpg" in info["accept"].split(",")
    rows = info["reliability"]["rows"]
    assert rows[0]["key"] == "web"
    for row in rows:
        assert 0 <= row["found"] <= 1
        assert row["n"] > 0
    # The first row is from the card, which is text.
    card = Path(__file__).parents[2] / "docs" / "model_card.md"
    text = card.read_text()
    web = rows[0]
    assert f"| AUC per frame | {web['auc']} [{web['auc_ci95'][0]}, {web['auc_ci95'][1]}] |" in text
    assert f"| {web['false_alarms']:.1%}, {web['found']:.0%} |".replace("%", " %") in text
    assert f"{web['cannot_tell']:.0%} |".replace("%", " %") in text


def test_a_page_that_asks_nothing_is_closed(tmp_path: Path, portrait: bytes) -> None:
    from servers import serving

    with serving(tmp_path, expiry=0.5) as served:
        key = served.add(portrait, "portrait.jpg")
        assert served.last(key)[0] == "result"
        time.sleep(0.1)
        assert eventually(lambda: not served.stored())
        assert served.client.get(f"/api/items/{key}/picture").status_code == 404
