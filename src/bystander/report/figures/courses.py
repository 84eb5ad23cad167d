"""Each hidden variable's probable course given a record, and the record under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bystander.columns import write_columns
from bystander.evidence.dates import write_day
from bystander.evidence.record import Record
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values

Course = Mapping[str, Sequence[tuple[float, float]]]


def course_figure(record: Record, name: str, course: Course) -> Figure:
    """Draw one variable: the chance of each level over time, given the whole record."""
    import altair as alt

    rows: list[Row] = [
        {"day": _day(record, moment), "level": level.replace("_", " "), "chance": chance}
        for level, points in course.items()
        for moment, chance in points
    ]
    seen: list[Row] = [
        {"day": _day(record, each.begin), "says": (each.says or each.name)[:80]}
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
    title = name.replace("_", " ")
    last = {level: points[-1][1] for level, points in course.items() if points}
    best = max(last, key=lambda level: last[level])
    said = f"{title} is {best.replace('_', ' ')} at the end with {100 * last[best]:.0f} %"
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
    if path.suffix == ".csv":
        table: dict[str, list[Any]] = {"day": [], "variable": [], "level": [], "chance": []}
        for name, course in courses.items():
            for level, points in course.items():
                for moment, chance in points:
                    table["day"].append(_day(record, moment))
                    table["variable"].append(name)
                    table["level"].append(level)
                    table["chance"].append(chance)
        return (write_columns(path, table),)
    from bystander.files import write_whole

    out = []
    for name, course in courses.items():
        figure = course_figure(record, name, course)
        place = path.with_name(f"{path.stem}_{name}{path.suffix or '.svg'}")
        out.append(write_whole(place, figure.png() if path.suffix == ".png" else figure.svg()))
    return tuple(out)
