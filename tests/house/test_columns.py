"""Columns written as CSV or Parquet read back as they were."""

import csv
from pathlib import Path

import numpy as np
import pytest

from bystander.columns import write_columns
from bystander.errors import FullError, MissingExtraError, QueryError

COLUMNS = {
    "path": np.arange(3),
    "day": np.array([0.0, 0.1 + 0.2, 1e-300]),
    "move": np.array(["a", 'b"', "c,d"]),
}


def test_csv_keeps_every_digit(tmp_path: Path) -> None:
    path = write_columns(tmp_path / "deep" / "table.csv", COLUMNS)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["path"]) for row in rows] == [0, 1, 2]
    assert [float(row["day"]) for row in rows] == COLUMNS["day"].tolist()
    assert [row["move"] for row in rows] == COLUMNS["move"].tolist()


def test_parquet_reads_back(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = write_columns(tmp_path / "table.parquet", COLUMNS)
    rows = duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    assert rows == list(zip(*(column.tolist() for column in COLUMNS.values()), strict=True))


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"\.xlsx"):
        write_columns(tmp_path / "table.xlsx", COLUMNS)


def test_parquet_without_duckdb_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"bystander\[evidence\]"):
        write_columns(tmp_path / "table.parquet", COLUMNS)
    assert not list(tmp_path.iterdir())


def test_where_no_table_can_be_put_together_another_folder_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        __enter__ = staticmethod(lambda: str(tmp_path / "gone"))
        __exit__ = staticmethod(lambda *_: None)

    monkeypatch.setattr("tempfile.TemporaryDirectory", Gone)
    with pytest.raises(FullError, match="TMPDIR="):
        write_columns(tmp_path / "table.parquet", COLUMNS)
    assert not list(tmp_path.iterdir())
