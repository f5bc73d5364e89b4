"""What must hold for any input of small public functions, whatever it is."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from examples import few
from facespectra._files import as_utf8, one_line, printable
from facespectra._threads import ordered_map
from facespectra.augment import AUGMENTATIONS, change, parse_augmentations
from facespectra.datasets.manifest import as_manifest, select_split
from facespectra.datasets.sources import add_copies
from facespectra.errors import DatasetError
from facespectra.features.status import NO_FACE, OK, unreadable
from facespectra.features.table import FeatureTable, concat_columns
from facespectra.images import to_grey, to_rgb
from facespectra.videos import spread

# Names as systems give them: any text, and bytes that are not UTF-8.
names = st.binary(max_size=20).map(lambda name: name.decode("utf-8", "surrogateescape")) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=20
)


@few
@given(names, names)
def test_names_become_one_safe_line(name: str, other: str) -> None:
    line = printable(name)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in line)
    assert printable(line) == line
    if name.isascii() and name.isprintable():
        assert line == name == as_utf8(name)
    text = as_utf8(name)
    text.encode("utf-8")
    assert as_utf8(text) == text
    said = one_line(f"{name}\n{other}", 12)
    assert len(said) <= 12
    assert len(said.splitlines()) <= 1
    assert one_line(said, 12) == said
    assert one_line(ValueError(" \n")) == "ValueError"


@few
@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 4), st.integers(1, 12))
def test_in_order_is_a_map(items: list[int], workers: int, ahead: int) -> None:
    def weigh(item: int) -> int:
        return item + 1

    found = ordered_map(lambda item: item * item, iter(items), workers=workers, max_pending=ahead, cost=weigh)
    assert list(found) == [item * item for item in items]
    broken = ordered_map(lambda item: 9 // item, iter(items), workers=workers, max_pending=ahead, cost=weigh)
    before = items[: items.index(0)] if 0 in items else items
    for item in before:
        assert next(broken) == 9 // item
    with pytest.raises(ZeroDivisionError if 0 in items else StopIteration):
        next(broken)


@few
@given(st.integers(0, 5000), st.integers(1, 80))
def test_frames_are_spread_evenly(n_frames: int, n: int) -> None:
    frames = spread(n_frames, n)
    assert len(frames) == min(n, n_frames)
    assert all(0 <= frame < n_frames for frame in frames)
    steps = np.diff(frames)
    assert len(steps) == 0 or (steps.min() >= 1 and steps.max() - steps.min() <= 1)
    if frames:
        assert abs(frames[0] - (n_frames - 1 - frames[-1])) <= 1


@few
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.sampled_from(["f4", "f8"]))
def test_every_kind_of_pixel_gives_the_same_image(grey: np.ndarray, kind: str) -> None:
    colour = to_rgb(grey)
    np.testing.assert_array_equal(colour, np.stack([grey] * 3, axis=2))
    for same in (grey.astype(np.uint16) * 257, (grey / 255).astype(kind), Image.fromarray(grey), colour):
        np.testing.assert_array_equal(to_grey(same), grey)
        np.testing.assert_array_equal(to_rgb(same), colour)


@few
@given(st.lists(st.sampled_from(sorted(AUGMENTATIONS)), max_size=4), st.integers(1, 5))
def test_copies_keep_label_group_and_split(wanted: list[str], n: int) -> None:
    rows = {"path": [f"/{i}" for i in range(n)], "label": [i % 2 for i in range(n)], "group": ["g"] * n}
    manifest = pd.DataFrame(rows | {"split": ["train"] * n})
    assert (
        parse_augmentations(",".join(wanted))
        == parse_augmentations(wanted)
        == parse_augmentations(reversed(wanted))
    )
    copies = add_copies(manifest, wanted)
    names = ["", *(copy for name in parse_augmentations(wanted) for copy in AUGMENTATIONS[name])]
    assert copies["change"].tolist() == [name for name in names for _ in range(n)]
    for _, part in copies.groupby("change"):
        pd.testing.assert_frame_equal(part.drop(columns="change").reset_index(drop=True), manifest)


@few
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))))
def test_a_mirrored_copy_mirrors_back_and_a_turned_one_holds_it_all(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    np.testing.assert_array_equal(change(image, "flip"), pixels[:, ::-1])
    assert change(change(image, "flip"), "flip") == image
    for name in AUGMENTATIONS["rotate"]:
        turned = change(image, name)
        assert min(turned.size) >= (image.width + image.height) / np.sqrt(2) - 1


SPLIT_NAMES = ["", "train", "Training", "development", "TEST", "evaluation", "mine"]
rows = st.lists(
    st.tuples(
        st.text(string.ascii_letters + string.digits + "_é ", min_size=1, max_size=8),
        st.sampled_from([0, 1, "0", "1", "real", "FAKE", " fake ", "1.0", 0.0]),
        st.sampled_from(["", "a", "0001", " a", " "]),
        st.sampled_from(SPLIT_NAMES),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
)


@few
@given(rows)
def test_a_manifest_is_complete_and_checks_to_itself(samples: list[tuple[str, object, str, str]]) -> None:
    table = pd.DataFrame(samples, columns=["path", "label", "group", "split"])
    manifest = as_manifest(table, base=Path("/base"))
    assert len(manifest) == len(samples)
    assert manifest["label"].tolist() == [
        int(str(row[1]).strip().lower() in ("1", "1.0", "fake")) for row in samples
    ]
    assert all(Path(path).is_absolute() for path in manifest["path"])
    assert (manifest["group"] != "").all()
    given_groups = [row[2] if row[2].strip() else None for row in samples]
    assert [group for group, own in zip(manifest["group"], given_groups, strict=True) if own] == [
        own for own in given_groups if own
    ]
    derived = [group for group, own in zip(manifest["group"], given_groups, strict=True) if not own]
    assert len(set(derived)) == len(derived)
    pd.testing.assert_frame_equal(as_manifest(manifest, base=Path("/other")), manifest)
    parts = []
    for role in ("train", "test"):
        try:
            parts.append(set(select_split(manifest, role)["path"]))
        except DatasetError:
            parts.append(set())
    if any(row[3] for row in samples):
        assert not parts[0] & parts[1]
    else:
        assert parts[0] == parts[1] == set(manifest["path"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[FeatureTable, FeatureTable]:
    n = draw(st.integers(1, 6))
    paths = [f"/{i}" for i in range(n)]

    def one() -> FeatureTable:
        statuses = draw(st.lists(st.sampled_from([OK, NO_FACE, unreadable("why")]), min_size=n, max_size=n))
        kind = draw(st.sampled_from([np.float32, np.float64]))
        matrix = draw(hnp.arrays(kind, (n, draw(st.integers(1, 3))), elements=st.integers(-9, 9)))
        matrix[[not status.ok for status in statuses]] = np.nan
        return FeatureTable(paths, statuses, [None] * n, matrix)

    return one(), one()


@few
@given(tables(), st.data())
def test_tables_side_by_side_and_rows_of_them(
    pair: tuple[FeatureTable, FeatureTable], data: st.DataObject
) -> None:
    first, second = pair
    both = concat_columns(first, second)
    np.testing.assert_array_equal(both.ok, first.ok & second.ok)
    width = first.matrix.shape[1]
    np.testing.assert_array_equal(both.matrix[both.ok, :width], first.matrix[both.ok])
    np.testing.assert_array_equal(both.matrix[both.ok, width:], second.matrix[both.ok])
    assert np.isnan(both.matrix[~both.ok]).all()
    labels = data.draw(hnp.arrays(np.int64, len(both.ok), elements=st.integers(0, 1)))
    assert sum(both.counts(labels).values()) == len(both.ok) == both.ok.sum() + len(both.left_out)
    order = data.draw(st.permutations(range(len(both.ok))))
    # Choosing rows and joining can change places.
    one, other = both.take(order), concat_columns(first.take(order), second.take(order))
    assert (one.paths, one.statuses) == (other.paths, other.statuses)
    np.testing.assert_array_equal(one.matrix, other.matrix)
