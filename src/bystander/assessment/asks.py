r"""Questions about who does not act, answered by taking reasons away.

For a party *i* and a move *m* the answer is P(m), the chance that the move is made at least once from the
onset of a condition up to a time. What carries it is found by solving again without each motive *k*:

.. math:: d_k = \operatorname{logit} P(m \mid \text{without } k) - \operatorname{logit} P(m).

A motive with :math:`d_k > 0` holds the party back, one with :math:`d_k < 0` moves it to act; one whose
:math:`|d_k|` is below `FELT`, or that leaves P as it is read, in hundredths, is no reason and is not given
as one. Where P is another by habit alone, the heaviest of these are taken away together, beside the reasons
of that side, until none moves it farther: of two vetoes each is enough, and neither is missed alone.
Whatever of such a set can stay is left out of it. Taken away together from the strongest on, reasons that
hold back say what would make the party act (P of one half or more); with every motive gone the move falls
to its habit. Everybody adapts each time: these are equilibria, not terms of a sum.

What is taken away is chosen by what weighs at one vote or opportunity as things stand, which a small loss at
each of many does not. Where all that was chosen, taken away together, leaves more than half of the way to
habit in log-odds, the next heaviest are taken away as well.

Whether acting would change anything is asked of the process as it stands: an outcome from the situations in
which the move is possible (as they are spread once the condition holds), and from where the move leads, with
what the move itself counts.

Which moves are explained, and where (`stand_by`): *stepping in* is every decision of an institution, and
every action tagged ``intervention``, ``mediation``, ``monitoring`` or ``pressure``. It is weighed over the
days that the process is expected to spend where the scenario's condition ``given`` holds, from its onset on.
*Escalation* is every action tagged ``violence``, weighed over the days from the scenario's start in which it
is possible.

For an institution's decision the answer is what stands in its way and, for the member whose vote does so most
often, why it votes so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bystander.assessment.result import (
    AskAnswer,
    CarryingReason,
    Estimate,
    ExpectedMove,
    Reason,
    TakenTogether,
)
from bystander.cases.cases import Case, answer_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.cases.store import Store
from bystander.equilibrium.blocking import blocked_each
from bystander.equilibrium.explain import ByDay, WhyQuestion, explain_all, sharpen, whole
from bystander.equilibrium.reasons import VOTE
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError, reason_of
from bystander.game.arrays import Float, Game, Int64, MoveType
from bystander.game.compile import levels_by_name
from bystander.game.questions import (
    mask,
    move_index,
    option_moves,
    option_situations,
    options_of,
    read_question,
)
from bystander.harmless import spaced
from bystander.policy.reasons import occupancy_by_day, voters_with
from bystander.process.announced import Begun
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Request, answer_all
from bystander.progress import Progress
from bystander.scenario import Scenario
from bystander.scenario.expressions import Expr, evaluate, written
from bystander.scenario.motives import (
    REQUEST,
    Motive,
    all_motives,
    key_of_term,
    motives_of,
    terms_of_sum,
    worth_to,
)
from bystander.scenario.schema import Ask, Outcome
from bystander.scenario.schema.fields import write_duration
from bystander.units import in_hundredths, in_rank

FELT = 0.1
"""Log-odds: a motive that moves no asked move by as much is no reason (odds change by a tenth)."""
SHOWN = 3
TESTED = 6
"""Motives that are solved without: the heaviest on the move as things stand."""
MOVES = 1e-6
"""What a removal changes in a chance at least, to be more than rounding."""
EVEN = 0.5
FLOOR = 1e-12


def answer_asks(
    scenario: Scenario,
    case: Case,
    clocks: Clocks,
    *,
    focus: str = "",
    store: Store | None = None,
    progress: Progress | None = None,
) -> tuple[AskAnswer, ...]:
    """Answer every question under ``asks``.

    Parameters
    ----------
    focus
        Outcome that acting might change where a question names none.
    """
    return tuple(
        _answer(scenario, case, clocks, name, ask, focus, store, progress)
        for name, ask in scenario.asks.items()
    )


def _answer(
    scenario: Scenario,
    case: Case,
    clocks: Clocks,
    name: str,
    ask: Ask,
    focus: str,
    store: Store | None,
    progress: Progress | None,
) -> AskAnswer:
    given = scenario.condition_of(ask)
    days = ask.within or scenario.horizon
    known = scenario.known_moves(ask)
    questions = {
        f"asked_{ask.party}_{k}": Outcome(fires=(move,), given=given, within=write_duration(days))
        for k, move in enumerate(known)
    }
    asking = scenario.model_copy(update={"outcomes": {**scenario.outcomes, **questions}})
    party = scenario.actors.get(ask.party) or scenario.institutions[ask.party]
    said = written(given)
    told = AskAnswer(name, ask.says, ask.party, party.about, said, days, _unmodelled(ask, scenario))
    if not known:
        return told
    try:
        clocks.at(given)
        base = answer_case(asking, case.equilibrium, outcomes=list(questions), judgements=(), clocks=clocks)
    except QueryError as error:
        return replace(told, failure=reason_of(error))
    chances = {move: base.outcomes[q].estimate for move, q in zip(known, questions, strict=True)}
    tests = _Tests(base, tuple(questions), store, progress)
    leading = leading_motives(scenario, case.equilibrium, clocks, ask.party, known[0], said)
    everything = all_motives(scenario, ask.party)
    found, lighter, habits = tests.of(leading, everything, chances)
    reasons, idle = _weigh(chances, found)
    acting = _Acting(scenario, clocks, said, days, tuple(ask.matters) or ((focus,) if focus else ()))
    unfelt = {reason.name for reason in idle}
    joint = _joint(tests, chances, habits, reasons, [m for m in found if m.name in unfelt])
    moves = tuple(
        replace(
            move,
            chance=chances[move.move],
            habit=habits.get(move.move),
            changes=acting.of(move.move),
            already=acting.already(move.move),
        )
        if move.modelled
        else move
        for move in told.moves
    )
    return replace(
        told,
        moves=moves,
        reasons=reasons,
        idle=idle,
        lighter=lighter,
        together=_together(tests, reasons),
        joint=joint,
        unsolved=_unsolved(found, habits, everything),
    )


def leading_motives(
    scenario: Scenario, equilibrium: Equilibrium, clocks: Clocks, party: str, move: str, given: str
) -> tuple[tuple[Motive, ...], tuple[Motive, ...]]:
    """Return the motives that weigh most on a move as things stand, and the lighter ones, the heaviest first.

    What a motive weighs is its share of the log-odds of acting rather than waiting, averaged over where the
    question arises: the terms of the worth of acting that rest on it, and what follows for an interest
    (`bystander.equilibrium.explain`). Only these are worth solving without.
    """
    motives = motives_of(scenario, party, move)
    try:
        by_day = occupancy_by_day(clocks, given or None)
        voters = _voters(scenario, party, move, equilibrium, whole(by_day))
        reasons = explain_all(equilibrium, [WhyQuestion.over(move, by_day, voter, given) for voter in voters])
    except QueryError:
        return motives[:TESTED], motives[TESTED:]
    weigh = _TermWeights(equilibrium.game, move, whole(by_day))
    heavy: dict[str, float] = {}
    for voter, reason in zip(voters, reasons, strict=True):
        for bar in reason.bars:
            if bar.group == "interest":
                heavy[bar.name] = max(heavy.get(bar.name, 0.0), abs(bar.log_odds))
        for key, value in weigh.of(worth_to(scenario, move, voter or party)).items():
            heavy[f"{party}.{key}"] = max(heavy.get(f"{party}.{key}", 0.0), abs(value))
    ranked = sorted(motives, key=lambda m: -in_rank(heavy.get(m.name, 0.0)))
    heaviest = [m for m in ranked if heavy.get(m.name, 0.0) >= FELT][:TESTED]
    kept = (*heaviest, *(m for m in motives if m.kind == REQUEST))
    return kept, tuple(m for m in ranked if m not in kept)


def _voters(
    scenario: Scenario, party: str, move: str, equilibrium: Equilibrium, days: Float
) -> tuple[str, ...]:
    """Return whose vote is weighed: nobody's name for an action, else the party or who may decide.

    Members that never vote, being recused, are left out.
    """
    owner, _, name = move.partition(".")
    if owner in scenario.actors:
        return ("",)
    body = scenario.institutions[owner]
    worth = body.decisions[name].worth
    caring = [m for m in body.members if m in worth or scenario.actors[m].interests]
    named = (party,) if party in body.members else caring
    voting = voters_with(equilibrium, move_index(equilibrium.game, move), days)
    return tuple(member for member in named or body.members[:1] if member in voting)


@dataclass(frozen=True)
class _TermWeights:
    """What each term of a worth comes to, averaged over where a move is possible."""

    game: Game
    move: str
    days: Float

    def of(self, worth: Expr) -> dict[str, float]:
        """Return the average of the terms on each parameter."""
        _, places = options_of(self.game, move_index(self.game, self.move))
        here = self.days[places]
        if not here.sum() > 0.0:
            return {}
        levels, parameters = levels_by_name(self.game), dict(self.game.parameters)
        found: dict[str, float] = {}
        for sign, term in terms_of_sum(worth):
            value = np.broadcast_to(evaluate(term, levels, parameters), (self.game.size,))
            mean = float(value[places] @ here / here.sum()) * (1.0 if sign == "+" else -1.0)
            key = key_of_term(term, self.move)
            found[key] = found.get(key, 0.0) + mean
        return found


def _unmodelled(ask: Ask, scenario: Scenario) -> tuple[ExpectedMove, ...]:
    known, nothing = scenario.moves(), Estimate(float("nan"))
    return tuple(
        ExpectedMove(move, known[move].about if move in known else "", move in known, nothing)
        for move in ask.full_moves
    )


class _Without(NamedTuple):
    """The chances of the questions without some motives, and the largest jump on the way there, in worth."""

    chances: tuple[float, ...]
    jump: float


@dataclass(frozen=True)
class _Tests:
    """Solving again without motives, and what then is the chance of each question."""

    base: Case
    questions: tuple[str, ...]
    store: Store | None
    progress: Progress | None

    def solve(self, removals: Sequence[tuple[str, ...]]) -> list[_Without | None]:
        """Return what comes of each removal; None where it could not be solved."""
        done = answer_changes(
            self.base,
            [Change(without=names) for names in removals],
            outcomes=self.questions,
            judgements=(),
            store=self.store,
            progress=self.progress,
            step="Taking reasons away",
        )
        return [
            _Without(tuple(answers.outcomes[q] for q in self.questions), answers.jump)
            if answers is not None and answers.solved
            else None
            for answers in done.unless_ended()
        ]

    def of(
        self,
        leading: tuple[tuple[Motive, ...], tuple[Motive, ...]],
        everything: tuple[str, ...],
        chances: Mapping[str, Estimate],
    ) -> tuple[dict[Motive, _Without | None], int, dict[str, float]]:
        """Return what comes of taking each of the heaviest motives away, and of the next if these leave much.

        And how many were not tried or move nothing at all, and each chance by habit alone.
        """
        (heaviest, lighter), before = leading, [chance.value for chance in chances.values()]
        names = tuple(m.name for m in heaviest)
        bare, together, *alone = self.solve([everything, names, *((name,) for name in names)])
        found = dict(zip(heaviest, alone, strict=True))
        habits = dict(zip(chances, bare.chances, strict=True)) if everything and bare else {}
        if bare and habits and _leaves_much(before[0], together, bare):
            found |= self._moving(lighter[:TESTED], before)
        return found, len(heaviest) + len(lighter) - len(found), habits

    def _moving(self, motives: Sequence[Motive], before: Sequence[float]) -> dict[Motive, _Without | None]:
        """Return those of some motives whose removal moves anything, or cannot be solved, and what comes."""
        found = zip(motives, self.solve([(m.name,) for m in motives]), strict=True)
        return {
            m: after
            for m, after in found
            if after is None or not np.allclose(after.chances, before, atol=MOVES)
        }


def _leaves_much(before: float, after: _Without | None, bare: _Without) -> bool:
    """Tell whether most of the way to habit is still to go; all of it where it could not be solved."""
    habit = bare.chances[0]
    if not is_felt(before, habit):
        return False
    gone = log_odds(after.chances[0]) - log_odds(before) if after else 0.0
    return gone / (log_odds(habit) - log_odds(before)) < 0.5


def _weigh(
    chances: Mapping[str, Estimate], found: Mapping[Motive, _Without | None]
) -> tuple[tuple[CarryingReason, ...], tuple[CarryingReason, ...]]:
    """Return the motives that move the first move when taken away, the strongest first, and the others."""
    moves = list(chances)
    before = chances[moves[0]].value
    reasons: list[CarryingReason] = []
    idle: list[CarryingReason] = []
    for motive, after in found.items():
        if after is not None:
            told = _carrying(motive, moves, before, after)
            (reasons if is_felt(before, after.chances[0]) else idle).append(told)
    return tuple(sorted(reasons, key=lambda r: (-in_rank(abs(r.effect)), r.name))), tuple(idle)


def is_felt(before: float, after: float) -> bool:
    """Tell whether a chance differs from another by enough, and in the number that is read."""
    enough = abs(log_odds(after) - log_odds(before)) >= FELT
    return enough and in_hundredths(before) != in_hundredths(after)


def _unsolved(
    found: Mapping[Motive, _Without | None], habits: Mapping[str, float], everything: Sequence[str]
) -> tuple[str, ...]:
    """Name, in words, the motives without which the scenario could not be solved, alone or all together."""
    alone = (motive.about or motive.name for motive, after in found.items() if after is None)
    return (*alone, *(["anything at stake"] if everything and not habits else []))


def _carrying(motive: Motive, moves: Sequence[str], before: float, after: _Without) -> CarryingReason:
    effect = log_odds(after.chances[0]) - log_odds(before)
    chances = tuple(zip(moves, after.chances, strict=True))
    return CarryingReason(motive.name, motive.about, motive.kind, chances, effect, motive.because, after.jump)


def _joint(
    tests: _Tests,
    chances: Mapping[str, Estimate],
    habits: Mapping[str, float],
    reasons: Sequence[CarryingReason],
    idle: Sequence[Motive],
) -> tuple[CarryingReason, ...]:
    """Return the heaviest motives that move the first move only when taken away together.

    They are taken away beside the reasons that hold it back, where it is unlikely, or that carry it. Nothing
    is given where habit alone makes it no other.
    """
    moves = tuple(chances)
    before = chances[moves[0]].value
    back = before < EVEN
    base = tuple(reason.name for reason in reasons if reason.holds_back == back)
    if moves[0] not in habits or not idle or not is_felt(before, habits[moves[0]]):
        return ()
    sets = [tuple(idle[:many]) for many in range(0 if base else 1, len(idle) + 1)]
    start, *found = tests.solve([(*base, *(motive.name for motive in some)) for some in sets])
    if start is None:
        return ()

    def farther(one: _Without, other: _Without) -> bool:
        there, here = one.chances[0], other.chances[0]
        return (there > here) == back and is_felt(here, there)

    best: tuple[Motive, ...] = ()
    so_far = start if base else _Without(tuple(chances[move].value for move in moves), 0.0)
    for some, after in zip(sets[1:], found, strict=True):
        if after is not None and farther(after, so_far):
            best, so_far = some, after
    for motive in best[:-1]:
        fewer = tuple(kept for kept in best if kept is not motive)
        (after,) = tests.solve([(*base, *(kept.name for kept in fewer))])
        if after is not None and not farther(so_far, after):
            best, so_far = fewer, after
    return tuple(_carrying(motive, moves, before, so_far) for motive in best)


def _together(tests: _Tests, reasons: Sequence[CarryingReason]) -> tuple[TakenTogether, ...]:
    back = [reason for reason in reasons if reason.holds_back]
    if not back:
        return ()
    steps = [TakenTogether((back[0].name,), back[0].chances[0][1], back[0].jump)]
    while steps[-1].chance < EVEN and len(steps) < min(len(back), SHOWN):
        names = tuple(reason.name for reason in back[: len(steps) + 1])
        (found,) = tests.solve([names])
        if found is None:
            break
        steps.append(TakenTogether(names, found.chances[0], found.jump))
    return tuple(steps)


def log_odds(chance: float) -> float:
    """Return log p / (1 - p), with p kept off 0 and 1."""
    p = min(max(chance, FLOOR), 1.0 - FLOOR)
    return math.log(p / (1.0 - p))


def _options_of(game: Game, move: str) -> tuple[Int64, Int64]:
    """Return the options of a move and the situation of each; one that is disabled has none."""
    if all(known.name != move for known in game.moves):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return options_of(game, move_index(game, move))


@dataclass(frozen=True)
class _Acting:
    """Whether a move would change an outcome: before it, and just after it."""

    scenario: Scenario
    clocks: Clocks
    given: str
    days: float
    outcomes: tuple[str, ...]

    def of(self, move: str) -> tuple[tuple[str, float, float, str], ...]:
        """Return (outcome, before, after, unit) for each outcome that is open where the move is possible."""
        requests, possible = [], list[tuple[Begun, ...]]()
        for name in self.outcomes:
            outcome = self.scenario.outcomes[name]
            places = self._spread(move, outcome)
            possible += places[:1]
            for when, begun in zip(("before", "after"), places, strict=False):
                self.clocks.begin(f"{when} {move}: {name}", begun)
                requests.append(Request(name, outcome, f"{when} {move}: {name}", None))
        found = [result.estimate for result in answer_all(self.clocks, requests)] if requests else []
        return tuple(
            (request.name, before.value, self._counted(move, request.outcome, here, after.value), before.unit)
            for request, here, before, after in zip(
                requests[::2], possible, found[::2], found[1::2], strict=True
            )
        )

    def _counted(self, move: str, outcome: Outcome, possible: tuple[Begun, ...], after: float) -> float:
        """Return what an outcome comes to after a move, with what it counts of the move itself."""
        game = self.clocks.chain.game
        question = read_question(game, outcome)
        asked = question.moves is not None and bool(question.moves[move_index(game, move)])
        if question.sort == "fires":
            return 1.0 if asked else after
        if question.per_firing is None:
            return after + float(asked)
        options, places = options_of(game, move_index(game, move))
        return after + sum(float(question.per_firing[options] @ entry.mass[places]) for entry in possible)

    def already(self, move: str) -> str:
        """Return what a move would bring where that is so, and the move not possible, as the clock starts."""
        branches = self.scenario.moves()[move].then
        if len(branches) != 1 or not branches[0].changes or branches[0].computed:
            return ""
        game, start = self.clocks.chain.game, self.clocks.at(self.given or None).start
        _, places = _options_of(game, move)
        there = np.ones(game.size, np.bool_)
        there[places] = False
        for name, level in branches[0].changes.items():
            there &= mask(game, f"{name} == {level}")
        name, level = next(iter(branches[0].changes.items()))
        so = float(start[there].sum()) > 0.5 * float(start.sum())
        return (self.scenario.variables[name].levels[level] or spaced(level)) if so else ""

    def _spread(self, move: str, outcome: Outcome) -> tuple[tuple[Begun, ...], ...]:
        """Return where the move is possible and where it leads; nothing where it never is.

        What has come true already can neither be brought about nor kept off: that is left out.
        """
        game = self.clocks.chain.game
        options, places = _options_of(game, move)
        settled = outcome.ever if outcome.ever is not None else outcome.time_to
        if settled is not None:
            still = ~mask(game, settled)[places]
            options, places = options[still], places[still]
        entries = self.clocks.entries(self.given or None)
        if not any(entry.mass[places].any() for entry in entries):
            entries = self.clocks.spent(self.given or None)
        total = sum(float(entry.mass[places].sum()) for entry in entries)
        if not total > 0.0:
            return ()
        before = tuple(
            replace(entry, mass=_only(entry.mass, places) / total)
            for entry in entries
            if entry.mass[places].any()
        )
        return before, tuple(replace(entry, mass=self._led(entry.mass, options, places)) for entry in before)

    def _led(self, mass: Float, options: Int64, places: Int64) -> Float:
        """Return where the move leads from where it is made."""
        game, after = self.clocks.chain.game, np.zeros(len(mass))
        shape = game.structure
        kinds = shape.option_kind
        branches = shape.move_branches[shape.kind_move[kinds]]
        first = np.concatenate([[0], np.cumsum(branches)])
        for option, weight in zip(options.tolist(), mass[places].tolist(), strict=True):
            leads = shape.targets[first[option] : first[option + 1]]
            chances = game.numbers.chance[kinds[option], : branches[option]]
            np.add.at(after, leads, weight * chances)
        return after


def _only(mass: Float, places: Int64) -> Float:
    out = np.zeros(len(mass))
    out[places] = mass[places]
    return out


STEPPING_IN = frozenset({"intervention", "mediation", "monitoring", "pressure"})
ESCALATION = frozenset({"violence"})


def stand_by(scenario: Scenario, equilibrium: Equilibrium, clocks: Clocks) -> tuple[Reason, ...]:
    """Explain every bystander, every escalation, and every action that is asked about."""
    game = equilibrium.game
    sharp = sharpen(equilibrium)
    given = scenario.given or ""
    always = occupancy_by_day(clocks, None)
    under = _time_under(clocks, given) if given else always
    found: list[Reason] = []
    questions = [WhyQuestion.over(name, always) for name in _tagged(scenario, game, ESCALATION)]
    if under is not None:
        decisions = [move.name for move in game.moves if move.type is MoveType.DECISION]
        found = blocked_each(sharp, decisions, whole(under), given, under)
        votes = (_hardest_vote(reason, under) for reason in found)
        questions += [vote for vote in votes if vote is not None]
        told = [question.move for question in questions]
        acts = [move.name for move in game.moves if move.type is MoveType.ACTION]
        named = {move for ask in scenario.asks.values() for move in ask.full_moves}
        named.update(_tagged(scenario, game, STEPPING_IN))
        questions += [
            WhyQuestion.over(name, under, given=given) for name in acts if name in named and name not in told
        ]
    asked = [question for question in questions if _arises(game, question)]
    return (*found, *explain_all(sharp, asked))


def _time_under(clocks: Clocks, given: str) -> ByDay | None:
    """Return the days spent under a condition, None where it never comes to hold."""
    try:
        return occupancy_by_day(clocks, given)
    except QueryError:
        return None


def _hardest_vote(reason: Reason, under: ByDay) -> WhyQuestion | None:
    votes = [(share, why) for why, share in reason.blocked if why.startswith(VOTE)]
    if not votes:
        return None
    _, why = max(votes)
    return WhyQuestion.over(f"{reason.owner}.{reason.move}", under, why.removeprefix(VOTE), reason.given)


def _tagged(scenario: Scenario, game: Game, tags: frozenset[str]) -> list[str]:
    written = scenario.moves()
    return [
        move.name
        for move in game.moves
        if move.type is MoveType.ACTION and tags & set(written[move.name].tags)
    ]


def _arises(game: Game, question: WhyQuestion) -> bool:
    number = [move.name for move in game.moves].index(question.move)
    places = option_situations(game)[option_moves(game) == number]
    return bool(question.weights[places].any())
