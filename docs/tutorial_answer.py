"""What the last scenario of the tutorial answers, solved when the documentation is built."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from bystander.assessment.assess import assess
from bystander.assessment.result import Assessment
from bystander.report.words.numbers import phrase
from bystander.report.words.reasons import bystanders_first, lines
from bystander.report.words.sentences import headlines, outcome_line, plain, remedies, verdict, who_acts
from bystander.scenario import read_text, scenario_hash

PAGE = Path(__file__).parent / "tutorial" / "writing-a-scenario.md"
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def write(folder: Path) -> None:
    """Write the answer; leave it alone if it was made from the same scenario."""
    scenario = read_text(BLOCK.findall(PAGE.read_text(encoding="utf-8"))[-1])
    stamp = hashlib.sha256(scenario_hash(scenario).encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    first = f"<!-- {stamp} -->\n"
    path = folder / "tutorial-answer.md"
    if path.exists() and path.read_text(encoding="utf-8").startswith(first):
        return
    path.write_text(first + told(assess(scenario, starts=4)), encoding="utf-8")


def told(assessment: Assessment) -> str:
    """Tell the assessment in the sentences of the report."""
    bystander = next(r for r in bystanders_first(assessment) if r.owner == "northland")
    sentences = [
        *(outcome_line(o) for o in headlines(assessment, 9)),
        *who_acts(assessment),
        *lines(bystander, assessment),
        *remedies(assessment, 2),
        verdict(assessment),
    ]
    size = f"{phrase('', assessment.title)}: {assessment.solve.situations:,} situations."
    return "\n".join([*(f"* {plain(s)}" for s in sentences if s), f"* {size}", ""])
