"""The pages and the code of the project, as they are kept: what is made from them is left out."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {"_build", "_generated", "node_modules", "__pycache__", ".venv"}
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "requirements/*.md", "web/*.md")
    for path in ROOT.glob(pattern)
    if not MADE & set(path.parts)
)
CODE = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "docs", "tools")
    for path in (ROOT / folder).rglob("*.py")
    if not MADE & set(path.parts)
)


def name_of(path: Path) -> str:
    """Return a path from the project's folder on."""
    return str(path.relative_to(ROOT))
