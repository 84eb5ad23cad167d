r"""What happens if something is changed: every outcome before and after, and why it moves.

An outcome moves for two reasons. The change acts on the process directly, with everyone behaving as before;
and everyone adapts to it. With y(process, behaviour):

    direct      y(new process, old behaviour)  - y(old process, old behaviour)
    adaptation  y(new process, new behaviour)  - y(new process, old behaviour)

which add up to the whole. *Old behaviour* means the old probability of each choice and of each adoption at an
opportunity, on each day where known dates lie ahead; how often opportunities come belongs to the process.
Moves that are new are not used by old behaviour; in situations that the old process never reaches it is what
solves the old equations there (`extended`). On request adaptation is looked at owner by owner: the difference
made by one owner's new behaviour, everyone else's being new too.

What a claim of a source does is asked alike: everything bound to it is taken out. Bound to a claim are the
interests, actions, decisions and parameters that cite it, directly or through a fact, or are reckoned from
the number of such a fact. Taken out means

.. math:: u_k \to 0, \qquad c_a, J_a \to 0, \qquad c_{m,d}, J_d \to 0, \qquad p \to 0

for an interest k, an action a, a decision d with voters m, and a parameter p. Habits, hazards, guards and the
start stay: a claim that only chance, a question or a conclusion rests on takes nothing out and changes
nothing. Everybody adapts, from the solution of the whole scenario on; what changes most among the headline
outcomes is told: probabilities by their difference, amounts relative to the larger of the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Asked, Case, answer_case, numbers_by_itself, solve_case
from bystander.cases.changes import Change, Label, Value
from bystander.equilibrium.announced import Announced, solve_with_dates
from bystander.equilibrium.continuation import continue_from
from bystander.equilibrium.reasons import Hindrance
from bystander.equilibrium.result import Equilibrium, Status
from bystander.errors import BystanderError, QueryError, ScenarioError
from bystander.game.arrays import Game, MoveType
from bystander.game.compile import compile_game
from bystander.game.questions import option_mask, option_moves, option_situations
from bystander.harmless import spaced
from bystander.numerics.generators import inner
from bystander.policy.reasons import hindrances
from bystander.progress import Progress, silent
from bystander.scenario.claims import Placement, place_claims
from bystander.scenario.motives import nothing_at_stake
from bystander.scenario.schema import Scenario
from bystander.units import Quantity, in_rank

Array = NDArray[Any]
ChoiceByDay = Callable[[float], Array]

HARDLY, SMALL = 0.005, 0.02


def hardly_moves(change: float, before: float) -> bool:
    """Say whether a change is too small to speak of, beside what it changes."""
    return abs(change) <= HARDLY * max(abs(before), SMALL)


class Moved:
    """A number before and after, and what the change may be wrong by, or why it is withheld."""

    __slots__ = ()
    before: float
    after: float
    unit: str
    error: float
    withheld: str

    @property
    def change(self) -> float:
        """After less before: none where what never comes still never does."""
        return 0.0 if self.after == self.before else self.after - self.before

    @property
    def too_close(self) -> bool:
        """Whether a change that could be spoken of is no larger than what it may be wrong by."""
        return abs(self.change) <= self.error and not hardly_moves(self.change, self.before)


@dataclass(frozen=True, slots=True)
class Difference(Moved):
    """An outcome before and after a change.

    ``direct`` and ``adapted`` add up to ``after - before``; both are None where the question cannot be asked
    of old behaviour. ``withheld`` says why a number is not known. ``by_owner`` holds (owner, difference made
    by its new behaviour).
    """

    outcome: str
    about: str
    kind: str
    unit: str
    before: float
    after: float
    direct: float | None = None
    adapted: float | None = None
    by_owner: tuple[tuple[str, float], ...] = ()
    error: float = 0.0
    headline: bool = True
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A judgement before and after a change; verdicts in words."""

    judgement: str
    says: str
    before: str
    after: str
    number_before: float
    number_after: float
    threshold: float


@dataclass(frozen=True, slots=True)
class WorthChange:
    """What the scenario is worth to an actor at its start, before and after; it opposes what it loses by."""

    actor: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before, in worth: one unit multiplies the odds of a choice by e."""
        return self.after - self.before


def worth_changes(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[WorthChange, ...]:
    """Set worths side by side, of the actors that both have."""
    return tuple(
        WorthChange(actor, before[actor], worth) for actor, worth in after.items() if actor in before
    )


def who_loses(worths: Iterable[WorthChange]) -> tuple[WorthChange, ...]:
    """Return those whose value falls, most first."""
    return tuple(sorted((w for w in worths if w.change < 0.0), key=lambda w: in_rank(w.change)))


@dataclass(frozen=True, slots=True)
class MoveChange:
    """How often a move is chosen when it can be, before and after, weighted by time after the change."""

    move: str
    about: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Everything a change does.

    ``jump`` is the largest jump between equilibria on the way, in worth: where it is not 0 the differences
    are not those of one equilibrium followed. ``worths`` is empty where nothing is at stake after the change:
    nobody loses what he no longer cares for. ``hindered`` says which decisions the change makes possible
    that are still not made. ``by_itself`` are (outcome, number) where the changed scenario, solved by itself,
    has another equilibrium.
    """

    changes: tuple[str, ...]
    outcomes: tuple[Difference, ...]
    judgements: tuple[VerdictChange, ...]
    worths: tuple[WorthChange, ...]
    moves: tuple[MoveChange, ...]
    selection: str
    jump: float = 0.0
    hindered: tuple[Hindrance, ...] = ()
    by_itself: tuple[tuple[str, float], ...] = ()

    @property
    def opposed(self) -> tuple[WorthChange, ...]:
        """Whose value falls, most first."""
        return who_loses(self.worths)


def what_if(
    scenario: Scenario,
    *,
    sets: Mapping[str, Value] | None = None,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    start: Mapping[str, str | Mapping[str, float]] | None = None,
    measures: Sequence[tuple[str, str]] = (),
    null: bool = False,
    outcomes: Asked = None,
    by_owner: bool = False,
    base: Case | None = None,
    label: Label = spaced,
    progress: Progress | None = None,
) -> WhatIf:
    """Solve a scenario again with changes and compare.

    Parameters
    ----------
    sets, enable, disable, start, measures, null
        See `Change`.
    outcomes
        Names of the outcomes to compare; all if None.
    by_owner
        Look at each owner's adaptation too: one more answer for each owner.
    label
        How what is changed and has no words is called by its name.

    Raises
    ------
    QueryError
        If a change names something unknown, does not fit, or changes nothing. The null is shown beside any
        scenario, one in which nothing is at stake already included.
    """
    change = Change(tuple(measures), sets or {}, tuple(enable), tuple(disable), start or {}, null=null)
    tell = progress or silent
    tell("Solving as it is", 0.0)
    before = base or solve_case(scenario, outcomes=outcomes)
    changed = change.apply(scenario)
    if changed == scenario and not null:
        raise QueryError("Nothing would change: the scenario already says so.")
    tell("Solving with the change", 0.4)
    after = solve_case(changed, near=before, outcomes=outcomes)
    tell("Asking why", 0.7)
    found = compare_cases(before, after, change.words(scenario, label), by_owner=by_owner, progress=progress)
    return replace(found, worths=()) if null else found


def compare_cases(
    before: Case,
    after: Case,
    words: tuple[str, ...] = (),
    *,
    by_owner: bool = False,
    progress: Progress | None = None,
) -> WhatIf:
    """Compare two cases over the same variables and actors, the second reached from the first."""
    tell = progress or silent
    names = [name for name in after.outcomes if name in before.outcomes]
    old, comparable = _carried_by_day(extended(before, after.game), after.game)
    held = _with_choice(after, old, names) if comparable else None
    owners = list(dict.fromkeys(m.owner for m in after.game.moves if m.type is not MoveType.HAZARD))
    without: dict[str, Case] = {}
    if by_owner and comparable:
        for n, owner in enumerate(owners):
            tell(f"Holding {owner}", 0.7 + 0.3 * n / len(owners))
            theirs = option_mask(after.game, owner)
            without[owner] = _with_choice(after, _mixed(theirs, old, after.equilibrium), names)
    return WhatIf(
        words,
        tuple(_difference(name, before, after, held, without) for name in names),
        tuple(
            VerdictChange(
                name, after.scenario.judgements[name].says, v.words, w.words, v.number, w.number, w.threshold
            )
            for name, w in after.verdicts.items()
            if (v := before.verdicts.get(name)) is not None
        ),
        worth_changes(before.worths, after.worths),
        _moves(after, old) if comparable else (),
        after.equilibrium.selection.how,
        after.jump,
        hindrances(before, after),
        tuple(numbers_by_itself(after).items()),
    )


def _difference(
    name: str, before: Case, after: Case, held: Case | None, without: Mapping[str, Case]
) -> Difference:
    """Compare an outcome; ``held`` keeps everyone's behaviour, ``without`` that of one owner each."""
    a, b = before.outcomes[name], after.outcomes[name]
    middle = None if held is None else held.value(name)
    return Difference(
        name,
        b.about,
        b.kind,
        b.estimate.unit,
        a.estimate.value,
        b.estimate.value,
        None if middle is None else middle - a.estimate.value,
        None if middle is None else b.estimate.value - middle,
        tuple((owner, b.estimate.value - case.value(name)) for owner, case in without.items()),
        float(a.estimate.error + b.estimate.error),
        b.headline,
        b.estimate.withheld or a.estimate.withheld,
    )


def extended(before: Case, game: Game) -> Equilibrium:
    """Return the equilibrium of a case over the situations of another game too, by the rules of its own.

    Situations that a case never reaches are not situations in which nobody would do anything: its behaviour
    there solves the same equations. Where it reaches all of them nothing is solved; where its rules make one
    of them impossible, or no solution is found, there is no behaviour to extend and its own is returned.
    """
    own = before.game
    if own.compiled is None or own.situations.level_names != game.situations.level_names:
        return before.equilibrium
    beyond = np.setdiff1d(game.situations.codes, own.situations.codes, assume_unique=True)
    if not len(beyond):
        return before.equilibrium
    try:
        wider = compile_game(before.scenario, also=beyond)
    except ScenarioError:
        return before.equilibrium
    found = continue_from(before.equilibrium.lasting, replace(wider, dates=()))
    if found.status is not Status.CONVERGED:
        return before.equilibrium
    return solve_with_dates(wider, after=found) if wider.dates else found


def choice_on(equilibrium: Equilibrium, day: float) -> Array:
    """Return the choices on a day: those of all times, unless known dates lie ahead."""
    announced = equilibrium.announced
    return equilibrium.choice if announced is None else announced.behaviour_at(day)[0]


def _carried_by_day(equilibrium: Equilibrium, game: Game) -> tuple[ChoiceByDay, bool]:
    """Return the choices on every day laid out for another game's options, and whether they can be."""
    lasting, comparable = carried_choice(equilibrium, game)
    if equilibrium.announced is None:
        return (lambda _: lasting), comparable

    def on(day: float) -> Array:
        choice = choice_on(equilibrium, day)
        return carried_choice(replace(equilibrium, choice=choice, announced=None), game)[0]

    return on, comparable


def _mixed(theirs: Array, old: ChoiceByDay, new: Equilibrium) -> ChoiceByDay:
    return lambda day: np.where(theirs, old(day), choice_on(new, day))


def carried_choice(equilibrium: Equilibrium, game: Game) -> tuple[Array, bool]:
    """Return the choices of an equilibrium laid out for another game's options, 0 for those that are new.

    The flag says whether the games have the same variables, so that behaviour can be carried over at all.
    """
    old = equilibrium.game
    if old.structure is game.structure:
        return equilibrium.choice, True
    if old.situations.level_names != game.situations.level_names:
        return np.zeros(len(game.structure.option_kind)), False
    number = {move.name: n for n, move in enumerate(game.moves)}
    rename = np.array([number.get(move.name, -1) for move in old.moves])
    count = len(game.moves) + 1
    known = _option_codes(old) * count + rename[option_moves(old)] + 1
    wanted = _option_codes(game) * count + option_moves(game) + 1
    if not len(known):
        return np.zeros(len(wanted)), True
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found = known[order][place] == wanted
    return np.where(found, equilibrium.choice[order][place], 0.0), True


def _option_codes(game: Game) -> Array:
    return np.repeat(game.situations.codes, np.diff(game.structure.option_start))


@dataclass(frozen=True)
class _Held:
    """Behaviour on every day that is chosen by nobody, as `Announced` is read by the process."""

    game: Game
    after: Equilibrium
    choices: ChoiceByDay

    def behaviour_at(self, day: float) -> tuple[Array, Array]:
        """Choices on a day, and the rate of every option."""
        choice = self.choices(day)
        return choice, _rates_of(self.game, choice)


def _with_choice(case: Case, choices: ChoiceByDay, names: Sequence[str]) -> Case:
    """Answer a case with other behaviour: the same opportunities, other choices."""
    game = case.game
    first = choices(0.0)
    behaviour = replace(case.equilibrium, choice=first, option_rate=_rates_of(game, first))
    if game.dates:
        last = choices(game.dates[-1].day)
        lasting = case.equilibrium.lasting
        after = replace(lasting, choice=last, option_rate=_rates_of(game, last))
        behaviour = replace(behaviour, announced=cast(Announced, _Held(game, after, choices)))
    return answer_case(case.scenario, behaviour, outcomes=names, judgements=(), carried=False)


def _rates_of(game: Game, choice: Array) -> Array:
    """Return how often options fire when these are the choices."""
    kind = game.structure.option_kind
    move_type = game.structure.move_type[option_moves(game)]
    rate = game.numbers.rate[kind] * np.where(move_type == MoveType.HAZARD, 1.0, choice)
    acting = move_type == MoveType.ACTION
    place = option_situations(game)[acting]
    owner = game.structure.move_owner[option_moves(game)[acting]]
    rate[acting] = game.numbers.pace[game.structure.pace_context[place], owner] * choice[acting]
    return np.asarray(rate)


def _moves(after: Case, old: ChoiceByDay) -> tuple[MoveChange, ...]:
    """Return how each choice changed, weighted by the time the new process spends where it can be made."""
    from bystander.process.outcomes import make_clocks

    game = after.game
    stretches = make_clocks(after.equilibrium).stretches(None)
    choices = [(each.days, old(each.day), choice_on(after.equilibrium, each.day)) for each in stretches]
    option_move, place = option_moves(game), option_situations(game)
    found = []
    for n, move in enumerate(game.moves):
        if move.type is MoveType.HAZARD:
            continue
        options = np.flatnonzero(option_move == n)
        spent = sum(float(days[place[options]].sum()) for days, _, _ in choices)
        if spent > 0.0:
            one = sum(inner(days[place[options]], a[options]) for days, a, _ in choices)
            two = sum(inner(days[place[options]], b[options]) for days, _, b in choices)
            found.append(MoveChange(move.name, move.about, one / spent, two / spent))
    return tuple(sorted(found, key=lambda m: -in_rank(abs(m.after - m.before))))


INPUTS = ("interest", "action", "decision", "parameter")
NONE = 0.001
"""A tenth of a point, or of a percent: what moves no headline outcome by as much changes nothing."""


@dataclass(frozen=True, slots=True)
class ClaimRemoval:
    """What taking a claim out changes most.

    Attributes
    ----------
    taken
        What was bound to it and taken out: (kind, name).
    outcome, before, after, unit
        The headline outcome that moves most; "" and 0 where nothing was taken out.
    failure
        Why it could not be solved; "" if it could.
    """

    source: str
    claim: str
    says: str
    taken: tuple[tuple[str, str], ...]
    outcome: str = ""
    about: str = ""
    before: float = 0.0
    after: float = 0.0
    unit: str = "probability"
    failure: str = ""

    @property
    def size(self) -> float:
        """How much the outcome moves."""
        scale = 1.0 if self.unit == "probability" else max(abs(self.before), abs(self.after), 1e-12)
        return abs(self.after - self.before) / scale

    @property
    def none(self) -> bool:
        """Whether it changes nothing."""
        return not self.failure and self.size < NONE


def measure_removals(
    scenario: Scenario, claims: Collection[str] = (), progress: Progress | None = None
) -> tuple[ClaimRemoval, ...]:
    """Take each claim out in turn and solve again.

    Parameters
    ----------
    claims
        Claims as ``id`` or ``source#id``; all of them where none is named.

    Raises
    ------
    QueryError
        If a claim is not known.
    """
    placed = place_claims(scenario)
    known = {name for p in placed for name in (p.claim, f"{p.source}#{p.claim}")}
    if wrong := sorted(set(claims) - known):
        raise QueryError(f"No source has the claim '{wrong[0]}'. See `bystander claims --unsolved`.")
    chosen = [p for p in placed if not claims or {p.claim, f"{p.source}#{p.claim}"} & set(claims)]
    shown = scenario.headlines
    base = solve_case(scenario, outcomes=shown, judgements=())
    found = []
    for done, placement in enumerate(chosen):
        if progress is not None:
            progress("Taking claims out", done / len(chosen))
        found.append(_removal(scenario, base, placement, shown))
    return tuple(found)


def without_claim(scenario: Scenario, places: Collection[tuple[str, str]]) -> Scenario:
    """Return the scenario with interests, worths, impacts and parameters at these places taken out."""
    bare = nothing_at_stake(scenario, lambda kind, name: (kind, name) in places)
    parameters = {
        name: body.model_copy(update={"value": Quantity(0.0, body.value.dimension, "0")})
        if ("parameter", name) in places
        else body
        for name, body in scenario.parameters.items()
    }
    return bare.model_copy(update={"parameters": parameters})


def _removal(scenario: Scenario, base: Case, placement: Placement, shown: list[str]) -> ClaimRemoval:
    taken = tuple(place for place in placement.places if place[0] in INPUTS)
    told = ClaimRemoval(placement.source, placement.claim, placement.says, taken)
    if not taken:
        return told
    try:
        bare = solve_case(without_claim(scenario, taken), near=base, outcomes=shown, judgements=())
    except BystanderError as error:
        return replace(told, failure=str(error).splitlines()[0])
    changes = [
        replace(
            told,
            outcome=name,
            about=scenario.outcomes[name].told,
            before=base.value(name),
            after=bare.value(name),
            unit=base.outcomes[name].estimate.unit,
        )
        for name in shown
        if math.isfinite(base.value(name)) and math.isfinite(bare.value(name))
    ]
    return max(changes, key=lambda change: change.size, default=told)
