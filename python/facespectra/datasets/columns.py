"""Columns of text and tables of rows, as all readers make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("path", "label", "group", "split")


def text_column(values: Iterable[str]) -> pd.Series:
    """Make a column of text. Unlike the default of pandas 3, it may contain file names that are not UTF-8."""
    import numpy as np
    import pandas as pd

    # pandas 2 keeps objects by itself.
    kind: Any = object if pd.__version__.startswith("2.") else pd.StringDtype("python", na_value=np.nan)
    column: pd.Series = pd.Series(list(values), dtype=kind)
    return column


def make_table(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Make a table out of rows."""
    import pandas as pd

    values: dict[str, Any] = {name: [row[index] for row in rows] for index, name in enumerate(columns)}
    for name, column in values.items():
        if all(isinstance(value, str) for value in column):
            values[name] = text_column(column)
    return pd.DataFrame(values, columns=list(columns))
