"""A scenario with holes, and a table with a row for each crisis that fills them.

A *template* is a scenario file with two more sections: ``holes`` (as in a library fragment) and ``cases``,
which says how a table fills them and what in it was observed::

    cases:
      table: requests.csv                        # beside the file; another may be given where it is used
      name: case_id                              # the column that names a row
      columns: {cover: clause_covers, war: leading_member_at_major_war}
      values: {cover: {yes: 1, ambiguous: 0.5, no: 0}}
      groups: [organisation, region]
      learn: [asked, answer]                     # what is learnt from; all that is observed if left out
      observed:
        asked: {column: asked, outcome: asks}                                    # yes or no
        answer: {column: answer, only: {asked: [1]}, outcomes: {none: a_none, words: a_words}}   # one of
        several
      signs: {clause_covers: {yes: 1, no: -1}}   # a plain sum of signs, to be beaten
      motives: [clause_gain, war_cost]           # shared numbers that are motives: 0 removes one

A column has the name of its hole unless ``columns`` says otherwise. A cell of a numeric hole (number, worth,
rate) is a number, on the hole's ``scale`` if it has one, or a text that ``values`` translates; it becomes the
value of a parameter of the hole's name, so that a row is the same game with other numbers. Cells of other
holes are names put into the text, so that rows which agree in them are one scenario. A hole whose column is
absent, or whose cell is empty or says ``unknown``, takes its default, and that is counted
(`CaseTable.notes`); an observation whose cell is empty is not counted. Codes and names of columns are
recognised whatever their case, names also with spaces or hyphens for ``_``, and ``1.0`` is ``1``. Empty cells
beyond the first line's are no cells.

An outcome asked is a probability, at the row's numbers, starting where the scenario starts or where the
outcome's ``given`` says. ``only`` keeps rows whose other columns hold one of the values listed: what was
answered is observed of those who asked.

A table is hostile until read: UTF-8, at most `MAX_ROWS` rows, `MAX_COLUMNS` columns and `MAX_CELL` characters
a cell; all of its problems are reported together, each at its line and column.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean, plain_name
from bystander.harmless import first_of
from bystander.scenario.complaints import located_problems
from bystander.scenario.document import Document, be_of_kind, find_study, kind_of, load_nodes
from bystander.scenario.fragments import EXPRESSION_TYPES, Hole, fill, holes_of
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import Node, Scalar, data_of, find, mapping_at, overlay, tell
from bystander.scenario.read import read_document
from bystander.scenario.reading import mend_width, read_text, separator_of, without_empty_end
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import Name, Part, PlainNumber, Text
from bystander.units import plain_number

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 5_000, 200, 2_000
EMPTY = ("", "unknown", "n/a", "na", "?", "-")
NAMED = 5
DECIMAL = re.compile(r"^\s*([+-]?\d+),(\d+)\s*$")
"""A number with a decimal comma, as it stands in tables parted by semicolons."""
NUMERIC = EXPRESSION_TYPES - {"condition"}
YES, NO = ("1", "yes", "true"), ("0", "no", "false")


class ObservedColumn(Part):
    """What a column of the table says happened, and which outcomes give it a probability."""

    column: Text
    """The column."""
    outcome: Name | None = None
    """The outcome whose probability is that of a yes."""
    yes: Annotated[tuple[Text, ...], Field(min_length=1)] = YES
    """Values that are a yes."""
    no: Annotated[tuple[Text, ...], Field(min_length=1)] = NO
    """Values that are a no."""
    outcomes: dict[Text, Name] = Field(default_factory=dict)
    """Instead: for each value of the column the outcome that gives its probability."""
    only: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Count a row only if these columns hold one of these values."""
    before: tuple[Text, ...] = ()
    """Columns whose cells are not known before this is: they are hidden from whoever foretells it."""

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that can be observed."""
        return (*self.yes, *self.no) if self.outcome is not None else tuple(self.outcomes)

    def counts(self, cells: Mapping[str, str]) -> bool:
        """Say whether this is asked of a row at all."""
        return all(cells.get(other, "") in values for other, values in self.only.items())

    def speaks_of(self, cells: Mapping[str, str]) -> bool:
        """Say whether this was observed of a row: counted at all, and its cell not empty."""
        return self.counts(cells) and cells.get(self.column, "") in self.values


class CasesSection(Part):
    """How a table fills a template, and what it says was observed."""

    table: Text = ""
    """A CSV file beside the template."""
    name: Text
    """The column that names a row."""
    columns: dict[Name, Text] = Field(default_factory=dict)
    """Column of a hole, where the names differ."""
    values: dict[Name, dict[Text, PlainNumber]] = Field(default_factory=dict)
    """Numbers that the texts in a hole's column stand for."""
    groups: tuple[Text, ...] = ()
    """Columns by which rows are left out together."""
    observed: dict[Name, ObservedColumn]
    """What was observed."""
    learn: tuple[Name, ...] = ()
    """What of it is learnt from, where some of it tells the same; all if empty."""
    signs: dict[Text, dict[Text, PlainNumber]] = Field(default_factory=dict)
    """Signs from theory: for a column, what each of its values adds."""
    motives: tuple[Name, ...] = ()
    """Shared parameters, each of which at 0 is a motive removed."""
    begin: dict[Name, PlainNumber] = Field(default_factory=dict)
    """Where learning begins, in days, people, dollars: else at the values written. It ends where it ends."""
    begin_by_habit: dict[Name, PlainNumber] = Field(default_factory=dict)
    """The same with every motive removed."""


@dataclass(frozen=True)
class Template:
    """A scenario with holes, read but not filled."""

    document: Document
    section: CasesSection
    holes: tuple[Hole, ...]

    @property
    def name(self) -> str:
        """The file's short name."""
        return self.document.name

    def column_of(self, hole: str) -> str:
        """Return the column that fills a hole."""
        return self.section.columns.get(hole, hole)

    def known_before(self, observed: str, row: TableRow) -> Mapping[str, float]:
        """Return a row's numbers, those at their defaults that are not known before something is observed."""
        hidden = self.section.observed[observed].before
        known = {hole.name: _default(hole) for hole in self.holes if self.column_of(hole.name) in hidden}
        return {**row.numbers, **{name: number for name, number in known.items() if number is not None}}

    def table_path(self) -> Path | None:
        """Return the table that ships beside the template, if it names one."""
        place = self.document.place
        if not self.section.table or place is None:
            return None
        return place.path.parent / Path(self.section.table).name


@dataclass(frozen=True)
class TableRow:
    """One crisis.

    Attributes
    ----------
    cells
        Every column's text, stripped.
    numbers
        Values of the parameters that its numeric holes became.
    names
        What its other holes are filled with, sorted, "" for a default: rows that agree are one scenario.
    """

    name: str
    mark: Mark
    cells: Mapping[str, str]
    numbers: Mapping[str, float]
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CaseTable:
    """A template and the rows that fill it.

    Attributes
    ----------
    notes
        What was missing and did no harm, counted.
    """

    template: Template
    rows: tuple[TableRow, ...]
    shown: str
    notes: tuple[str, ...] = ()

    @cached_property
    def scenarios(self) -> dict[tuple[tuple[str, str], ...], Scenario]:
        """A scenario for each different filling of the holes that are names; numeric ones are parameters."""
        first = {row.names: row for row in reversed(self.rows)}
        return {names: scenario_of(self.template, row) for names, row in first.items()}

    def only(self, keep: Mapping[str, bool]) -> CaseTable:
        """Return the table with the rows whose name maps to True."""
        return replace(self, rows=tuple(row for row in self.rows if keep[row.name]))


def read_template(path_or_name: str | Path) -> Template:
    """Read a template.

    Raises
    ------
    ScenarioError
        With what is wrong with its ``holes`` and ``cases``; the rest is checked when a row fills it.
    """
    place = find_study(path_or_name)
    document = Document(load_nodes(place), place)
    if kind_of(document.root) != "bystander":
        be_of_kind(document.root, "cases")
    node = document.root.get("cases")
    if not isinstance(node, Nodes):
        message = "this scenario has no 'cases', so no table fits it"
        fix = "add cases: {name: ..., observed: {...}} and the holes that its columns fill"
        raise ScenarioError(tell(document.root.mark, message, fix, "cases"))
    try:
        section = CasesSection.model_validate(data_of(node))
    except ValidationError as error:
        raise located_problems(error, node, CasesSection, whole="'cases'") from None
    holes = holes_of(document.root)
    template = Template(document, section, holes)
    problems = [*_misplaced(section, node, {hole.name for hole in holes}), *_unknown_codes(template, node)]
    if problems:
        raise ScenarioError(problems)
    return template


def _misplaced(section: CasesSection, node: Nodes, holes: Container[str]) -> Iterator[Problem]:
    """Find what speaks of holes or observations that are not there, or observes nothing that can be asked."""
    for key, named in (("columns", section.columns), ("values", section.values)):
        for name in named:
            if name not in holes:
                message = f"'cases' speaks of a hole '{name}' that is not declared"
                yield tell(find(node, (key, name))[1], message, "declare it under 'holes'", "cases")
    for name, observed in section.observed.items():
        place = find(node, ("observed", name))[1]
        if (observed.outcome is None) == (not observed.outcomes):
            fix = "give outcome: NAME or outcomes: {value: NAME}"
            yield tell(place, f"'{name}' is observed of no outcome", fix, "cases")
        for both in sorted({*observed.yes} & {*observed.no}):
            yield tell(place, f"'{both}' is a yes and a no of '{name}'", "list it under one of them", "cases")
    for name in section.learn:
        if name not in section.observed:
            fix = did_you_mean(name, section.observed)
            message = f"'{name}' is learnt from and not observed"
            yield tell(find(node, ("learn",))[1], message, fix, "cases")


def _unknown_codes(template: Template, node: Nodes) -> Iterator[Problem]:
    """Find codes of ``signs`` and ``only`` that no cell of a column can hold whose codes are listed."""
    section = template.section
    observed = section.observed.values()
    spoken: dict[tuple[str, str], tuple[str, ...]] = {
        (column, code): ("signs", column) for column, signs in section.signs.items() for code in signs
    }
    for name, each in section.observed.items():
        for column, listed in each.only.items():
            spoken |= {(column, code): ("observed", name, "only", column) for code in listed}
    for (column, code), path in spoken.items():
        filled = (codes for hole, codes in section.values.items() if template.column_of(hole) == column)
        told = (each.values for each in observed if each.column == column)
        codes = dict.fromkeys(known for listed in (*filled, *told) for known in listed)
        if codes and code not in EMPTY and not any(_alike(known, code) for known in codes):
            message = f"'{code}' is no code of the column '{column}'"
            yield tell(find(node, path)[1], message, did_you_mean(code, codes), "cases")


def read_table(template: Template, path: str | Path | None = None) -> CaseTable:
    """Read the table of a template, or another with the same columns.

    Raises
    ------
    ScenarioError
        With every cell that cannot be used and every column that is missing.
    """
    file = Path(path) if path is not None else template.table_path()
    if file is None:
        fix = "name one under cases: {table: ...}, or give one"
        raise ScenarioError(tell(template.document.root.mark, "the template names no table", fix, "cases"))
    shown = str(path) if path is not None else file.name
    reading = _Reading(template, shown)
    rows = tuple(_read_rows(reading, read_text(file, shown)))
    if not rows and not reading.problems:
        reading.complain(Mark(shown, 1, 1), "the table has no rows", "add a row for each crisis")
    if reading.problems:
        raise ScenarioError(reading.problems)
    return CaseTable(template, rows, shown, reading.notes())


@dataclass
class _Reading:
    """One reading of a table: the codes it knows, what is wrong, and what is missing."""

    template: Template
    shown: str
    problems: list[Problem] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    empty: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the codes of each column."""
        section = self.template.section
        self.codes: dict[str, set[str]] = {}
        for hole, values in section.values.items():
            self.codes.setdefault(self.template.column_of(hole), set()).update(values)
        for observed in section.observed.values():
            self.codes.setdefault(observed.column, set()).update(observed.values)
            for column, listed in observed.only.items():
                self.codes.setdefault(column, set()).update(listed)
        for numeric in (each.name for each in self.template.holes if each.type in NUMERIC):
            self.codes.setdefault(self.template.column_of(numeric), {YES[0], NO[0]})

    def complain(self, mark: Mark, message: str, fix: str, code: str = "table") -> None:
        """Keep a problem."""
        self.problems.append(tell(mark, message, fix, code))

    def cell(self, column: str, text: str) -> str:
        """Return a cell as its code is written, or as it stands if it is no code."""
        text = text.strip()
        known = self.codes.get(column, ())
        alike = (code for code in known if _alike(code, text))
        code = text if text in known else next(alike, "" if text.casefold() in EMPTY else text)
        for words in (YES, NO):
            if code.casefold() in words and words[0] in known:
                return words[0]
        return code

    def notes(self) -> tuple[str, ...]:
        """Say what was missing, and what was done about it."""
        found = [f"there is no column '{column}': {what}" for column, what in self.absent.items()]
        for (column, what), rows in self.empty.items():
            found.append(f"{column} is not known for {first_of(rows, NAMED, ', ')}: {what}")
        return tuple(found)


def _alike(code: str, text: str) -> bool:
    """Say whether a text is a code, whatever its case and however its number is written."""
    try:
        return code.casefold() == text.casefold() or float(code) == float(text)
    except ValueError:
        return False


def _read_rows(reading: _Reading, text: str) -> Iterator[TableRow]:
    shown, problems = reading.shown, reading.problems
    parted = separator_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=parted)
    try:
        head = _named_as_known(reading, [cell.strip() for cell in next(reader, [])])
        if not _fit_head(reading, head):
            return
        seen: dict[str, int] = {}
        while (line := reader.line_num + 1) and (cells := next(reader, None)) is not None:
            if not any(cell.strip() for cell in cells):
                continue
            mark = Mark(shown, line, 1)
            if len(seen) >= MAX_ROWS:
                fix = "leave rows out"
                problems.append(tell(mark, f"the table has more than {MAX_ROWS:,} rows", fix, "too-large"))
                return
            if parted == ";":
                cells = [DECIMAL.sub(r"\1.\2", cell) for cell in cells]
            cells = without_empty_end(cells, len(head))
            if len(cells) != len(head):
                message = f"this row has {len(cells)} cells, the first line {len(head)}"
                problems.append(tell(mark, message, mend_width(cells, len(head), parted), "table"))
                continue
            yield from _read_row(reading, dict(zip(head, cells, strict=True)), mark, seen)
    except csv.Error as error:
        mark = Mark(shown, reader.line_num, 1)
        fix = "close every quote" + "; if all are closed, shorten the cell" * ("field larger" in str(error))
        problems.append(tell(mark, f"this is not CSV: {error}", fix, "table"))


def _named_as_known(reading: _Reading, head: list[str]) -> list[str]:
    """Return the names of columns, those that the template knows as it writes them."""
    template, section = reading.template, reading.template.section
    known = [section.name, *section.groups, *section.signs, *reading.codes]
    known += [template.column_of(hole.name) for hole in template.holes]
    known += [column for observed in section.observed.values() for column in observed.before]
    by_word = {plain_name(name): name for name in known}
    return [name if name in known else by_word.get(plain_name(name), name) for name in head]


def _fit_head(reading: _Reading, head: list[str]) -> bool:
    """Say whether the first line names every column that is needed, once."""
    template, mark, section = reading.template, Mark(reading.shown, 1, 1), reading.template.section
    needed = {section.name, *(observed.column for observed in section.observed.values())}
    needed.update(column for observed in section.observed.values() for column in observed.only)
    needed.update(template.column_of(hole.name) for hole in template.holes if hole.default is None)
    before = len(reading.problems)
    fix = f"add it, or correct its name, or name another template than {template.name}"
    for column in sorted(needed.difference(head)):
        reading.complain(mark, f"the table has no column '{column}'", fix)
    for column in sorted({name for name in head if name and head.count(name) > 1}):
        reading.complain(mark, f"two columns are called '{column}'", "rename one")
    if len(head) > MAX_COLUMNS:
        message = f"the table has more than {MAX_COLUMNS} columns"
        reading.complain(mark, message, "leave some out", "too-large")
    for hole in template.holes:
        column = template.column_of(hole.name)
        if column not in head and column not in needed and (number := _default(hole)) is not None:
            reading.absent[column] = f"{hole.name} is taken to be {number:g} everywhere"
    beside = [*section.groups, *section.signs]
    beside += [column for observed in section.observed.values() for column in observed.before]
    for column in beside:
        if column not in head:
            reading.absent.setdefault(column, "nothing is grouped, signed or hidden by it")
    return len(reading.problems) == before


def _read_row(
    reading: _Reading, given: dict[str, str], mark: Mark, seen: dict[str, int]
) -> Iterator[TableRow]:
    template, problems = reading.template, reading.problems
    cells = {column: reading.cell(column, cell) for column, cell in given.items()}
    before, name = len(problems), cells[template.section.name]
    if not name or name in seen:
        message = f"'{name}' names line {seen[name]} too" if name else "this row has no name"
        reading.complain(mark, message, f"give each row its own {template.section.name}")
    seen.setdefault(name, mark.line)
    for column, cell in cells.items():
        if len(cell) > MAX_CELL:
            message = f"in row {name[:60]}, {column} holds {len(cell):,} characters"
            reading.complain(mark, message, "shorten it", "too-large")
    numbers, names = {}, []
    for hole in template.holes:
        column = template.column_of(hole.name)
        cell = cells.get(column, "")
        if not cell and hole.default is not None and cell not in template.section.values.get(hole.name, {}):
            number = _default(hole)
            if number is None:
                names.append((hole.name, ""))
                continue
            numbers[hole.name] = number
            if column in cells:
                said = f"{hole.name} is taken to be {number:g}"
                reading.empty.setdefault((column, said), []).append(name[:60])
        elif hole.type in NUMERIC:
            number = _number(template, hole, cell)
            if number is not None and hole.off_scale(str(number)):
                message = f"in row {name[:60]}, '{cell[:60]}' in {column} is off its scale"
                reading.complain(mark, message, hole.coding + _if_unknown(hole))
            elif number is None:
                reading.problems.append(_unread(template, hole, name, given[column].strip(), mark))
            else:
                numbers[hole.name] = number
        else:
            names.append((hole.name, cell))
    _check_observed(reading, cells, name, mark)
    if len(problems) == before:
        yield TableRow(name, mark, cells, numbers, tuple(sorted(names)))


def _check_observed(reading: _Reading, cells: dict[str, str], name: str, mark: Mark) -> None:
    """Refuse what cannot be observed, once a cell; count what was not observed."""
    told: set[str] = set()
    for observed in reading.template.section.observed.values():
        cell = cells[observed.column]
        if not observed.counts(cells) or cell in observed.values or observed.column in told:
            continue
        told.add(observed.column)
        if cell:
            message = (
                f"in row {name[:60]}, '{cell[:60]}' in {observed.column} is nothing that can be observed"
            )
            reading.complain(mark, message, f"write one of {', '.join(observed.values)}")
        else:
            reading.empty.setdefault((observed.column, "not counted"), []).append(name[:60])


def _number(template: Template, hole: Hole, cell: str) -> float | None:
    known = template.section.values.get(hole.name)
    if known is not None:
        return known.get(cell)
    if cell.casefold() in (*YES, *NO):
        return float(cell.casefold() in YES)
    try:
        number = plain_number(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _default(hole: Hole) -> float | None:
    """Return the number that a numeric hole has by default, None where that is a name or an expression."""
    if hole.type not in NUMERIC or not isinstance(hole.default, Scalar):
        return None
    try:
        return plain_number(hole.default.text)
    except ValueError:
        return None


def _unread(template: Template, hole: Hole, name: str, cell: str, mark: Mark) -> Problem:
    known = template.section.values.get(hole.name)
    fix = f"write one of {', '.join(filter(None, known))}" if known is not None else "write a number"
    fix += _if_unknown(hole)
    message = f"in row {name[:60]}, '{cell[:60]}' in {template.column_of(hole.name)} fills no {hole.type}"
    return tell(mark, message, fix, "table")


def _if_unknown(hole: Hole) -> str:
    return "; or leave it empty, if it is not known" if hole.default is not None else ""


def scenario_of(template: Template, row: TableRow) -> Scenario:
    """Fill a template with a row: names into the text, numbers into parameters of the holes' names.

    Raises
    ------
    ScenarioError
        With everything wrong with the filled scenario; places are in the template, or in the table.
    """
    numeric = {hole.name: hole for hole in template.holes if hole.name in row.numbers}
    filling: dict[str, Node] = {name: Scalar(value, row.mark) for name, value in row.names if value}
    filling.update({name: Scalar(name, row.mark) for name in numeric})
    root = template.document.root
    given = mapping_at(row.mark, filling)
    filled, _, _ = fill(root.without("cases"), given, row.mark, template.name)
    facts = {
        name: mapping_at(
            hole.mark, {"value": Scalar(repr(row.numbers[name]), row.mark), "about": Scalar(hole.about)}
        )
        for name, hole in numeric.items()
    }
    added: dict[str, Node] = {"parameters": mapping_at(root.mark, facts)}
    added["bystander"] = root.get("bystander") or Scalar("1", root.mark)
    whole = overlay(filled, mapping_at(root.mark, added))
    assert isinstance(whole, Nodes)
    scenario = read_document(Document(whole, template.document.place))
    if problems := list(_unknown_to(scenario, template)):
        raise ScenarioError(problems)
    return scenario


def _unknown_to(scenario: Scenario, template: Template) -> Iterator[Problem]:
    """Find what ``cases`` names that a filled template does not have."""
    section, node = template.section, template.document.root.get("cases")
    assert node is not None
    asked = [
        *(("observed", name, each.outcome) for name, each in section.observed.items() if each.outcome),
        *(
            ("observed", name, one)
            for name, each in section.observed.items()
            for one in each.outcomes.values()
        ),
    ]
    for *path, named in asked:
        if named not in scenario.outcomes:
            message = f"no outcome is called '{named}'"
            yield tell(find(node, tuple(path))[1], message, did_you_mean(named, scenario.outcomes), "cases")
    for key in ("motives", "begin", "begin_by_habit"):
        for named in getattr(section, key):
            if named not in scenario.parameters:
                message = f"no parameter is called '{named}'"
                yield tell(find(node, (key,))[1], message, did_you_mean(named, scenario.parameters), "cases")
