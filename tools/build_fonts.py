"""Cut the report's typefaces down to what a report needs, once.

The result is shipped in ``src/bystander/report/fonts``.

Source: Source Sans 3 and Source Serif 4 by Adobe (SIL Open Font License 1.1), as carried by the npm
packages ``source-sans`` 3.52.0 and ``source-serif`` 4.5.1. The licence reserves the name *Source* for
unmodified copies, so the subsets are renamed *Bystander Sans* and *Bystander Serif*. The same files
serve the page (woff2, embedded) and the figures (ttf, registered with the converter), so that a label
measured in one is as wide in the other.

Run: ``npm install source-sans@3.52.0 source-serif@4.5.1 && python tools/build_fonts.py node_modules``
(needs ``fonttools`` and ``brotli``).
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src/bystander/report/fonts"
FACES = {
    "sans-400": ("source-sans/TTF/SourceSans3-Regular.ttf", "Bystander Sans", "Regular", True),
    "sans-600": ("source-sans/TTF/SourceSans3-Semibold.ttf", "Bystander Sans", "SemiBold", True),
    "serif-600": ("source-serif/TTF/SourceSerif4Display-Semibold.ttf", "Bystander Serif", "SemiBold", False),
}
RANGES = (
    range(0x20, 0x7F),
    range(0xA0, 0x180),
    (0x218, 0x219, 0x21A, 0x21B, 0x2BB, 0x2BC),
    range(0x2010, 0x2028),
    (0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x2044, 0x20AC, 0x2116, 0x2122),
    (0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25B2, 0x25BC, 0x25CF, 0x2713),
)
LETTERS_OF_MATHEMATICS = tuple(range(0x391, 0x3CA))


def main(modules: Path) -> None:
    """Subset, rename and write every face."""
    TARGET.mkdir(exist_ok=True)
    wanted = [code for part in RANGES for code in part]
    for stem, (file, family, style, as_ttf) in FACES.items():
        font = TTFont(modules / file)
        options = Options()
        options.layout_features = ["kern", "liga", "tnum", "lnum", "mark", "mkmk", "ccmp"]
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
        options.hinting = False
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[*wanted, *(LETTERS_OF_MATHEMATICS if as_ttf else ())])
        subsetter.subset(font)
        rename(font, family, style)
        if as_ttf:
            font.save(TARGET / f"bystander-{stem}.ttf")
        font.flavor = "woff2"
        font.save(TARGET / f"bystander-{stem}.woff2")


def rename(font: TTFont, family: str, style: str) -> None:
    """Replace the reserved name wherever the name table carries it."""
    names = font["name"]
    texts = {
        1: family if style == "Regular" else f"{family} {style}",
        2: "Regular",
        3: f"{family} {style} subset",
        4: f"{family} {style}",
        6: f"{family} {style}".replace(" ", ""),
        16: family,
        17: style,
    }
    for record in list(names.names):
        if record.nameID in texts:
            names.removeNames(record.nameID, record.platformID, record.platEncID, record.langID)
    for identity, text in texts.items():
        names.setName(text, identity, 3, 1, 0x409)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
