"""Tables of paths and labels as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

import facespectra as fs
from facespectra.errors import DatasetError
from trees import rows, touch

pd = pytest.importorskip("pandas", reason="needs the detect extra")


def table(tmp_path: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding=encoding)
    return file


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "header",
    ["path,label", "Path,LABEL", " path , label ", "filename,label", "File Name,Class", "image,target",
     "img_path,is_fake", "filepath,y", "video,label", "FILE_PATH,Is Fake"],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_delimiters_and_names_of_columns(tmp_path: Path, delimiter: str, header: str, suffix: str) -> None:
    text = f"{header}\na b.jpg,0\nc.jpg,1\n".replace(",", delimiter)
    file = table(tmp_path, text, f"t{suffix}")
    assert rows(fs.read_dataset(file), "label") == {"a b.jpg": 0, "c.jpg": 1}


@pytest.mark.parametrize(
    "text",
    [
        "a b.jpg 0\nc.jpg 1\n",
        "a b.jpg\t0\nc.jpg\t1\n",
        "0 a b.jpg\n1 c.jpg\n",
        "a b.jpg,0\nc.jpg,1\n",
        "a b.jpg, real\nc.jpg, fake\n",
        "1;c.jpg\n0;a b.jpg\n",
        "\n  a b.jpg   0  \n\nc.jpg 1",
        "# path label\na b.jpg 0\nc.jpg 1\n",
        "path label\na b.jpg 0\nc.jpg 1\n",
        "label path\n0 a b.jpg\n1 c.jpg\n",
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".lst"])
def test_lists_without_a_header(tmp_path: Path, text: str, suffix: str) -> None:
    assert rows(fs.read_dataset(table(tmp_path, text, f"l{suffix}")), "label") == {"a b.jpg": 0, "c.jpg": 1}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    file = table(tmp_path, "path;label\nä.jpg;0\nc.jpg;1\n", encoding=encoding)
    assert rows(fs.read_dataset(file), "label") == {"ä.jpg": 0, "c.jpg": 1}


@pytest.mark.parametrize(
    ("real", "fake"),
    [("real", "fake"), ("REAL", "FAKE"), ("Original", "Deepfake"), ("original", "deepfakes"),
     ("authentic", "generated"), ("nature", "ai"), ("pristine", "Face2Face"), ("0", "1"), ("0.0", "1.0"),
     ("genuine", "synthetic"), ("real", "df")],
)  # fmt: skip
def test_words_as_labels(tmp_path: Path, real: str, fake: str) -> None:
    file = table(tmp_path, f"path,label\na.jpg,{real}\nb.jpg,{fake}\n")
    assert rows(fs.read_dataset(file), "label") == {"a.jpg": 0, "b.jpg": 1}


@pytest.mark.parametrize(
    ("one", "other"), [("true", "false"), ("yes", "no"), ("-1", "1"), ("1", "2"), ("a", "b")]
)
def test_labels_that_can_mean_either_are_refused_with_the_option(
    tmp_path: Path, one: str, other: str
) -> None:
    file = table(tmp_path, f"path,label\na.jpg,{one}\nb.jpg,{other}\n")
    with pytest.raises(
        DatasetError, match=r"unknown label .*which one means fake, such as --positive"
    ) as caught:
        fs.read_dataset(file)
    assert "\n" not in str(caught.value)
    assert rows(fs.read_dataset(file, positive=other), "label") == {"a.jpg": 0, "b.jpg": 1}
    assert rows(fs.read_dataset(file, positive=one), "label") == {"a.jpg": 1, "b.jpg": 0}
    assert rows(fs.read_dataset(file, real=one, fake=other), "label") == {"a.jpg": 0, "b.jpg": 1}


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("is_fake", "true", "false"),
        ("fake", "yes", "no"),
        ("is_real", "False", "True"),
        ("is_real", "0", "1"),
        ("real", "0", "1"),
    ],
)
def test_columns_that_ask_a_question(tmp_path: Path, column: str, first: str, second: str) -> None:
    file = table(tmp_path, f"path,{column}\na.jpg,{first}\nb.jpg,{second}\n")
    assert rows(fs.read_dataset(file), "label") == {"a.jpg": 1, "b.jpg": 0}


def test_columns_can_be_named(tmp_path: Path) -> None:
    file = table(tmp_path, "Where,What,label\na.jpg,fake,x\nb.jpg,real,y\n")
    with pytest.raises(
        DatasetError, match=r"no column 'path'.*found: 'Where', 'What', 'label'.*--path-column NAME"
    ):
        fs.read_dataset(file)
    found = fs.read_dataset(file, path_column="where", label_column=" what ")
    assert rows(found, "label") == {"a.jpg": 1, "b.jpg": 0}
    with pytest.raises(DatasetError, match=r"no column 'who', which --path-column names .found: 'Where'"):
        fs.read_dataset(file, path_column="who")


def test_a_refusal_names_the_columns_and_the_options(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        fs.read_dataset(table(tmp_path, "file,kind\na.jpg,1\n"))
    assert "no column 'path' and no column 'label'" in str(caught.value)
    assert "(found: 'file', 'kind')" in str(caught.value)
    assert "--label-column NAME" in str(caught.value)
    with pytest.raises(DatasetError, match=r"no label '7', which --positive names; found '0', '1'"):
        fs.read_dataset(table(tmp_path, "path,label\na.jpg,1\nb.jpg,0\n"), positive=7)
    with pytest.raises(DatasetError, match=r"no column 'clip' to group by .found: 'path', 'label'"):
        fs.read_dataset(table(tmp_path, "path,label\na.jpg,1\nb.jpg,0\n"), group="clip")


def test_groups_of_a_table(tmp_path: Path) -> None:
    lines = [f"frames/v{i}/{k}.png,{i % 2},p{i // 2}" for i in range(4) for k in range(3)]
    file = table(tmp_path, "path,label,person\n" + "\n".join(lines))
    found = fs.read_dataset(file)
    assert found["group"].nunique() == found["video"].nunique() == 4
    assert fs.read_dataset(file, group="Person")["group"].nunique() == 2
    assert fs.read_dataset(file, group="file")["group"].nunique() == 12
    flat = "\n".join(f"set/x{i}_{k}.png,{i % 2}" for i in range(6) for k in range(3))
    assert fs.read_dataset(table(tmp_path, f"path,label\n{flat}"))["group"].nunique() == 6
    both = "\n".join(f"set/{i}.png,{i % 2}" for i in range(12))
    assert fs.read_dataset(table(tmp_path, f"path,label\n{both}"))["group"].nunique() == 12


def test_a_video_in_two_splits_of_a_table_is_one_group(tmp_path: Path) -> None:
    lines = [
        f"{split}/v{i}/{k}.png,{i % 2},{split}"
        for i in range(4)
        for split in ("train", "test")
        for k in range(2)
    ]
    found = fs.read_dataset(table(tmp_path, "path,label,split\n" + "\n".join(lines)))
    assert found["group"].nunique() == 4


def test_paths_are_found_beside_and_inside(tmp_path: Path) -> None:
    touch(tmp_path, "set/images/a.jpg", "set/images/b.jpg", "far/c.jpg", "set/lists/x.txt")
    inside = table(tmp_path / "set", "image,label\na.jpg,0\nb.jpg,1\n")
    assert [Path(path).is_file() for path in fs.read_dataset(inside)["path"]] == [True, True]
    beside = table(tmp_path / "set/lists", "path,label\nimages\\a.jpg,0\nimages\\b.jpg,1\n")
    assert [Path(path).is_file() for path in fs.read_dataset(beside)["path"]] == [True, True]
    elsewhere = table(tmp_path, "path,label\nc.jpg,0\n", "e.csv")
    assert Path(fs.read_dataset(elsewhere, root=tmp_path / "far")["path"][0]).is_file()


def test_a_split_without_a_header(tmp_path: Path) -> None:
    found = fs.read_dataset(table(tmp_path, "a.jpg,train,0\nb.jpg,test,1\n"))
    assert rows(found, "split") == {"a.jpg": "train", "b.jpg": "test"}


def test_a_list_of_json(tmp_path: Path) -> None:
    file = table(tmp_path, '[{"path": "a.jpg", "label": 0}, {"path": "b.jpg", "label": 1}]', "t.json")
    assert rows(fs.read_dataset(file), "label") == {"a.jpg": 0, "b.jpg": 1}
    with pytest.raises(DatasetError, match=r"cannot be read as a manifest|no column 'path'"):
        fs.read_dataset(table(tmp_path, "[1, 2", "t.json"))


def test_lines_of_json(tmp_path: Path) -> None:
    file = table(tmp_path, '{"image": "a.jpg", "label": 0}\n\n{"image": "b.jpg", "label": "1"}\n', "t.jsonl")
    assert rows(fs.read_dataset(file), "label") == {"a.jpg": 0, "b.jpg": 1}
    with pytest.raises(DatasetError, match=r"line 1: expected an object"):
        fs.read_dataset(table(tmp_path, "[1]\n", "t.jsonl"))
    with pytest.raises(DatasetError, match=r"cannot be read as a manifest"):
        fs.read_dataset(table(tmp_path, "{\n", "t.jsonl"))
