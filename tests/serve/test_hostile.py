"""A hostile file costs one error and nothing else: the server lives, and nothing is left behind."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import pytest

from facespectra.serve.samples import SAMPLES
from hostile import hostile_files, large_black, png
from servers import Served, eventually, serving

JUDGED = ("result", "failed")


def ends(served: Served, name: str, content: bytes, session: str = "s") -> str:
    """How a file ends, refused by its first bytes or judged; every failure is one line with a remedy."""
    answer = served.post(content, name, session)
    if answer.status_code != 201:
        assert answer.status_code in (400, 415), answer.text
        error, event = answer.json(), "refused"
    else:
        event, error = served.last(answer.json()["id"])
        if event == "result":
            return event
    assert error["error"]
    assert error["remedy"] or event == "refused"
    assert "\n" not in error["error"]
    assert str(served.folder) not in error["error"]
    return event


def test_each_of_them_costs_one_error(server: Served, portrait: bytes) -> None:
    before = server.workers
    for name, content in hostile_files(portrait):
        ends(server, name, content)
        answer = server.client.post("/api/score", params={"name": name}, content=content)
        assert answer.status_code in (200, 400, 415, 422), answer.text
        assert str(server.folder) not in answer.text
    # None of them got through to the process, even.
    assert set(before) <= set(server.workers)
    assert ends(server, "portrait.jpg", portrait) == "result"


@pytest.mark.slow
def test_twenty_in_a_row_half_of_them_hostile(server: Served, portrait: bytes) -> None:
    bad = cycle(list(hostile_files(portrait)))
    found = []
    for number, (name, content) in enumerate(islice(bad, 10)):
        found.append(ends(server, name, content, "row"))
        assert ends(server, f"{number}.jpg", portrait, "row") == "result"
    assert "failed" in found
    server.client.post("/api/close", params={"session": "row"})
    server.client.post("/api/close", params={"session": "s"})
    assert eventually(lambda: not server.stored())


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path: Path, portrait: bytes) -> None:
    with serving(tmp_path, max_bytes=200_000) as served:
        for path in ("/api/items", "/api/score"):
            answer = served.client.post(path, content=b"x" * 200_001)
            assert answer.status_code == 413
            assert "200000 bytes" in answer.json()["error"]
            # Without a length, as soon as it is too much.
            answer = served.client.post(path, content=iter([b"x" * 50_000] * 5))
            assert answer.status_code == 413
        answer = served.client.post("/api/score", files={"file": ("x.jpg", b"x" * 199_990)})
        assert answer.status_code == 413
        assert not served.stored()
        assert ends(served, "portrait.jpg", portrait) == "result"


def test_files_have_no_more_room_than_there_is(tmp_path: Path, portrait: bytes) -> None:
    with serving(tmp_path, max_total=len(portrait) + 10, max_files=2) as served:
        key = served.add(portrait, "first.jpg")
        assert served.last(key)[0] == "result"
        answer = served.post(portrait, "second.jpg")
        assert answer.status_code == 507
        served.add(b"small", "second.jpg")
        answer = served.post(b"small", "third.jpg")
        assert answer.status_code == 429
        served.client.delete(f"/api/items/{key}")
        assert served.post(portrait, "third.jpg").status_code == 201


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_stopped(tmp_path: Path, portrait: bytes) -> None:
    with serving(tmp_path, image_seconds=0.3, video_seconds=300) as served:
        name, data = served.last(served.add(large_black(9000), "large.jpg"))
        assert name == "failed"
        assert data["error"] == "it took longer than 0.3 seconds"
        answer = served.client.post("/api/score", content=portrait)
        assert answer.status_code == 200


@pytest.mark.slow
def test_a_file_that_takes_too_much_memory_fails_alone(tmp_path: Path, portrait: bytes) -> None:
    with serving(tmp_path, memory=80 << 20) as served:
        before = served.workers
        name, data = served.last(served.add(png(9000, 9000), "large.png"))
        assert name == "failed"
        assert "memory" in data["error"] or "ended the process" in data["error"], data
        assert ends(served, "portrait.jpg", portrait) == "result"
        assert len(served.workers) >= len(before)


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(tmp_path: Path, portrait: bytes, clip: Path) -> None:
    with serving(tmp_path, frames=24) as served:
        (worker,) = served.workers
        keys = [served.add(clip.read_bytes(), f"{number}.mp4") for number in range(3)]
        events = served.events(keys[0])
        next(events)
        os.kill(worker, signal.SIGKILL)
        # The one that it was at has failed, if it was not done yet; the others are judged.
        *_, (_, name, data) = events
        assert name in JUDGED
        assert name == "result" or "ended the process" in data["error"]
        assert [served.last(key)[0] for key in keys[1:]] == ["result"] * 2
        assert ends(served, "portrait.jpg", portrait) == "result"
        assert worker not in served.workers


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("multipart/form-data", b"", "boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n", "no file"),
        ("multipart/form-data; boundary=x", b"nothing of the kind", "damaged"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n' * 2
            + b"--x--\r\n",
            "several",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 9000 + b"\r\n", ""),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\nc\r\n" * 20 + b"--x--\r\n", "too many"),
    ],
)
def test_forms_that_are_wrong_are_one_line(
    server: Served, content_type: str, body: bytes, error: str
) -> None:
    answer = server.client.post("/api/score", headers={"content-type": content_type}, content=body)
    assert answer.status_code == 400, answer.text
    assert error in answer.json()["error"]


@pytest.mark.parametrize(
    "query", [{"faces": "some"}, {"frames": "0"}, {"frames": "x"}, {"frames": "1001"}, {"frames": "-1"}]
)
def test_options_that_are_wrong_are_one_line(server: Served, query: dict[str, str]) -> None:
    answer = server.client.post("/api/score", params=query, content=b"x")
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]


def test_a_form_without_its_end_is_no_file(server: Served, portrait: bytes) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    answer = server.client.post(
        "/api/score", headers={"content-type": "multipart/form-data; boundary=x"}, content=head + portrait
    )
    assert answer.status_code == 400
    assert "damaged" in answer.json()["error"]


def test_two_users_at_once(server: Served, portrait: bytes) -> None:
    other = SAMPLES["untouched.jpg"].file.read_bytes()

    def send(number: int) -> tuple[int, str]:
        content = (portrait, other)[number % 2]
        answer = server.client.post("/api/score", params={"name": f"{number}.jpg"}, content=content)
        return number % 2, answer.json()["label"]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(send, range(12)))
    assert set(found) == {(0, "swap"), (1, "no-swap-found")}


@pytest.mark.slow
def test_two_hundred_leave_memory_as_it_was(tmp_path: Path, portrait: bytes) -> None:
    def in_memory(served: Served) -> int:
        def of(pid: int) -> int:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) >> 10

        return sum(map(of, [served.process.pid, *served.workers]))

    with serving(tmp_path, idle_seconds=1.0) as served:
        before = in_memory(served)
        bad = cycle(list(hostile_files(portrait)))
        for number, (name, content) in enumerate(islice(bad, 100)):
            key = served.add(portrait, f"{number}.jpg")
            ends(served, name, content)
            assert served.last(key)[0] == "result"
            served.client.post("/api/close", params={"session": "s"})
        assert eventually(lambda: not served.stored())
        assert eventually(lambda: len(served.workers) == 1 and in_memory(served) < before + 60)
