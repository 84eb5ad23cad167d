"""A figure.

One Vega-Lite specification with its data, its finding, its reading and its words for those who cannot
see it.

The specification is made with Altair and stated in the dialect of Vega-Lite 5, which notebooks show
offline; nothing newer is used. One definition is rendered everywhere: static SVG in the report (no
script), SVG, PNG and PDF in ``bystander export``, the specification itself in a notebook. Rendering is
done by vl-convert inside the process, with the typeface shipped beside this package.

Rendered bytes depend only on the specification: identifiers inside the SVG, which the converter counts
over its lifetime, are numbered anew for each figure.
"""

from __future__ import annotations

import base64
import csv as csv_module
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from bystander.files import ending_of, write_whole
from bystander.harmless import escaped, for_cell
from bystander.report.figures import theme
from bystander.report.words.numbers import clean

FONTS = Path(__file__).parents[1] / "fonts"
FACES = (
    ("Bystander Sans", 400, "sans-400"),
    ("Bystander Sans", 600, "sans-600"),
    ("Bystander Serif", 600, "serif-600"),
)
DIALECT = "5.20"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.20.1.json"
MIME = "application/vnd.vegalite.v5+json"

ATTRIBUTES = (
    r'role="graphics-[^"]*"',
    r'(?:aria-[a-z]+|font-family|class|xmlns:xlink)="[^"]*"',
    r'pointer-events="none"',
)
UNUSED = re.compile(f" (?:{'|'.join(ATTRIBUTES)})")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and everything that must go with it.

    Attributes
    ----------
    name
        Identifier, safe in a file name and in an HTML id.
    title
        What the figure finds, as a sentence without the final stop.
    reading
        One sentence on how to read it.
    alt
        Text alternative: the same content in words.
    drawing
        Vega-Lite specification without title.
    rows
        The data, one mapping a row; keys carry the unit, ``days``, ``chance``.
    part
        Part of the report it belongs to, 1 to 8.
    wide
        Whether it takes the full width of the page.
    """

    name: str
    title: str
    reading: str
    alt: str
    drawing: Mapping[str, Any]
    rows: tuple[Row, ...]
    part: int = 1
    wide: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """The whole specification: dialect, theme, data and title."""
        lines = textwrap.wrap(self.title, 95 if self.wide else 52)
        return {
            "$schema": SCHEMA,
            **self.drawing,
            "title": {"text": lines},
            "description": self.alt,
            "config": theme.config(),
        }

    def svg(self) -> str:
        """Render to SVG that stands alone: with title, ground and typeface."""
        return with_typeface(renumber(converter().vegalite_to_svg(self.spec, vl_version=DIALECT), self.name))

    def bare_spec(self) -> dict[str, Any]:
        """Give the specification without title and ground, to be set into a page that has both."""
        margins = {"left": 2, "right": 4, "top": 4, "bottom": 2}
        spec = {**self.spec, "config": {**theme.config(), "background": None, "padding": margins}}
        del spec["title"], spec["description"]
        return spec

    def drawn_here(self) -> str:
        """Render the bare specification to SVG, in this process."""
        return str(converter().vegalite_to_svg(self.bare_spec(), vl_version=DIALECT))

    def bare(self) -> str:
        """Render to SVG for setting into a page."""
        return self.dressed_down(self.drawn_here())

    def dressed_down(self, svg: str) -> str:
        """Prepare an SVG of the bare specification for a page that holds many."""
        return undress(renumber(svg, self.name))

    def png(self, scale: float = 2.0) -> bytes:
        """Render to PNG at so many pixels per point."""
        return bytes(converter().vegalite_to_png(self.spec, vl_version=DIALECT, scale=scale))

    def pdf(self) -> bytes:
        """Render to a one-page PDF."""
        return bytes(converter().vegalite_to_pdf(self.spec, vl_version=DIALECT))

    def csv(self) -> str:
        """Write the data as CSV with a header.

        Text that a spreadsheet would run as a formula is preceded by an apostrophe.
        """
        out = io.StringIO()
        fields = list(dict.fromkeys(key for row in self.rows for key in row))
        writer = csv_module.DictWriter(out, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: for_cell(v) for k, v in row.items()} for row in self.rows)
        return out.getvalue()

    def _repr_mimebundle_(self, *_: object, **__: object) -> dict[str, Any]:
        """Show the figure in a notebook, offline."""
        return {MIME: self.spec, "text/plain": f"{self.title}. {self.reading}"}


FORMATS: dict[str, Callable[[Figure], str | bytes]] = {
    "svg": lambda figure: figure.svg(),
    "png": lambda figure: figure.png(),
    "pdf": lambda figure: figure.pdf(),
    "csv": lambda figure: figure.csv(),
    "json": lambda figure: escaped(json.dumps(figure.spec, ensure_ascii=False, indent=1)) + "\n",
}


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure whole or not at all, in the format that the file's name ends in."""
    return write_whole(path, FORMATS[ending_of(path).removeprefix(".")](figure))


@cache
def converter() -> Any:
    """Load vl-convert once and register the typeface."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


@cache
def typeface(stem: str) -> str:
    """Give a face as a data address."""
    return (
        "data:font/woff2;base64,"
        + base64.b64encode((FONTS / f"bystander-{stem}.woff2").read_bytes()).decode()
    )


def font_faces() -> list[str]:
    """Style rules, one for each, that declare the typefaces a page is set in."""
    return [
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:block;src:url({typeface(stem)})'
        ' format("woff2")}'
        for family, weight, stem in FACES
    ]


def face_rules() -> str:
    """Style rules that declare the typeface figures are set in."""
    return "".join(
        f'@font-face{{font-family:"Bystander Sans";font-weight:{w};src:url({typeface(f"sans-{w}")})'
        ' format("woff2")}'
        for w in (400, 600)
    )


def with_typeface(svg: str) -> str:
    """Embed the typeface in a standalone SVG."""
    head, _, rest = svg.partition(">")
    return f"{head}><style>{face_rules()}</style>{rest}"


def undress(svg: str) -> str:
    """Drop what the page says once for all figures, and what shows nothing.

    The typeface, roles that would be read out mark by mark, class names, empty grounds and groups.
    """
    svg = re.sub(UNUSED, "", svg)
    svg = re.sub(r'<path d="M0(?:\.5)?,0(?:\.5)?h0v0h0Z"[^>]*/>', "", svg)
    while (shorter := re.sub(r"<g(?: [^>]*)?></g>|<g(?: [^>]*)?/>", "", svg)) != svg:
        svg = shorter
    return svg


def renumber(svg: str, prefix: str) -> str:
    """Give identifiers inside an SVG names that depend on the figure only.

    And that no other figure in a page has.
    """
    seen: dict[str, str] = {}
    for found in re.findall(r'\bid="([^"]+)"', svg):
        seen.setdefault(found, f"{prefix}-{len(seen)}")
    for old, new in seen.items():
        svg = (
            svg.replace(f'id="{old}"', f'id="{new}"')
            .replace(f"url(#{old})", f"url(#{new})")
            .replace(f'"#{old}"', f'"#{new}"')
        )
    return svg


def sized(chart: Any, *, rows: int = 0, height: int = 0, width: int = theme.WIDE_WIDTH) -> Any:
    """Give a chart its width, and a height or one for each row, in points."""
    import altair as alt

    room = alt.AutoSizeParams(type="fit-x" if rows else "fit", contains="padding")
    return chart.properties(width=width, height=alt.Step(rows) if rows else height, autosize=room)


def named(field: str, order: Sequence[Any], **axis: Any) -> Any:
    """Set the names in a field down the side, in an order."""
    import altair as alt

    return alt.Y(f"{field}:N", sort=order, title=None, axis=alt.Axis(labelColor=theme.INK, **axis))


def texts_where(base: Any, test: str, field: str = "shown", **mark: Any) -> Any:
    """Set the texts in a field at the rows that pass a test."""
    return base.transform_filter(f"datum.{test}").mark_text(**mark).encode(text=f"{field}:N")


def listed(parts: Iterable[str]) -> str:
    """Tell rows one after the other, as one sentence."""
    return "; ".join(parts) + "."


def drawing(chart: Any) -> dict[str, Any]:
    """Take the bare Vega-Lite specification out of an Altair chart, its data sets named in order."""
    out: dict[str, Any] = chart.to_dict(validate=False)  # tests hold every specification against the schema
    for key in ("$schema", "config", "title"):
        out.pop(key, None)
    names: dict[str, str] = {}
    for unit in (out, *out.get("layer", ())):
        if "name" in unit.get("data", {}):
            unit["data"]["name"] = names.setdefault(unit["data"]["name"], f"table_{len(names)}")
    found = out.pop("datasets", {})
    out["datasets"] = {
        new: data.data if isinstance(data := found[old], Inline) else data for old, new in names.items()
    }
    for layer in out.get("layer", ()):
        layer.setdefault("encoding", {})  # Vega-Lite 5 fails on a layer of shapes without one
    return out


LINES = "split(datum.label, '\\n')"


def wrapped(text: str, width: int) -> str:
    """Break a label into lines; an axis with ``labelExpr=LINES`` sets them."""
    return "\n".join(textwrap.wrap(text, width))


class Inline:
    """Data that Altair passes on as it is, instead of copying and walking it at every step."""

    _schema: ClassVar[dict[str, str]] = {}

    def __init__(self, data: Any) -> None:
        self.data = data

    def to_dict(self, *_: object, **__: object) -> Any:
        """Give the data."""
        return self.data


def legible(value: Any) -> Any:
    """Clean a text of whatever is invisible, line by line; leave numbers alone."""
    return "\n".join(clean(line, 300) for line in value.split("\n")) if isinstance(value, str) else value


def values(rows: Sequence[Row]) -> Any:
    """Wrap rows as inline data."""
    import altair as alt

    whole: Any = Inline([{k: legible(v) for k, v in row.items()} for row in rows])
    return alt.InlineData(values=whole)
