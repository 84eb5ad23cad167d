"""Named columns of equal length, written as CSV or Parquet as the file's ending says.

CSV needs nothing. Parquet needs DuckDB (the extra ``evidence``), which writes it straight from arrays.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.errors import MissingExtraError, QueryError
from bystander.files import ending_of, not_put_together, write_whole
from bystander.harmless import for_cell

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENDINGS = (".csv", ".parquet")


def write_columns(path: str | os.PathLike[str], columns: Mapping[str, Any]) -> Path:
    """Write columns whole or not at all.

    Parameters
    ----------
    columns
        Arrays or lists of equal length, by name.

    Raises
    ------
    QueryError
        If the file's ending is neither ``.csv`` nor ``.parquet``.
    MissingExtraError
        If Parquet is asked for and DuckDB is not installed.
    """
    path = Path(path)
    if ending_of(path) not in ENDINGS:
        raise QueryError(f"{path}: a table is written as {' or '.join(ENDINGS)}, not '{path.suffix}'.")
    if ending_of(path) == ".csv":
        return write_whole(path, _csv(columns))
    return write_whole(path, _parquet(columns))


def parquet_of(connection: DuckDBPyConnection, query: str) -> bytes:
    """Return what a query finds as the contents of a Parquet file.

    Raises
    ------
    FullError
        If it cannot be put together in the folder for temporary files.
    """
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "table.parquet"
        try:
            connection.execute(f"COPY ({query}) TO '{place.as_posix()}' (FORMAT parquet)")
        except duckdb.IOException as error:
            raise not_put_together() from error
        return place.read_bytes()


def _csv(columns: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(for_cell, columns))
    for row in zip(*(_listed(column) for column in columns.values()), strict=True):
        writer.writerow(map(for_cell, row))
    return out.getvalue()


def _listed(column: Any) -> Any:
    return column.tolist() if hasattr(column, "tolist") else column


def _parquet(columns: Mapping[str, Any]) -> bytes:
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(
            "Parquet needs DuckDB: pip install 'bystander[evidence]', or write .csv."
        ) from error
    import numpy as np

    table = {
        name: array.astype(object) if (array := np.asarray(column)).dtype.kind in "US" else array
        for name, column in columns.items()
    }
    with duckdb.connect() as connection:
        connection.register("columns_to_write", table)
        return parquet_of(connection, "SELECT * FROM columns_to_write")
