"""Write the generated reference pages: from the schema, the command line, the checks and the catalogue."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel


def write_all(folder: Path) -> None:
    """Write every generated page, touching only files that change."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "scenario.md": scenario_page(),
        "cli.md": cli_page(),
        "checks.md": checks_page(),
        "catalogue.md": catalogue_page(),
    }
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def parts_of(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a schema class and all schema classes its fields lead to, in reading order."""
    found: list[type[BaseModel]] = []

    def visit(annotation: Any) -> None:
        known = annotation in found
        if inspect.isclass(annotation) and issubclass(annotation, BaseModel) and not known:
            found.append(annotation)
            for field in annotation.model_fields.values():
                visit(field.annotation)
        for argument in getattr(annotation, "__args__", ()):
            visit(argument)

    visit(model)
    return found


def scenario_page() -> str:
    """Return the scenario language, one table for each part."""
    from bystander.scenario.schema import Scenario

    schema = Scenario.model_json_schema()
    definitions = {"Scenario": schema, **schema.get("$defs", {})}
    lines: list[str] = []
    for part in parts_of(Scenario):
        properties = definitions.get(part.__name__, {}).get("properties", {})
        required = set(definitions.get(part.__name__, {}).get("required", ()))
        rows = []
        for name, field in part.model_fields.items():
            shown = field.alias or name
            if shown in properties:
                need = "required" if shown in required else ""
                says = f"{cell(field.description or '')}{example(properties[shown])}"
                rows.append(f"| `{shown}` | {need} | {says} |")
        lines += [f"## {part.__name__}", "", inspect.cleandoc(part.__doc__ or ""), ""]
        lines += ["| key | | what it says |", "|---|---|---|", *rows, ""] if rows else []
    return "\n".join(lines)


def example(described: dict[str, Any]) -> str:
    """Return the first example a field's schema gives, if any."""
    examples = described.get("examples")
    return f" Example: `{examples[0]}`." if examples else ""


def cell(text: str) -> str:
    """Return text that fits a table cell."""
    return " ".join(text.replace("|", "\\|").replace("``", "`").split())


def cli_page() -> str:
    """Return the help of every verb."""
    from bystander.cli.main import make_app

    app = make_app()
    return str(app.generate_docs(output_format="markdown", heading_level=2, recursive=True))


def checks_page() -> str:
    """Return what is checked before solving, one line a check."""
    from bystander.scenario.checks import CHECKS

    rows = ((f"`{check.name}`", check.severity, check.says) for check in CHECKS.values())
    return table(("check", "", "what it finds"), rows)


def catalogue_page() -> str:
    """Return the catalogue by kind."""
    from bystander.library import entries

    lines: list[str] = []
    kind = ""
    for entry in entries():
        if entry.kind != kind:
            kind = entry.kind
            lines += ["", f"## {kind.capitalize()}", "", "| path | what |", "|---|---|"]
        lines.append(f"| `{entry.path}` | {cell(entry.title)} |")
    return "\n".join([*lines, ""])


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heads = tuple(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell(str(item)) for item in row) + " |" for row in rows]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write_all(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/_generated"))
