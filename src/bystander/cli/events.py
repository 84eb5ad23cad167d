"""``events``: files of events into one store, and out of it as a record or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import Json
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError

if TYPE_CHECKING:
    from bystander.evidence.editions import EditionReport
    from bystander.evidence.events import Account

STORE = Path("events.duckdb")
SHOWN = 8


def events(
    file: Annotated[
        Path | None, Parameter(help="A CSV of UCDP, ACLED, ICB, MID, MIE, GDELT or VIEWS.")
    ] = None,
    *,
    store: Annotated[Path, Parameter(help="The store, a DuckDB file; made where there is none.")] = STORE,
    edition: Annotated[str, Parameter(help="What the data set calls this edition: 25.1.")] = "",
    rules: Annotated[Path | None, Parameter(help="Rules that turn events into a record.")] = None,
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="Write the record (.csv, .yaml), or all events (.parquet)."),
    ] = None,
    json: Json = False,
) -> None:
    """Read a file of events into a store, say what the edition changed, or write a record by rules."""
    from bystander.evidence.editions import EventStore
    from bystander.evidence.events import read_events

    if file is None and output is None:
        raise QueryError("There is nothing to do: name a file to read, or -o to write.")
    with EventStore(store) as kept:
        if file is not None:
            rows, account = read_events(file)
            with tracking("Reading events", show=not json):
                report = kept.take(account.mapping, edition or file.stem, rows)
            if json:
                show_json(
                    {"report": report, "rows": account.rows, "read": account.read, "dropped": account.words()}
                )
            else:
                _show(report, account)
        if output is None:
            return
        if output.suffix == ".parquet":
            answers.print(str(kept.write_parquet(output)), soft_wrap=True)
            return
        if rules is None:
            raise QueryError("A record needs rules that say which events are what: --rules clashes.yaml.")
        from bystander.evidence.mapping import read_rules, record_of_events
        from bystander.evidence.writing import write_record

        chosen = read_rules(rules)
        found = record_of_events(kept.rows({"dataset": [chosen.dataset]}), chosen)
        answers.print(f"{len(found.observations)} observations.", markup=False)
        answers.print(str(write_record(found, output)), soft_wrap=True)


def _show(report: EditionReport, account: Account) -> None:
    answers.print(
        f"{report.dataset} {report.edition}: {account.read:,} of {account.rows:,} rows read. "
        f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{report.withdrawn:,} withdrawn, {report.returned:,} back again.",
        markup=False,
    )
    for line in account.words():
        answers.print(f"• {line}.", markup=False)
    for name, column, before, after in report.changes[:SHOWN]:
        answers.print(f"• {name}: {column} {before or 'nothing'} to {after or 'nothing'}.", markup=False)
    if report.withdrawn_ids:
        answers.print(f"• Withdrawn: {', '.join(report.withdrawn_ids[:SHOWN])}.", markup=False)
