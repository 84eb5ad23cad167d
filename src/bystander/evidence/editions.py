"""The event store: one DuckDB file in which every event keeps its id, and newer editions correct older ones.

An edition is what a data set said when it was published (``25.1``, ``2022-10``). Reading one in compares it,
id by id, with what the store holds of the same data set: an event is *added*, *updated* (with what changed),
*unchanged*, or *withdrawn*, if the edition covers it and no longer lists it. Withdrawn events stay, marked;
nothing is ever deleted. The store can be written as Parquet.

An edition covers the countries that it lists something of (the pair of sides, where a data set names no
country) and those that it is said to cover, from its first day to its last; totals of weeks or months end for
each country where its own rows end. A file of one country says nothing of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.columns import parquet_of
from bystander.errors import MissingExtraError, QueryError
from bystander.evidence.events import FIELDS, TOTALS, EventRow
from bystander.files import write_whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NUMBERS = frozenset({"begin", "finish", "latitude", "longitude", "low", "best", "high"})
TYPED = ", ".join(f'"{name}" {"DOUBLE" if name in NUMBERS else "VARCHAR"}' for name in FIELDS)
WHO = "CASE WHEN country <> '' THEN country ELSE concat(side_a, ' and ', side_b) END"
MISSING = "WHERE dataset = ? AND withdrawn = '' AND id NOT IN (SELECT id FROM fresh)"
EARLIEST, LATEST = "(SELECT min(begin) FROM fresh)", "(SELECT max(begin) FROM fresh)"
EVERYWHERE = "all"
BATCH = 20_000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class EditionReport:
    """What reading an edition changed.

    Attributes
    ----------
    changes
        Of the first updated events: id, column, before, after.
    kept, kept_of
        How many events of its time are kept because it lists nothing of their countries, and of which.
    """

    dataset: str
    edition: str
    added: int
    updated: int
    unchanged: int
    withdrawn: int
    returned: int
    changes: tuple[tuple[str, str, str, str], ...]
    withdrawn_ids: tuple[str, ...]
    kept: int
    kept_of: tuple[str, ...]


class EventStore:
    """An open store; use it in a ``with`` statement."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            import duckdb
        except ImportError as error:
            raise MissingExtraError("Events need DuckDB: pip install 'bystander[evidence]'.") from error
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._base: DuckDBPyConnection = duckdb.connect(str(path))
        except (OSError, duckdb.Error) as error:
            raise QueryError(f"{path} cannot be opened as an event store: {error}") from None
        with self._told():
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS events (dataset VARCHAR, edition VARCHAR, withdrawn VARCHAR, "
                f"{TYPED}, PRIMARY KEY (dataset, id))"
            )

    def __enter__(self) -> EventStore:
        """Return the store."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close the store."""
        with self._told():
            self._base.close()
            if error is not None:
                raise error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what keeps a store from being used, a full disk or a file that is another's, as a refusal."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            why = str(error).strip().splitlines()[0]
            raise QueryError(f"{self.path} cannot be used as an event store: {why}") from error

    def take(
        self, dataset: str, edition: str, rows: Iterable[EventRow], covers: Sequence[str] = ()
    ) -> EditionReport:
        """Read an edition in; all of it or nothing.

        Parameters
        ----------
        covers
            Countries that it covers though it may list nothing of them; `EVERYWHERE` for all.
        """
        base = self._base
        base.execute("BEGIN")
        try:
            base.execute(f"CREATE OR REPLACE TEMP TABLE fresh ({TYPED})")
            self._fill(rows)
            report = self._compare(dataset, edition, covers)
            base.execute("COMMIT")
        except BaseException:
            with suppress(Exception):  # a transaction that failed may be over
                base.execute("ROLLBACK")
            raise
        return report

    def _fill(self, rows: Iterable[EventRow]) -> None:
        batch: list[EventRow] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                self._insert(batch)
                batch = []
        self._insert(batch)

    def _insert(self, batch: Sequence[EventRow]) -> None:
        if not batch:
            return
        import numpy as np

        table: dict[str, Any] = {}
        for place, name in enumerate(FIELDS):
            column = [row[place] for row in batch]
            if name in NUMBERS:
                table[name] = np.array([np.nan if v is None else v for v in column], dtype=np.float64)
            else:
                table[name] = np.array(["" if v is None else v for v in column], dtype=object)
        self._base.register("batch", table)
        chosen = ", ".join(
            f'CASE WHEN isnan("{n}") THEN NULL ELSE "{n}" END' if n in NUMBERS else f'"{n}"' for n in FIELDS
        )
        self._base.execute(f"INSERT INTO fresh SELECT {chosen} FROM batch")
        self._base.unregister("batch")

    def _compare(self, dataset: str, edition: str, covers: Sequence[str]) -> EditionReport:
        base = self._base
        own = "events.dataset = ? AND events.id = fresh.id"
        differs = " OR ".join(f'events."{n}" IS DISTINCT FROM fresh."{n}"' for n in FIELDS if n != "id")
        join = f"FROM fresh JOIN events ON {own}"
        changes = self._changes(dataset, join, differs)
        updated = self._count(f"SELECT count(*) {join} WHERE {differs}", dataset)
        returned = self._count(f"SELECT count(*) {join} WHERE events.withdrawn <> ''", dataset)
        same = self._count(f"SELECT count(*) {join} WHERE NOT ({differs})", dataset)
        self._cover(dataset, covers)
        gone = (
            f"{MISSING} AND EXISTS (SELECT 1 FROM covered WHERE who = {WHO} AND begin BETWEEN low AND high)"
        )
        ids = [
            row[0] for row in base.execute(f"SELECT id FROM events {gone} ORDER BY id", [dataset]).fetchall()
        ]
        base.execute(f"UPDATE events SET withdrawn = ? {gone}", [edition, dataset])
        kept = base.execute(
            f"SELECT {WHO}, count(*) FROM events {MISSING} AND {WHO} NOT IN (SELECT who FROM covered) "
            f"AND begin BETWEEN {EARLIEST} AND {LATEST} GROUP BY 1 ORDER BY 1",
            [dataset],
        ).fetchall()
        total = self._count("SELECT count(*) FROM fresh")
        names = ", ".join(f'"{name}"' for name in FIELDS)
        base.execute(
            f"INSERT OR REPLACE INTO events (dataset, edition, withdrawn, {names}) SELECT ?, ?, '', "
            f"{names} FROM fresh",
            [dataset, edition],
        )
        return EditionReport(
            dataset,
            edition,
            total - updated - same,
            updated,
            same,
            len(ids),
            returned,
            changes,
            tuple(ids[:SHOWN]),
            sum(count for _, count in kept),
            tuple(str(who) for who, _ in kept[:SHOWN]),
        )

    def _cover(self, dataset: str, covers: Sequence[str]) -> None:
        """Write down who is covered from when to when."""
        low, high = ("min(begin)", "max(begin)") if dataset in TOTALS else (EARLIEST, LATEST)
        self._base.execute(
            f"CREATE OR REPLACE TEMP TABLE covered AS SELECT {WHO} AS who, {low} AS low, {high} AS high "
            "FROM fresh GROUP BY 1"
        )
        said = "true" if EVERYWHERE in covers else f"lower({WHO}) IN (SELECT lower(unnest(?::VARCHAR[])))"
        given = [] if EVERYWHERE in covers else [list(covers)]
        self._base.execute(
            f"INSERT INTO covered SELECT DISTINCT {WHO}, {EARLIEST}, {LATEST} FROM events WHERE {said}", given
        )

    def _changes(self, dataset: str, join: str, differs: str) -> tuple[tuple[str, str, str, str], ...]:
        pairs = ", ".join(f'events."{n}", fresh."{n}"' for n in FIELDS)
        rows = self._base.execute(
            f"SELECT {pairs} {join} WHERE {differs} ORDER BY fresh.id LIMIT {SHOWN}", [dataset]
        ).fetchall()
        out = []
        for row in rows:
            for place, name in enumerate(FIELDS):
                before, after = row[2 * place], row[2 * place + 1]
                if before != after:
                    out.append((str(row[1]), name, _text(before), _text(after)))
        return tuple(out)

    def _count(self, query: str, *given: str) -> int:
        found = self._base.execute(query, list(given)).fetchone()
        return int(found[0]) if found else 0

    def datasets(self) -> tuple[str, ...]:
        """Return the data sets that the store holds events of."""
        found = self._base.execute("SELECT DISTINCT dataset FROM events ORDER BY dataset").fetchall()
        return tuple(str(row[0]) for row in found)

    def rows(self, where: Mapping[str, Sequence[str]] | None = None) -> list[dict[str, Any]]:
        """Return events that are not withdrawn, by time; ``where`` lists the values allowed by column."""
        clauses, given = ["withdrawn = ''"], []
        for name, allowed in (where or {}).items():
            if name not in (*FIELDS, "dataset"):
                raise QueryError(f"Events have no column '{name}'; they have {', '.join(FIELDS)}.")
            clauses.append(f'"{name}" IN ({", ".join("?" for _ in allowed)})')
            given += list(allowed)
        names = ("dataset", "edition", *FIELDS)
        listed = ", ".join(f'"{name}"' for name in names)
        query = f"SELECT {listed} FROM events WHERE {' AND '.join(clauses)} ORDER BY begin, id"
        return [dict(zip(names, row, strict=True)) for row in self._base.execute(query, given).fetchall()]

    def write_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write all events, withdrawn ones too, as Parquet."""
        return write_whole(path, parquet_of(self._base, "SELECT * FROM events"))


def _text(value: object) -> str:
    return "" if value is None else str(value)
