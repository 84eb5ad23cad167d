r"""Short forms that stand for several moves: graded answers, stages and marks written out.

An answer, from words to troops, is defined once. Under an actor, or under an institution with the keys of its
decisions,

    answers:
      help:
        when: front == fighting            # and further keys of all the answers: request, rule, proposed ...
        grades: {words: {worth: -0.1}, mediation: {worth: -0.5}, troops: {worth: -3}}
        ends: {when: front == quiet, every: 2 weeks}

is written out as an ordered variable ``owner_help`` with the levels none, words, mediation, troops that
starts at none; a move ``help_words`` for each grade, possible while the answer is a lower grade; and, with
``ends``, a hazard ``owner_help_ends`` that takes the answer back. What a grade says itself comes before
what all answers share; a ``when`` of both must hold.

Waits need not be exponential, and a move may happen once: ``takes: T`` (or ``T in k stages``) makes a wait
the sum of k exponential stages of mean T / k, an Erlang distribution,

    E = T,    sd = T / \sqrt{k},

with k = 4 if not stated: the spread is half the mean. A hazard waits while its ``when`` holds, and begins
anew when that fails; an action or decision is begun at once (its own worth is paid then) and has its
effect, and its impacts, when it is done, whatever happens meanwhile; it is not begun twice. ``once: true``
lets a move happen no more than once.
"""

from __future__ import annotations

import re

from bystander.errors import Problem, ScenarioError
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, entries_of, entry_of, mapping_at, tell
from bystander.units import DURATION, parse_quantity

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
            answers = entry_of(body, "answers")
            if not isinstance(body, Mapping) or answers is None:
                continue
            body = body.without("answers")
            for key, answer in entries_of(answers):
                grades = entry_of(answer, "grades")
                if not isinstance(answer, Mapping) or not isinstance(grades, Mapping) or not grades.entries:
                    problems.append(tell(key.mark, f"'{key.text}' has no grades", _FIX, "missing-key"))
                    continue
                root, body = _written(
                    root, body, kind, f"{owner.text}_{key.text}", key, answer, grades, problems
                )
            if not isinstance(answers, Mapping):
                problems.append(tell(answers.mark, "answers are a mapping of names", _FIX, "wrong-type"))
            root = _put(root, (section, owner), body)
    return root


def _written(
    root: Mapping,
    body: Mapping,
    kind: str,
    variable: str,
    name: Scalar,
    answer: Mapping,
    grades: Mapping,
    problems: list[Problem],
) -> tuple[Mapping, Mapping]:
    """Write one set of answers: its variable, its moves, its end."""
    mark = name.mark
    levels = Sequence((Scalar(NONE, mark), *grades.keys.values()), mark)
    about = {"about": answer.entries["about"]} if "about" in answer.entries else {}
    entries = {**about, "levels": levels, "ordered": Scalar("true", mark)}
    entries["start"] = answer.entries.get("start", Scalar(NONE, mark))
    root = _put(root, ("variables", Scalar(variable, mark)), mapping_at(mark, entries))
    shared = answer.without(*_OWN)
    for key, grade in grades.items():
        if not isinstance(grade, Mapping) and not (isinstance(grade, Scalar) and grade.datum() is None):
            problems.append(tell(grade.mark, f"'{key.text}' is a grade without keys", _FIX, "wrong-type"))
        own = grade if isinstance(grade, Mapping) else Mapping({}, {}, grade.mark)
        told = {**shared.entries, **own.entries}
        given = (shared.get("when"), own.get("when"))
        guards = [when for when in given if isinstance(when, Scalar)]
        texts = [f"{variable} < {key.text}", *(f"({guard.text})" for guard in guards)]
        told["when"] = Scalar(" and ".join(texts), (guards[-1] if guards else key).mark.as_a_whole())
        for when in given:
            if isinstance(when, (Mapping, Sequence)):
                told["when"] = when  # the schema says what is wrong with it
        then = own.get("then")
        further = then.entries if isinstance(then, Mapping) else {}
        told["then"] = mapping_at(key.mark, {**further, variable: Scalar(key.text, key.mark)})
        move = Mapping(
            told, {n: own.keys.get(n) or shared.keys.get(n) or Scalar(n, key.mark) for n in told}, key.mark
        )
        body = _put(body, (kind, Scalar(f"{name.text}_{key.text}", key.mark)), move)
    ends = answer.get("ends")
    if isinstance(ends, Mapping):
        when = ends.get("when")
        until = f" and ({when.text})" if isinstance(when, Scalar) else ""
        place = (ends if when is None else when).mark.as_a_whole()
        told = {**ends.entries, "when": Scalar(f"{variable} != {NONE}{until}", place)}
        told["then"] = mapping_at(ends.mark, {variable: Scalar(NONE, ends.mark)})
        hazard = Mapping(told, {n: ends.keys.get(n) or Scalar(n, ends.mark) for n in told}, ends.mark)
        root = _put(root, ("hazards", Scalar(f"{variable}_ends", ends.mark)), hazard)
    return root, body


STAGES, MOST_STAGES = 4, 20
_TAKES = re.compile(r"(?P<time>[^\n]{1,400}?)(?:(?<!\s)\s+in\s+(?P<stages>\d{1,3})\s+stages?)?")
_SECTIONS = (("hazards", "", "nature"), ("actors", "actions", ""), ("institutions", "decisions", ""))


def stages_written_out(root: Mapping, problems: list[Problem], remarks: list[Problem]) -> Mapping:
    """Write out every ``takes`` and ``once``; what is wrong and what was done is appended."""
    for section, inner, own in _SECTIONS:
        for key, body in list(entries_of(root.get(section))):
            moves = {key.text: body} if not inner else {}
            nested = entry_of(body, inner) if inner else None
            if isinstance(nested, Mapping):
                moves = dict(nested.entries)
            for name, move in moves.items():
                if not isinstance(move, Mapping) or not {"takes", "once"} & set(move.entries):
                    continue
                path = (section, name) if own else (section, key.text, inner, name)
                writing = _Move(root, own or key.text, name, path, problems, remarks)
                root = writing.once(move)
    return root


def under_way_name(owner: str, move: str) -> str:
    """Return the variable that counts the stages of a move's ``takes``."""
    return f"{owner}_{move}_under_way"


def done_name(owner: str, move: str) -> str:
    """Return the variable that remembers a move of ``once``."""
    return f"{owner}_{move}_done"


class _Move:
    """One move being written out."""

    def __init__(
        self,
        root: Mapping,
        owner: str,
        move: str,
        path: tuple[str, ...],
        problems: list[Problem],
        remarks: list[Problem],
    ) -> None:
        self.root, self.owner, self.move, self.path = root, owner, move, path
        self.name = f"{owner}_{move}"
        self.problems, self.remarks = problems, remarks

    def once(self, move: Mapping) -> Mapping:
        """Write out ``once``, and then ``takes``."""
        given = move.get("once")
        move = move.without("once")
        if isinstance(given, Scalar) and given.datum() is True:
            done = done_name(self.owner, self.move)
            self.variable(done, Sequence((Scalar("open"), Scalar("done"))), Scalar("open"), move)
            move = _also(_when(move, f"{done} == open"), {done: "done"})
        elif given is not None and not (isinstance(given, Scalar) and given.datum() is False):
            self.problems.append(
                tell(given.mark, "'once' is true or false", "write once: true", "wrong-type")
            )
        takes = move.get("takes")
        if takes is None:
            self.put(self.path, move)
        else:
            self.takes(move.without("takes"), takes)
        return self.root

    def takes(self, move: Mapping, given: Node) -> None:
        """Write out a wait in stages."""
        match = _TAKES.fullmatch(given.text.strip()) if isinstance(given, Scalar) else None
        stages = int(match["stages"] or STAGES) if match else 0
        if match is None or not 1 <= stages <= MOST_STAGES or not _may_take(match["time"]):
            message = f"a wait is a time above 0, in 1 to {MOST_STAGES} stages"
            fix = "write takes: 3 weeks, or takes: 3 weeks in 6 stages"
            self.problems.append(tell(given.mark, message, fix, "wrong-type"))
            return
        rate = Scalar(f"{stages} / ({match['time']})", given.mark.as_a_whole())
        message = (
            f"'{self.name}' takes {match['time']} in {stages} stages: the spread is {stages**-0.5:.0%} of it"
        )
        message += f"; it adds a variable of {stages + (self.path[0] != 'hazards')} levels"
        fix = "write 'in 9 stages' for a spread of a third, 'in 1 stage' for a wait without memory"
        self.remarks.append(tell(given.mark, message, fix, "stages", "info"))
        if self.path[0] == "hazards":
            self.wait(move, stages, rate)
        else:
            self.work(move, stages, rate)

    def wait(self, move: Mapping, stages: int, rate: Scalar) -> None:
        """Let a hazard pass through its stages while its condition holds."""
        if {"every", "rate"} & set(move.entries):
            message, fix = "a hazard that takes a time has no other speed", "remove 'every' and 'rate'"
            self.problems.append(tell(rate.mark, message, fix, "wrong-type"))
            return
        clock = f"{self.name}_wait"
        condition = move.get("when")
        held = {} if condition is None else {"while": condition}
        self.variable(clock, Scalar(f"0 to {stages - 1}"), Scalar("0"), move, held)
        if stages > 1:
            kept: dict[str, Node] = {
                key: move.entries[key] for key in ("when", "because") if key in move.entries
            }
            goes_on = _made(kept, rate)
            goes_on = _when(goes_on, f"{clock} < {stages - 1}")
            self.put(("hazards", f"{self.path[1]}_waits"), _also(goes_on, {clock: f"{clock} + 1"}))
            move = _when(move, f"{clock} == {stages - 1}")
        self.put(self.path, _also(move.with_entry(Scalar("rate", rate.mark), rate), {clock: "0"}))

    def work(self, move: Mapping, stages: int, rate: Scalar) -> None:
        """Let a move begin at once, and have its effect after its stages."""
        clock = under_way_name(self.owner, self.move)
        self.variable(clock, Scalar(f"0 to {stages}"), Scalar("0"), move)
        then: dict[str, Node] = {
            key: move.entries[key] for key in ("then", "impacts", "because") if key in move.entries
        }
        begun = _when(move.without("impacts"), f"{clock} == 0")
        begun = begun.with_entry(Scalar("then", rate.mark), _texts({clock: "1"}, rate))
        self.put(self.path, begun)
        if stages > 1:
            told: dict[str, Node] = {"because": move.entries["because"]} if "because" in move.entries else {}
            goes_on = _when(_made(told, rate), f"0 < {clock} < {stages}")
            self.put(("hazards", f"{self.name}_goes_on"), _also(goes_on, {clock: f"{clock} + 1"}))
        done = _when(_made(then, rate), f"{clock} == {stages}")
        self.put(("hazards", f"{self.name}_takes_effect"), _also(done, {clock: "0"}))

    def variable(
        self, name: str, levels: Node, start: Node, move: Mapping, further: dict[str, Node] | None = None
    ) -> None:
        """Add a variable."""
        body = mapping_at(move.mark, {"levels": levels, "start": start, **(further or {})})
        self.put(("variables", name), body)

    def put(self, path: tuple[str, ...], node: Mapping) -> None:
        """Set the entry at a path."""
        self.root = _put(self.root, path, node)


def _put(root: Mapping, path: tuple[str | Scalar, ...], node: Node) -> Mapping:
    """Set the entry at a path; what is missing on the way is made, at the place of the node."""
    if not path:
        assert isinstance(node, Mapping)
        return node
    key = path[0] if isinstance(path[0], Scalar) else Scalar(path[0], node.mark)
    known = root.get(key.text)
    inside = known if isinstance(known, Mapping) else Mapping({}, {}, node.mark)
    name = root.keys.get(key.text) or key
    return root.with_entry(name, node if len(path) == 1 else _put(inside, path[1:], node))


def _may_take(time: str) -> bool:
    """Tell whether a text may be a time that passes: an expression may, which is not reckoned here."""
    try:
        quantity = parse_quantity(time)
    except ScenarioError:
        return not time.startswith("until ")
    return quantity.dimension == DURATION and quantity.value > 0


def _made(entries: dict[str, Node], rate: Scalar) -> Mapping:
    """Make a hazard."""
    return mapping_at(rate.mark, {**entries, "rate": rate})


def _when(move: Mapping, condition: str) -> Mapping:
    """Add a condition to what must hold for a move."""
    given = move.get("when")
    if isinstance(given, (Mapping, Sequence)):
        return move  # the schema says what is wrong with it
    text = f"{condition} and ({given.text})" if isinstance(given, Scalar) else condition
    mark = move.mark if given is None else given.mark
    return move.with_entry(move.keys.get("when") or Scalar("when", mark), Scalar(text, mark.as_a_whole()))


def _also(move: Mapping, changes: dict[str, str]) -> Mapping:
    """Add changes to every branch of an effect."""
    then = move.get("then")
    like = Scalar("", move.mark)
    if isinstance(then, Sequence):
        items = [_joined(item, changes) if isinstance(item, Mapping) else item for item in then.items]
        new: Node = Sequence(tuple(items), then.mark)
    elif isinstance(then, Mapping):
        new = _joined(then, changes)
    else:
        new = _texts(changes, like) if then is None else then
    return move.with_entry(move.keys.get("then") or Scalar("then", move.mark), new)


def _joined(branch: Mapping, changes: dict[str, str]) -> Mapping:
    more = _texts(changes, Scalar("", branch.mark))
    return Mapping({**branch.entries, **more.entries}, {**branch.keys, **more.keys}, branch.mark)


def _texts(entries: dict[str, str], like: Scalar) -> Mapping:
    return mapping_at(like.mark, {name: Scalar(text, like.mark) for name, text in entries.items()})
