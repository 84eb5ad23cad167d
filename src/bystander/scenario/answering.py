"""Graded answers: one definition of what an actor or institution may answer, from words to troops.

Under an actor, or under an institution with the keys of its decisions,

    answers:
      help:
        when: front == fighting            # and further keys of all the answers: request, rule, proposed ...
        grades: {words: {worth: -0.1}, mediation: {worth: -0.5}, troops: {worth: -3}}
        ends: {when: front == quiet, every: 2 weeks}

is written out as an ordered variable ``owner_help`` with the levels none, words, mediation, troops that
starts at none; a move ``help_words`` for each grade, possible while the answer is a lower grade; and, with
``ends``, a hazard ``owner_help_ends`` that takes the answer back. What a grade says itself comes before
what all answers share; a ``when`` of both must hold.
"""

from __future__ import annotations

from bystander.errors import Problem
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence
from bystander.scenario.telling import tell

NONE = "none"
_OWN = ("grades", "ends", "about", "start")
_FIX = "write answers: {help: {when: ..., grades: {words: {worth: -0.1}, troops: {worth: -3}}}}"


def answers_written_out(root: Mapping, problems: list[Problem]) -> Mapping:
    """Write out every ``answers`` of a merged file; problems are appended."""
    for section, kind in (("actors", "actions"), ("institutions", "decisions")):
        owners = root.get(section)
        if not isinstance(owners, Mapping):
            continue
        for owner, body in owners.items():
            answers = body.get("answers") if isinstance(body, Mapping) else None
            if not isinstance(body, Mapping) or answers is None:
                continue
            body = body.without("answers")
            for key, answer in answers.items() if isinstance(answers, Mapping) else ():
                grades = answer.get("grades") if isinstance(answer, Mapping) else None
                if not isinstance(answer, Mapping) or not isinstance(grades, Mapping) or not grades.entries:
                    problems.append(tell(key.mark, f"'{key.text}' has no grades", _FIX, "missing-key"))
                    continue
                root, body = _written(root, body, kind, f"{owner.text}_{key.text}", key, answer, grades)
            if not isinstance(answers, Mapping):
                problems.append(tell(answers.mark, "answers are a mapping of names", _FIX, "wrong-type"))
            root = _put(root, section, owner, body)
    return root


def _written(
    root: Mapping, body: Mapping, kind: str, variable: str, name: Scalar, answer: Mapping, grades: Mapping
) -> tuple[Mapping, Mapping]:
    """Write one set of answers: its variable, its moves, its end."""
    mark = name.mark
    levels = Sequence((Scalar(NONE, mark), *grades.keys.values()), mark)
    about = {"about": answer.entries["about"]} if "about" in answer.entries else {}
    entries = {**about, "levels": levels, "ordered": Scalar("true", mark)}
    entries["start"] = answer.entries.get("start", Scalar(NONE, mark))
    root = _put(root, "variables", Scalar(variable, mark), _mapping(entries, mark))
    shared = answer.without(*_OWN)
    for key, grade in grades.items():
        own = grade if isinstance(grade, Mapping) else Mapping({}, {}, grade.mark)
        told = {**shared.entries, **own.entries}
        given = (shared.get("when"), own.get("when"))
        guards = [when for when in given if isinstance(when, Scalar)]
        texts = [f"{variable} < {key.text}", *(f"({guard.text})" for guard in guards)]
        told["when"] = Scalar(" and ".join(texts), guards[-1].mark if guards else key.mark)
        then = own.get("then")
        further = then.entries if isinstance(then, Mapping) else {}
        told["then"] = _mapping({**further, variable: Scalar(key.text, key.mark)}, key.mark)
        move = Mapping(
            told, {n: own.keys.get(n) or shared.keys.get(n) or Scalar(n, key.mark) for n in told}, key.mark
        )
        body = _put(body, kind, Scalar(f"{name.text}_{key.text}", key.mark), move)
    ends = answer.get("ends")
    if isinstance(ends, Mapping):
        when = ends.get("when")
        until = f" and ({when.text})" if isinstance(when, Scalar) else ""
        told = {**ends.entries, "when": Scalar(f"{variable} != {NONE}{until}", ends.mark)}
        told["then"] = _mapping({variable: Scalar(NONE, ends.mark)}, ends.mark)
        hazard = Mapping(told, {n: ends.keys.get(n) or Scalar(n, ends.mark) for n in told}, ends.mark)
        root = _put(root, "hazards", Scalar(f"{variable}_ends", ends.mark), hazard)
    return root, body


def _mapping(entries: dict[str, Node], mark: object) -> Mapping:
    marks = {name: Scalar(name, mark) for name in entries}  # type: ignore[arg-type]
    return Mapping(dict(entries), marks, mark)  # type: ignore[arg-type]


def _put(root: Mapping, section: str, key: Scalar, node: Node) -> Mapping:
    """Set an entry of a section, which is made if there is none."""
    known = root.get(section)
    inside = known if isinstance(known, Mapping) else Mapping({}, {}, key.mark)
    name = root.keys.get(section) or Scalar(section, key.mark)
    return root.with_entry(name, inside.with_entry(key, node))
