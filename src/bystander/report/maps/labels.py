"""Where names go on a map: beside their mark, on the first side on which they cover nothing.

Each label tries the side its author chose, then right, left, above, below; the first place that meets
no other label and no mark is taken, else the one that meets least. Marks are placed before all names,
so no name covers a mark if there is any way around it. Widths are reckoned from the number of letters,
which is near enough at one size of type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LETTER, HEIGHT, GAP, MARK = 6.1, 14.0, 7.0, 5.0
SIDES = ("right", "left", "above", "below")

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name to set.

    Where its mark is (points), what it says, which side its author asked for, and whether it has a
    mark.
    """

    x: float
    y: float
    text: str
    side: str = ""
    marked: bool = True


def rectangle(wanted: Wanted, side: str) -> Rectangle:
    """Give the rectangle of a name on one side of its mark: left, top, right, bottom."""
    width, gap = LETTER * len(wanted.text), GAP if wanted.marked else 10.0
    x, y = wanted.x, wanted.y
    match side:
        case "right":
            return x + gap, y - HEIGHT / 2, x + gap + width, y + HEIGHT / 2
        case "left":
            return x - gap - width, y - HEIGHT / 2, x - gap, y + HEIGHT / 2
        case "above":
            return x - width / 2, y - gap - HEIGHT, x + width / 2, y - gap
    return x - width / 2, y + gap, x + width / 2, y + gap + HEIGHT


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Area two rectangles share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def outside(a: Rectangle, width: float, height: float) -> float:
    """How far a rectangle leaves the map, weighted as area."""
    over = max(0.0, -a[0]) + max(0.0, a[2] - width) + max(0.0, -a[1]) + max(0.0, a[3] - height)
    return over * HEIGHT


def place(wanted: Sequence[Wanted], width: float, height: float) -> list[str]:
    """Choose a side for each name, in the order given."""
    taken = [(w.x - MARK, w.y - MARK, w.x + MARK, w.y + MARK) for w in wanted if w.marked]
    chosen = []
    for w in wanted:
        tries = list(dict.fromkeys([*([w.side] if w.side in SIDES else []), *SIDES]))
        costs = []
        for rank, side in enumerate(tries):
            box = rectangle(w, side)
            own = (w.x - MARK, w.y - MARK, w.x + MARK, w.y + MARK)
            met = sum(overlap(box, t) for t in taken if t != own)
            costs.append((met + outside(box, width, height), rank, side))
        _, _, side = min(costs)
        chosen.append(side)
        taken.append(rectangle(w, side))
    return chosen
