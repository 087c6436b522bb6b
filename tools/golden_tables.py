"""Writes the small tables and arrays that `featurescope diagnose` is tested on, as pandas, Polars, Arrow and NumPy write them.

    pip install numpy pandas polars pyarrow safetensors
    python tools/golden_tables.py crates/lab/tests/golden

Entry (i, j) of every representation is ((7 i + 3 j) mod 11 − 5)/2, exact in half precision; the class of sample i is i mod 4.
"""

import datetime
import decimal
import pathlib
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save_file

ROWS, WIDTH = 40, 6
folder = pathlib.Path(sys.argv[1])
i, j = np.meshgrid(np.arange(ROWS), np.arange(WIDTH), indexing="ij")
x = ((7 * i + 3 * j) % 11 - 5) / 2
classes = np.arange(ROWS) % 4
names = np.array(["cat", "dog", "owl", "yak"])[classes]
day = datetime.date(2024, 1, 1)

# A frame with an index of its own, columns of every kind, and labels as floating-point numbers.
frame = pd.DataFrame({f"f{j}": x[:, j] for j in range(WIDTH)}, index=np.arange(ROWS) * 3 + 100)
frame["label"] = classes.astype(np.float64)
frame["price"] = classes + 0.5
frame["species"] = pd.Categorical(names)
frame["day"] = [day + datetime.timedelta(days=int(k)) for k in range(ROWS)]
frame["moment"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), unit="h")
frame["amount"] = [decimal.Decimal(k) / 4 for k in range(ROWS)]
frame["is_cat"] = classes == 0
frame["hash"] = np.arange(ROWS, dtype=np.uint64) + np.uint64(2**63)
frame["split"] = np.arange(ROWS, dtype=np.int8) % 2
frame.to_parquet(folder / "pandas.parquet")

# The usual layout of embeddings: a list per row, and labels beside it.
series = pl.Series("emb", x.tolist(), dtype=pl.Array(pl.Float32, WIDTH))
pl.DataFrame({"index": np.arange(ROWS, dtype=np.uint32), "emb": series, "label": names}).write_parquet(
    folder / "polars.parquet"
)

# Lists of fixed length of half-precision numbers in several row groups, and lists that cannot be a matrix.
half = pa.array(x.astype(np.float16).ravel(), pa.float16())
fixed = pa.FixedSizeListArray.from_arrays(half, WIDTH)
large = pa.array(x.tolist(), pa.large_list(pa.float64()))
uneven = pa.array([[1.0] * (k % 3 + 1) for k in range(ROWS)], pa.list_(pa.float32()))
tokens = pa.array([[k, k + 1] for k in range(ROWS)], pa.list_(pa.int32()))
table = pa.table({"emb": fixed, "tokens": tokens, "uneven": uneven, "y": pa.array(classes, pa.int64())})
pq.write_table(table, folder / "arrow.parquet", row_group_size=16, compression="zstd")
pq.write_table(pa.table({"large": large, "label": names}), folder / "large.parquet", row_group_size=7)

# Arrays of several kinds and layouts in one archive.
np.savez_compressed(
    folder / "numpy.npz",
    layer2=x.astype(">f4"),
    layer10=np.asfortranarray(x.astype(np.float16)),
    labels=names,
    missing=np.where(classes == 3, -1, classes),
    record=np.zeros(ROWS, dtype=[("a", "f4"), ("b", "i4")]),
)
save_file(
    {"layer10": x.astype(np.float16), "layer2": np.ascontiguousarray(x, np.float64), "y": classes.astype(np.uint8)},
    folder / "layers.safetensors",
)
