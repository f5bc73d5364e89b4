"""The output of a run, and what is listed and read for it, without a cluster."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow", reason="needs the detect extra")

from facespectra._listing import Passed  # noqa: E402
from facespectra.distributed.attempts import Attempts  # noqa: E402
from facespectra.distributed.keys import Done, as_numbers, digest_of, file_key  # noqa: E402
from facespectra.distributed.listing import Item, Problem, batches_of, count, items_of  # noqa: E402
from facespectra.distributed.packing import pack, unpack  # noqa: E402
from facespectra.distributed.parts import (  # noqa: E402
    RUN,
    Output,
    begin,
    input_keys,
    leftovers,
    name_of,
    read_done,
    replace_sorted,
    write_part,
)
from facespectra.distributed.reading import read_batch  # noqa: E402
from facespectra.distributed.steps import check_folders, with_counts  # noqa: E402
from facespectra.errors import ClusterError, DatasetError  # noqa: E402


def rows(*names: str, size: int = 7) -> pa.Table:
    """Rows as a worker gives them, several of one name for a video."""
    n = len(names)
    stamps = pa.array([1] * n, pa.timestamp("ns", "UTC"))
    nothing = pa.array([None] * n, pa.string())
    table = pa.table({"path": list(names), "size": [size] * n, "modified": stamps, "sha256": nothing})
    return with_counts(table.append_column("status", pa.array(["ok"] * n)))


def names_in(output: Output) -> list[str]:
    return [name for part in output.parts() for name in output.table(part)["path"].to_pylist()]


def test_a_part_that_is_written_again_is_the_same_part(tmp_path: Path) -> None:
    output = Output("out", str(tmp_path))
    run = begin(output, {"frames": 10}, resume=False)
    assert write_part(output, run, rows("a", "b", "b")) == write_part(output, run, rows("b", "a", "b"))
    assert len(output.parts()) == 1
    assert name_of(rows("a", size=8)) != name_of(rows("a"))


def test_what_is_there_twice_or_in_part_is_taken_out(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"), "/")
    run = begin(output, {}, resume=False)
    write_part(output, run, rows("a", "b"))
    write_part(output, run, rows("b", "c", "v", "v"))
    half = rows("w", "w", "w").slice(0, 2)
    write_part(output, run, half)
    done = Done(read_done(output, output.parts()))
    assert sorted(names_in(output)) == ["a", "b", "c", "v", "v"]
    assert len(output.parts()) == 2
    assert [done.has(file_key(name, 7, 1)) for name in "abcvw"] == [True, True, True, True, False]
    assert not done.has(file_key("a", 8, 1))


def test_a_killed_run_cannot_write_once_the_next_has_begun(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"), "/")
    first = begin(output, {}, resume=False)
    known = {write_part(output, first, rows("a"))}
    second = begin(output, {}, resume=True)
    with pytest.raises(ClusterError, match="another run has taken it over"):
        write_part(output, first, rows("b"))
    # One that was on its way already: its inputs were not among those that were done.
    output.write(name_of(rows("b")), (tmp_path / "out" / next(iter(known))).read_bytes())
    known.add(write_part(output, second, rows("b", "c")))
    assert leftovers(output, known) == [name_of(rows("b"))]
    assert sorted(names_in(output)) == ["a", "b", "c"]


def test_an_output_is_gone_on_with_on_request_and_with_the_same_settings(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"), "/")
    # One that wrote nothing is no run.
    begin(output, {"frames": 5}, resume=False)
    run = begin(output, {"frames": 10}, resume=False)
    write_part(output, run, rows("a"))
    with pytest.raises(DatasetError, match="add --resume to go on"):
        begin(output, {"frames": 10}, resume=False)
    with pytest.raises(DatasetError, match="it was made with frames 10, not 5"):
        begin(output, {"frames": 5}, resume=True)
    output.write(RUN, b"{")
    with pytest.raises(DatasetError, match="it is damaged"):
        begin(output, {"frames": 10}, resume=True)
    output.remove(RUN)
    with pytest.raises(DatasetError, match="Parquet files that no run wrote"):
        begin(output, {"frames": 10}, resume=True)


def test_sorted_rows_take_the_place_of_all_parts(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out"), "/")
    run = begin(output, {}, resume=False)
    write_part(output, run, rows("b"))
    write_part(output, run, rows("a"))
    replace_sorted(output, [rows("a"), rows("b")])
    assert output.parts() == ["sorted-000000.parquet", "sorted-000001.parquet"]
    assert names_in(output) == ["a", "b"]
    assert json.loads((tmp_path / "out" / RUN).read_text())["run"] == run


def test_keys_with_the_same_first_half_are_told_apart() -> None:
    one, other = digest_of("one"), digest_of("other")
    half = one[:8] + other[8:]
    done = Done(as_numbers([one, half]))
    assert done.has(one)
    assert done.has(half)
    assert not done.has(one[:8] + one[:8])
    assert not Done().has(one)


def test_listing_gives_each_file_once_and_leaves_out_what_is_done(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.png", "sub/c.tar", "note.txt"):
        (tmp_path / "in" / name).write_bytes(b"content")
    odd = os.fsencode(tmp_path / "in") + b"/\xff.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"content")
    sources = ["in", "in/sub", "in/*.jpg", str(tmp_path / "in" / "a.jpg"), "gone"]
    passed = Passed()
    found = list(items_of(sources, str(tmp_path), passed))
    items = {one.path: one for one in found if isinstance(one, Item)}
    assert sorted(items) == ["in/\\xff.jpg", "in/a.jpg", "in/sub/b.png", "in/sub/c.tar"]
    assert items["in/\\xff.jpg"].file == b"in/\xff.jpg"
    assert passed == {".txt": 1}
    assert next(one for one in found if isinstance(one, Problem)).message.startswith(
        "there is no file or folder"
    )
    one = items["in/a.jpg"]
    done = Done(as_numbers([file_key(one.path, one.size, one.modified)]))
    batches = list(batches_of(["in"], str(tmp_path), done))
    assert sorted(name for batch in batches for name in batch["path"].to_pylist()) == sorted(
        set(items) - {one.path}
    )
    assert count(["in/sub/b.png"], str(tmp_path), done) == (1, "", [])
    assert count(["in"], str(tmp_path), Done())[0] is None


def test_batches_come_back_as_they_were_packed() -> None:
    tables = [rows("a", "b"), rows("c")]
    packed = pa.concat_tables([pack(table) for table in tables])
    assert [table.to_pylist() for table in unpack(packed)] == [table.to_pylist() for table in tables]


def test_a_damaged_archive_gives_what_came_before_and_a_row(tmp_path: Path) -> None:
    import io
    import tarfile

    file = tmp_path / "shard.tar"
    with tarfile.open(file, "w") as archive:
        for name in ("a.jpg", "b.jpg"):
            entry = tarfile.TarInfo(name)
            entry.size = 6000
            archive.addfile(entry, io.BytesIO(bytes(6000)))
    file.write_bytes(file.read_bytes()[:9000])
    item = Item("shard.tar", None, 9000, 1)
    (table,) = read_batch([item], ["shard.tar"], str(tmp_path), Done())
    assert table["path"].to_pylist() == ["shard.tar/a.jpg", "shard.tar (the rest)"]
    assert table["_error"].to_pylist()[0] is None
    assert "unexpected end" in table["_error"].to_pylist()[1]
    done = Done(as_numbers(input_keys(table)))
    assert list(read_batch([item], ["shard.tar"], str(tmp_path), done)) == []


def test_a_folder_that_vanishes_ends_the_run(tmp_path: Path) -> None:
    gone = pa.table({"status": ["unreadable: there is no such file"]})
    (tmp_path / "there").mkdir()
    check_folders(gone, ["there", "s3://bucket/a", "there/*.jpg"], str(tmp_path))
    with pytest.raises(DatasetError, match="away: it is not there any more; is its file system mounted"):
        check_folders(gone, ["there", "away"], str(tmp_path))


def test_attempts_are_forgotten_once_a_batch_has_ended() -> None:
    attempts = Attempts()
    assert [attempts.begin(b"a"), attempts.begin(b"b"), attempts.begin(b"a")] == [1, 1, 2]
    attempts.end(b"a")
    assert attempts.begin(b"a") == 1
