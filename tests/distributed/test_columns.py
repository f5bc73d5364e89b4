"""Tables of features on their way back from workers."""

from __future__ import annotations

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="needs the detect extra")

from facespectra.distributed.columns import PACKED, packed_columns, unpacked_table  # noqa: E402
from facespectra.features.status import NO_FACE, OK, Kind, Status  # noqa: E402
from facespectra.features.table import FeatureTable  # noqa: E402


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("whole", [True, False])
def test_a_table_comes_back_bit_for_bit(dtype: type, whole: bool) -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 5)).astype(dtype)
    matrix[1] = np.nan
    matrix[2, 0], matrix[2, 1] = -0.0, np.finfo(dtype).tiny / 4
    table = FeatureTable(
        ["a.jpg", "with\udcff bytes.jpg", ""],
        [OK, Status(Kind.UNREADABLE, "it is cut off: really"), NO_FACE],
        [(1, 2, 3, 4), None, None],
        matrix,
        [1, 0, 2] if whole else [],
        [0, 1, 2] if whole else [],
        ["cut short", "", ""] if whole else [],
    )
    packed = packed_columns(pa.chunked_array([[7, 8, 9]]), [2, 0, 0], table)
    numbers, back = unpacked_table(packed[PACKED].to_pylist()[0])
    assert numbers == [9, 7, 7]
    assert (back.paths, back.statuses, back.boxes) == (table.paths, table.statuses, table.boxes)
    assert back.matrix.dtype == dtype
    assert back.matrix.tobytes() == matrix.tobytes()
    assert back.n_faces == ([1, 0, 2] if whole else [0, 0, 0])
    assert back.notes == (["cut short", "", ""] if whole else [""] * 3)


def test_bytes_that_are_no_table_run_nothing() -> None:
    for content in (b"", b"cos\nsystem\n(S'true'\ntR.", b"\xff" * 100):
        with pytest.raises((pa.ArrowInvalid, OSError)):
            unpacked_table(content)
