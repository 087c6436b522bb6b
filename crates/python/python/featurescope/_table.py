"""Tables: columns by name. They are Arrow tables, so pandas, Polars and DuckDB read them without a detour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _featurescope

if TYPE_CHECKING:
    import pandas
    import polars

_SHOWN_ROWS = 8
_SHOWN_COLUMNS = 8


class Table:
    """A table that does not change.

    ``table["loss"]`` is a column as a NumPy array. NaN stands for "not defined at this step".
    """

    def __init__(self, columns: _featurescope.Columns) -> None:
        self._columns = columns

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]]) -> Table:
        """A table of columns that are all of one length: whole numbers, numbers or texts."""
        return cls(_featurescope.Columns([(name, list(values)) for name, values in columns.items()]))

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return self._columns.names

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        column = self._columns.column(name)
        if column is None:
            raise KeyError(f"there is no column {name!r}; the columns are {', '.join(self.columns)}")
        return np.asarray(column)

    def to_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Columns as NumPy arrays, by name."""
        return {name: self[name] for name in self.columns}

    def to_numpy(self) -> np.ndarray[Any, Any]:
        """A structured array: a row is a record."""
        columns = self.to_dict()
        array = np.empty(len(self), dtype=[(name, column.dtype) for name, column in columns.items()])
        for name, column in columns.items():
            array[name] = column
        return array

    def row(self, index: int) -> dict[str, Any]:
        """One row, as Python's numbers and texts."""
        return {name: self[name][index].item() for name in self.columns}

    def to_pandas(self) -> pandas.DataFrame:
        """A ``pandas.DataFrame``."""
        import pandas

        return pandas.DataFrame(self.to_dict(), copy=False)

    def to_polars(self) -> polars.DataFrame:
        """A ``polars.DataFrame``, which shares the memory."""
        import polars

        return polars.DataFrame(self)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as an Arrow stream (PyCapsule interface)."""
        return self._columns.__arrow_c_stream__(requested_schema)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        names = self.columns[:_SHOWN_COLUMNS]
        half = _SHOWN_ROWS // 2
        count = len(self)
        rows = list(range(count)) if count <= _SHOWN_ROWS else [*range(half), *range(count - half, count)]

        def show(value: Any) -> str:
            return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)

        columns = [self[name] for name in names]
        cells = [[show(column[row]) for column in columns] for row in rows]
        if count > _SHOWN_ROWS:
            cells.insert(half, ["…"] * len(names))
        return names, cells

    def __repr__(self) -> str:
        names, cells = self._cells()
        more = ", …" if len(self.columns) > len(names) else ""
        lines = [[*names], *cells]
        widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
        text = "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines)
        return f"{text}\n{len(self)} rows × {len(self.columns)} columns{more}"

    def _repr_html_(self) -> str:
        from html import escape

        names, cells = self._cells()
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
        size = f"{len(self)} rows × {len(self.columns)} columns"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{size}</p>"
