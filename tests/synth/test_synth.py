"""Synthetic swaps: reproducible, alike in everything but the swap, and every step switchable."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facespectra as fs
from facespectra.cli import main
from facespectra.faces import Face
from facespectra.rendered.database import render_face
from facespectra.synth import PRESETS, STEPS, SwapSettings, around_face, generator, make_pairs, make_twins
from facespectra.synth.chain import YUV, _to_yuv, apply_chain, draw_chain, through_h264, through_h264_at
from facespectra.synth.masks import KINDS, draw_mask, smooth_noise
from facespectra.synth.restoration import restored
from facespectra.synth.swap import swap_face

# Without a codec that may not be installed.
PLAIN = SwapSettings().without("chain_h264")
QUIET = PLAIN.without(*(step for step in STEPS if step not in ("generator", "chain_jpeg")))


@pytest.fixture(scope="module")
def people() -> list[tuple[Image.Image, Face]]:
    images = [render_face(np.random.default_rng(seed), 256) for seed in (5, 6)]
    faces = fs.FaceCropper().detect(images)
    assert None not in faces
    return [(image, face) for image, face in zip(images, faces, strict=True) if face is not None]


def test_the_same_seed_gives_the_same_twins(people: list[tuple[Image.Image, Face]]) -> None:
    (image, face), donor = people
    first, again, other = (
        make_twins(image, face, generator(seed, "a.jpg", 0), PLAIN, donor) for seed in (1, 1, 2)
    )
    assert first.real_file == again.real_file
    assert first.fake_file == again.fake_file
    assert first.record == again.record
    assert first.fake_file != other.fake_file


def test_the_order_of_pairs_changes_none_of_them(people: list[tuple[Image.Image, Face]]) -> None:
    images, faces = zip(*people, strict=True)
    done: list[tuple[int, int]] = []

    def made(in_rounds: bool) -> dict[tuple[int, int], bytes]:
        pairs = make_pairs(
            ["a/1.jpg", "a/2.jpg"],
            faces,
            images.__getitem__,
            2,
            seed=3,
            settings=PLAIN,
            in_rounds=in_rounds,
            progress=lambda *count: done.append(count),
        )
        return {(pair.photograph, pair.number): pair.twins.fake_file for pair in pairs}

    by_photograph, in_rounds = made(False), made(True)
    assert list(by_photograph) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert list(in_rounds) == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert by_photograph == in_rounds
    assert len(set(by_photograph.values())) == 4
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2


def test_a_pair_depends_on_its_name_and_number() -> None:
    states = {
        generator(seed, name, number).integers(2**62)
        for seed in (0, 1)
        for name in ("a.jpg", "b.jpg")
        for number in (0, 1)
    }
    assert len(states) == 8


def test_twins_differ_inside_the_face_and_hardly_outside(people: list[tuple[Image.Image, Face]]) -> None:
    image, face = people[0]
    settings = replace(
        QUIET, face_width=(160, 160), resolution=(32, 32), chain_last_jpeg=(98, 98), chain_jpeg=(100, 100)
    )
    twins = make_twins(image, face, generator(0, "a", 0), settings)
    difference = np.abs(twins.real.astype(int) - twins.fake).mean(axis=2)
    x0, y0, x1, y1 = twins.face.box
    inside = np.zeros(difference.shape, bool)
    inside[y0:y1, x0:x1] = True
    assert difference[inside].mean() > 4 * difference[~inside].mean()
    assert twins.real.shape == twins.fake.shape


def test_a_swap_loses_detail_inside_and_keeps_it_around(people: list[tuple[Image.Image, Face]]) -> None:
    image, face = people[0]
    settings = replace(QUIET, resolution=(40, 40), face_width=(150, 150))
    name = "inner-ring dog0.8 rms"
    column = fs.RegionFeatures().get_feature_names_out().tolist().index(name)
    drops = []
    for number in range(4):
        twins = make_twins(image, face, generator(0, "a", number), settings)
        real, fake = fs.RegionFeatures().transform([twins.real, twins.fake], [twins.face] * 2)
        drops.append(real[column] - fake[column])
    assert np.mean(drops) > 0.2


def test_the_chain_is_the_same_for_both(people: list[tuple[Image.Image, Face]]) -> None:
    pixels = np.asarray(people[0][0], np.float32)
    chain = draw_chain(PLAIN, np.random.default_rng(3))
    once, twice = apply_chain(pixels, chain), apply_chain(pixels, chain)
    assert once[1] == twice[1]
    np.testing.assert_array_equal(once[0], twice[0])


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_switched_off(step: str, people: list[tuple[Image.Image, Face]]) -> None:
    default = SwapSettings()
    off = default.without(step)
    assert off != default
    settings = off.without("chain_h264")
    (image, face), donor = people
    frame, marks = np.asarray(image.resize((96, 96)), np.float32), np.array(face.landmarks) * 96 / 256
    draws = [
        swap_face(frame, marks, face.width * 96 / 256, (_donor(donor)), settings, generator(0, "a", n))[1]
        for n in range(12)
    ]
    expected = {
        "generator": all(one.way == "smooth" for one in draws),
        "upsamplers": {one.upsampler for one in draws} == {"BICUBIC"},
        "checkerboard": not any(one.checkerboard for one in draws),
        "donor": not any(one.donor for one in draws),
        "matching": all(one.matching == 0 for one in draws),
        "seamless": not any(one.seamless for one in draws),
        "masks": {one.mask for one in draws} == {"ellipse"},
        "softness": all(one.softness == pytest.approx(0.005) for one in draws),
    }
    assert expected.get(step, True)
    chains = [draw_chain(off, np.random.default_rng(n)) for n in range(12)]
    expected = {
        "chain_noise": all(one.noise == 0 for one in chains),
        "chain_tone": all(one.tone == one.contrast == 1 for one in chains),
        "chain_sharpness": all(one.sharpness == 0 for one in chains),
        "chain_jpeg": all(one.quality == 100 and one.last_quality == 98 for one in chains),
        "chain_h264": all(one.crf is None for one in chains),
        "chain_resize": all(one.resize == 1 for one in chains),
    }
    assert expected.get(step, True)


def _donor(person: tuple[Image.Image, Face]):  # type: ignore[no-untyped-def]
    from facespectra.synth.swap import Donor

    return Donor(np.asarray(person[0], np.float32), np.array(person[1].landmarks))


def test_nothing_is_swapped_where_every_step_is_off(people: list[tuple[Image.Image, Face]]) -> None:
    image, face = people[0]
    settings = replace(QUIET, resolution=(400, 400), blur=(0, 0), damping=0, opacity=(1, 1))
    frame = np.asarray(image, np.float32)
    fake, _ = swap_face(frame, np.array(face.landmarks), face.width, None, settings, np.random.default_rng(0))
    assert np.abs(fake - frame).max() < 12
    assert np.abs(fake - frame).mean() < 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_masks_cover_the_face_and_fade(kind: str) -> None:
    marks = np.array([[80, 90], [130, 90], [105, 115], [85, 140], [125, 140]], float)
    mask = draw_mask((220, 210), marks, 105, kind, 1.0, 3.0, np.random.default_rng(0))
    x, y = marks.mean(0).astype(int)
    assert mask[y, x] == pytest.approx(1, abs=1e-3)
    assert mask[0].max() == mask[:, 0].max() == 0
    assert 0.2 < mask.sum() / 105**2 < 1.2
    assert ((mask > 0.05) & (mask < 0.95)).sum() > 100


def test_smooth_noise_is_smooth_and_reproducible() -> None:
    one, same = (smooth_noise((50, 70), 20, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (50, 70)
    assert np.abs(np.diff(one, axis=0)).max() < 0.25
    assert np.ptp(one) > 0.3


def test_h264_keeps_the_picture_in_place_and_loses_detail(people: list[tuple[Image.Image, Face]]) -> None:
    pytest.importorskip("av")
    pixels = np.asarray(people[0][0])[:201, :175]
    mild, harsh = (through_h264(pixels, crf) for crf in (18, 40))
    assert mild.shape == pixels.shape
    errors = [np.abs(out.astype(int) - pixels).mean() for out in (mild, harsh)]
    assert errors[0] < 4 < 1.5 * errors[1]
    np.testing.assert_array_equal(mild, through_h264(pixels, 18))
    np.testing.assert_array_equal(through_h264_at(pixels, [40, 18]), [harsh, mild])


def test_chroma_is_the_mean_over_squares_of_four_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (48, 80, 3), np.uint8)
    planes = pixels.astype(np.float32) @ YUV.T + np.array([16, 128, 128], np.float32)
    chroma = planes[:, :, 1:].reshape(24, 2, 40, 2, 2).mean((1, 3)).transpose(2, 0, 1)
    expected = np.rint(np.clip(chroma, 0, 255)).astype(np.uint8)
    np.testing.assert_array_equal(_to_yuv(pixels)[48:].reshape(2, 24, 40), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"donor": 1.5}, "donor must be between 0 and 1"),
        ({"blur": (2.0, 1.0)}, "blur must be two numbers in ascending order"),
        ({"resolution": (0.0, 1.0)}, "resolution must be above 0"),
    ],
)
def test_wrong_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SwapSettings(), **change)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown step 'nonsense'"):
        SwapSettings().without("nonsense")


def test_presets_differ() -> None:
    assert len({repr(settings) for settings in PRESETS.values()}) == len(PRESETS)


def test_the_command_writes_twins_a_manifest_and_a_sheet(
    tmp_path: Path, people: list[tuple[Image.Image, Face]], capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (image, _) in enumerate(people):
        (tmp_path / "in").mkdir(exist_ok=True)
        image.resize((160, 160)).save(tmp_path / "in" / f"p{number}.png")
    Image.new("RGB", (60, 60)).save(tmp_path / "in" / "wall.png")
    (tmp_path / "in" / "broken.jpg").write_bytes(b"no image")
    out = tmp_path / "out"
    arguments = ["synth", str(tmp_path / "in"), "-o", str(out), "--pairs", "2", "--without", "chain_h264"]
    assert main(arguments) == 1
    assert "4 pairs from 2 photographs, 1 without a face" in capsys.readouterr().out
    with (out / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["0", "1"] * 4
    assert {row["group"] for row in rows} == {"p0", "p1"}
    manifest = fs.read_dataset(out)
    assert manifest.groupby("group")["label"].sum().tolist() == [2, 2]
    assert all(Path(path).is_file() for path in manifest["path"])
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width == 8 * 192
    before = {path.name: path.read_bytes() for path in out.rglob("*.jpg")}
    assert main([*arguments[:2], "-o", str(tmp_path / "again"), *arguments[4:]]) == 1
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "again").rglob("*.jpg")}
    assert main(["synth", str(tmp_path / "in"), "-o", str(out), "--preset", "nonsense"]) == 2
    assert "unknown preset 'nonsense'" in capsys.readouterr().err


def test_large_photographs_are_cut_down_to_what_a_swap_needs() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    face = Face(
        (800, 500, 1400, 1200),
        1.0,
        ((950.0, 760.0), (1250.0, 760.0), (1100.0, 900.0), (980.0, 1050.0), (1220.0, 1050.0)),
    )
    settings = SwapSettings(face_width=(72.0, 300.0))
    cut, moved = around_face(pixels, face, settings)
    assert cut.shape == (750, 900, 3)  # three widths by what there is of three heights, half as large
    assert moved.box == (300, 250, 600, 600)
    assert moved.landmarks[0] == (375.0, 380.0)
    small, same = around_face(pixels[:640, :640], face, settings)
    assert small.shape == (640, 640, 3)
    assert same is face


def test_frames_of_videos_become_twins_of_one_group(
    tmp_path: Path, people: list[tuple[Image.Image, Face]]
) -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    from clips import write_clip

    still = tmp_path / "face.png"
    people[0][0].save(still)
    write_clip(tmp_path / "in" / "somebody.mp4", 4, codec="mpeg4", picture_file=still)
    out = tmp_path / "out"
    assert main(["synth", str(tmp_path / "in"), "-o", str(out), "--frames", "2"]) == 0
    with (out / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["somebody"] * 4
    assert len({row["path"] for row in rows}) == 4
    assert all((out / row["path"]).exists() for row in rows)


def test_a_restored_face_has_steep_edges_and_smooth_skin() -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((200, 200, 3), 90, np.float32)
    pixels[:, 100:] = 160
    pixels += rng.normal(0, 6, pixels.shape)
    face = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    after = np.asarray(restored(face, np.random.default_rng(1)), np.float32)
    assert after.shape == pixels.shape
    skin = (slice(20, 180), slice(20, 80))
    assert after[skin].std() < 0.5 * pixels[skin].std()
    soft = np.asarray(face.resize((100, 100)).resize((200, 200)), np.float32)
    steepness = [np.abs(np.diff(one.mean(axis=(0, 2)))).max() for one in (after, soft)]
    assert steepness[0] > steepness[1]


def test_restoring_is_off_unless_it_is_asked_for(people: list[tuple[Image.Image, Face]]) -> None:
    (image, face), donor = people
    settings = replace(PRESETS["restored"], chain_h264=0.0)
    made = [make_twins(image, face, generator(0, "a", n), settings, donor) for n in range(3)]
    assert all(one.record["restored"] for one in made)
    assert not make_twins(image, face, generator(0, "a", 0), PLAIN, donor).record["restored"]
    plain = make_twins(image, face, generator(0, "a", 0), replace(settings, restored=0.0), donor)
    assert plain.fake_file != made[0].fake_file
