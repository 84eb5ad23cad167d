"""A process that only draws.

Reads bare specifications, one JSON document a line, and writes SVG, one JSON string a line.

Run by `bystander.report.figures.drafting`; not meant for people.
"""

from __future__ import annotations

import json
import sys

from bystander.report.figures.figure import DIALECT, converter


def main() -> None:
    """Draw until there is nothing more to read."""
    draw = converter().vegalite_to_svg
    for line in sys.stdin:
        sys.stdout.write(json.dumps(draw(json.loads(line), vl_version=DIALECT)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
