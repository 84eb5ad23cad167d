"""The dated record: what the scenario cites, and each hidden variable's probable course given a record.

On the timeline each event is a row, placed by its date, oldest on top. A date given as a year or a month
stands at its beginning. Events before the question's date lie left of the line that marks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.columns import write_columns
from bystander.evidence.record import Record, write_day
from bystander.files import ending_of
from bystander.harmless import spaced
from bystander.report.figures import theme
from bystander.report.figures.figure import (
    Figure,
    Row,
    drawing,
    listed,
    sized,
    texts_where,
    values,
    write_figure,
)
from bystander.report.words.numbers import clean, date, label, phrase

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

MOST = 40
LETTER = 6.0


def timeline(scenario: Scenario) -> Figure | None:
    """Draw the scenario's events, the latest `MOST` of them."""
    events = sorted(scenario.events.items(), key=lambda item: (item[1].date, item[0]))[-MOST:]
    if not events:
        return None
    rows: list[Row] = [
        {
            "event": name,
            "date": whole(e.date),
            "until": whole(e.until or e.date),
            "written": e.date,
            "says": phrase(e.says, name, 110),
            "source": clean(e.source),
        }
        for name, e in events
    ]
    return Figure(
        name="timeline",
        title=densest(rows),
        reading=(
            "Each dot is an event of the record, at its date; bars are events that lasted. The dashed line is"
            " the date of the question."
        ),
        alt=listed(f"{date(str(r['written']))}: {r['says']}" for r in rows),
        drawing=drawing(chart(rows, scenario.as_of or "")),
        rows=tuple(rows),
        part=1,
        wide=True,
    )


def densest(rows: list[Row]) -> str:
    """Say in which month most happened."""
    months = Counter(str(r["date"])[:7] for r in rows)
    month, count = max(months.items(), key=lambda pair: (pair[1], pair[0]))
    return (
        f"{count} of {len(rows)} dated events fall in {date(month)}"
        if count > 1
        else f"{len(rows)} dated events, the last in {date(month)}"
    )


def whole(written: str) -> str:
    """Complete a year or a month to a day."""
    return written + "-01-01"[3 * (len(written) == 7) :] if len(written) < 10 else written


def chart(rows: list[Row], as_of: str) -> object:
    """Place dots by date; the text stands on whichever side has room."""
    import altair as alt

    first = min(ordinal(r["date"]) for r in rows)
    last = max([*(ordinal(r["until"]) for r in rows), *([ordinal(as_of)] if as_of else [])])
    placed = [{**r, "order": k, **room(r, first, last)} for k, r in enumerate(rows)]
    x = alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(padding=26, nice=False, type="utc"),
        axis=alt.Axis(tickCount=7, grid=True, format="%b %Y" if last - first > 150 else "%-d %b"),
    )
    y = alt.Y("order:O", axis=None)
    base = alt.Chart(values(placed)).encode(x=x, y=y)
    bars = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(
        x2=alt.X2("until:T")
    )
    dots = base.mark_point(size=60, filled=True, opacity=1, color=theme.AGAINST)
    late = base.encode(x=alt.X("until:T"))
    right = texts_where(late, "side == 'right'", "text", align="left", dx=9)
    left = texts_where(base, "side == 'left'", "text", align="right", dx=-9)
    layers = [bars, dots, right, left]
    if as_of:
        now = (
            alt.Chart(values([{"now": as_of}]))
            .mark_rule(strokeDash=[4, 4], color=theme.TOWARDS)
            .encode(x=alt.X("now:T"))
        )
        layers.insert(0, now)
    return sized(alt.layer(*layers), rows=22)


def room(row: Row, first: int, last: int) -> dict[str, str]:
    """Choose the side of the dot on which the text has room, and shorten it to that."""
    span, width = max(30, last - first), theme.WIDE_WIDTH - 60
    left = 26 + width * (ordinal(row["date"]) - first) / span
    right = 26 + width * (last - ordinal(row["until"])) / span
    wanted = LETTER * len(row["says"])
    side = "right" if right >= min(wanted, left) else "left"
    return {
        "side": side,
        "text": clean(row["says"], max(24, int((right if side == "right" else left) / LETTER))),
    }


def ordinal(day: str) -> int:
    """Count days, near enough for layout."""
    year, month, of_month = (int(part) for part in day.split("-"))
    return 365 * year + 30 * month + of_month


Course = Mapping[str, Sequence[tuple[float, float]]]


def course_figure(record: Record, name: str, course: Course) -> Figure:
    """Draw one variable: the chance of each level over time, given the whole record."""
    import altair as alt

    rows: list[Row] = [
        {"day": _day(record, moment), "level": spaced(level), "chance": chance}
        for level, points in course.items()
        for moment, chance in points
    ]
    seen: list[Row] = [
        {"day": _day(record, each.begin), "says": (each.says or label(each.name))[:80]}
        for each in record.observations
    ]
    axis = alt.Axis(title=None, format="%b %Y") if record.dated else alt.Axis(title="days")
    kind = "T" if record.dated else "Q"
    areas = (
        alt.Chart(values(rows))
        .mark_area()
        .encode(
            x=alt.X(f"day:{kind}", axis=axis),
            y=alt.Y(
                "chance:Q",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", title=None),
            ),
            color=alt.Color("level:N", title=None),
        )
    )
    ticks = alt.Chart(values(seen)).mark_rule(strokeWidth=1, opacity=0.5).encode(x=f"day:{kind}")
    title = spaced(name)
    last = {level: points[-1][1] for level, points in course.items() if points}
    best = max(last, key=lambda level: last[level])
    said = f"{title} is {spaced(best)} at the end with {100 * last[best]:.0f}%"
    return Figure(
        name=f"course_{name[:60]}",
        title=f"The probable course of {title}",
        reading="How likely each level was, given everything observed; lines are observations.",
        alt=f"Probable course of {title} over the record: {said}.",
        drawing=drawing((areas + ticks).properties(width=theme.CARD_WIDTH, height=160)),
        rows=tuple(rows),
        part=2,
    )


def _day(record: Record, moment: float) -> Any:
    return write_day(moment)[:10] if record.dated else moment


def write_courses(record: Record, courses: Mapping[str, Course], path: Path) -> tuple[Path, ...]:
    """Write every variable's course: one table if the name ends in .csv, else a picture each."""
    if ending_of(path) == ".csv":
        table: dict[str, list[Any]] = {"day": [], "variable": [], "level": [], "chance": []}
        for name, course in courses.items():
            for level, points in course.items():
                for moment, chance in points:
                    table["day"].append(_day(record, moment))
                    table["variable"].append(name)
                    table["level"].append(level)
                    table["chance"].append(chance)
        return (write_columns(path, table),)
    out = []
    for name, course in courses.items():
        figure = course_figure(record, name, course)
        place = path.with_name(f"{path.stem}_{name}{path.suffix or '.svg'}")
        out.append(write_figure(figure, place))
    return tuple(out)
