r"""Why an actor acts or waits, and why a member votes yes or no.

Let w be a distribution over situations, restricted to those in which the move a of actor i is possible. The
average log-odds of acting rather than waiting, those of habit plus beta_i times the average gain X_ai, is

    sum_s w(s) log(H_a / H_w)  +  beta_i sum_s w(s) [J_i + c_i]
                               +  sum_k beta_i sum_s w(s) [E F_k(s'_a) - F_k(s)]

with F_k the totals of `bystander.equilibrium.decompose`: one bar for habit, where it counts
(docs/theory/why.md; for a vote the log-odds of its habit), one for the worth of the move itself, one for each
term of what follows. Since F_k = (rho I - Q)^-1 f_k, the bar of term k is beta_i mu . f_k, where (rho I -
Q)^T mu = d and d is the average change of place that the move makes: one transposed system for each question,
whatever the number of terms. mu(s) is the extra discounted time spent in s because of the move. A vote is
explained alike, adoption against rejection.

Where known dates lie ahead, w is a distribution over situations and days, and F_k are the totals of each day
(`decompose_days`): the bar of term k is beta_i d . F_k, averaged over days as over situations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.announced import Announced
from bystander.equilibrium.decompose import OWN_WORTH, Term, decompose_days, discounted, terms_of
from bystander.equilibrium.packed import Layout
from bystander.equilibrium.reasons import HABIT, Bar, Reason
from bystander.equilibrium.response import Response, respond
from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.arrays import Game, MoveType
from bystander.game.questions import move_index, normalised, options_of
from bystander.numerics.generators import inner, read_columns
from bystander.numerics.jit import kernel
from bystander.scenario.expressions import to_text

Array = NDArray[Any]
ByDay = tuple[tuple[float, Array], ...]

SHARP = 1e-11
PRECISE = 1e-11
SAME = 0.1
MEAN = "on average over where it can be done"
"""Of habits whose log-odds differ by more than `SAME`."""


@dataclass(frozen=True, slots=True)
class WhyQuestion:
    """What to explain: a move, for a decision also whose vote, and where the question arises.

    Attributes
    ----------
    move
        ``owner.move``.
    weights
        ``(N,)`` not negative, in any scale: time spent in each situation under the condition.
    voter
        Actor whose vote is explained; "" for an action.
    given
        The condition in words, for the label.
    days
        Where known dates lie ahead, ``weights`` by the day; the first day alone if not given.
    """

    move: str
    weights: Array
    voter: str = ""
    given: str = ""
    days: ByDay = ()

    @classmethod
    def over(cls, move: str, days: ByDay, voter: str = "", given: str = "") -> WhyQuestion:
        """Ask about a move where it arises by the day."""
        return cls(move, whole(days), voter, given, days)


def whole(days: ByDay) -> Array:
    """Return ``(N,)`` what is spent in each situation on all days."""
    return np.asarray(np.sum([each for _, each in days], axis=0))


def explain_all(equilibrium: Equilibrium, questions: Sequence[WhyQuestion]) -> list[Reason]:
    """Explain actions and votes.

    Questions about equally patient actors share the linear solve. Where the equilibrium is not sharp enough
    for bars to add up to 1e-8 it is first solved on from where it is.

    Raises
    ------
    QueryError
        If a move or voter is unknown, the move is never possible under the weights, or the member never votes
        on it.
    """
    if not questions:
        return []
    if equilibrium.announced is not None:
        return _explain_days(equilibrium.announced, questions)
    response = respond(sharpen(equilibrium), pull=False)
    game = response.game
    prepared = [_prepare(response, q) for q in questions]
    times = _times(response, prepared)
    terms = {actor: terms_of(response, actor) for actor in {p.actor for p in prepared}}
    found = []
    for q, p, time in zip(questions, prepared, times, strict=True):
        named, flows = terms[p.actor]
        beta = float(game.numbers.rationality[p.actor])
        totals = beta * _total(time, flows)
        found.append(_reason(game, q, p, list(zip(named, totals, strict=True))))
    return found


def _total(days: Array, flows: Array) -> Array:
    """Sum what flows, ``(N, T)``, over days, in one order: a matrix library does not keep to one."""
    return read_columns(np.ascontiguousarray(days), np.ascontiguousarray(flows))


def _times(response: Response, prepared: Sequence[_Prepared]) -> list[Array]:
    """Extra discounted time in each situation because of each move; actors equally patient share a solve."""
    discount = response.game.numbers.discount
    found: dict[int, Array] = {}
    for rate in sorted({float(discount[p.actor]) for p in prepared}):
        places = [n for n, p in enumerate(prepared) if discount[p.actor] == rate]
        shifts = np.stack([prepared[n].shift for n in places], axis=1)
        solved = discounted(response, prepared[places[0]].actor).solve(
            shifts, transpose=True, tolerance=PRECISE
        )
        found.update({n: solved[:, column] for column, n in enumerate(places)})
    return [found[n] for n in range(len(prepared))]


def _explain_days(announced: Announced, questions: Sequence[WhyQuestion]) -> list[Reason]:
    """Explain where behaviour changes from day to day: an average of what holds on each day."""
    asked = [question.days or ((0.0, question.weights),) for question in questions]
    known = respond(announced.after, pull=False)
    actors = {
        _prepare(known, replace(question, weights=whole(days))).actor
        for question, days in zip(questions, asked, strict=True)
    }
    when = sorted({day for days in asked for day, _ in days})
    at = decompose_days(announced, actors, when)
    found = []
    for question, days in zip(questions, asked, strict=True):
        total = sum(float(weights.sum()) for _, weights in days)
        parts: list[tuple[float, _Prepared]] = []
        bars: dict[Term, float] = {}
        for day, weights in days:
            if not weights.any():  # what ends on a known date leaves no time after it
                continue
            p = _prepare(at[day].response, replace(question, weights=weights), never=True)
            share = p.possible * float(weights.sum()) / total
            if not share > 0.0:
                continue
            parts.append((share, p))
            terms, totals = at[day].parts[p.actor]
            beta = float(announced.game.numbers.rationality[p.actor])
            for term, x in zip(terms, (beta * _total(p.shift, totals)).tolist(), strict=True):
                bars[term] = bars.get(term, 0.0) + share * x
        possible = sum(share for share, _ in parts)
        mean = _mean(parts, possible)
        found.append(_reason(announced.game, question, mean, [(t, x / possible) for t, x in bars.items()]))
    return found


def _mean(parts: Sequence[tuple[float, _Prepared]], possible: float) -> _Prepared:
    """Average questions prepared on several days."""
    shares = np.array([share for share, _ in parts]) / possible

    def mean(read: Callable[[_Prepared], Any]) -> Any:
        return sum(share * read(p) for share, (_, p) in zip(shares, parts, strict=True))

    first = parts[0][1]
    return _Prepared(
        first.actor,
        first.move,
        mean(lambda p: p.shift),
        float(mean(lambda p: p.habit)),
        _ends(np.array([p.habits for _, p in parts])),
        float(mean(lambda p: p.worth)),
        float(mean(lambda p: p.gain)),
        float(mean(lambda p: p.probability)),
        possible,
    )


def _reason(game: Game, question: WhyQuestion, p: _Prepared, bars: Sequence[tuple[Term, float]]) -> Reason:
    move, beta = game.moves[p.move], float(game.numbers.rationality[p.actor])
    own = [
        Bar(HABIT, MEAN if p.habits[1] - p.habits[0] > SAME else "", HABIT, p.habit),
        Bar(move.name, move.about, OWN_WORTH, beta * p.worth, move.because, now=True),
    ]
    own += [Bar(term.name, term.about, term.group, float(x), term.because) for term, x in bars]
    return Reason(
        owner=move.owner,
        move=move.name.partition(".")[2],
        about=move.about,
        given=question.given,
        probability=p.probability,
        log_odds=p.habit + beta * p.gain,
        bars=tuple(bar for bar in own if bar.log_odds != 0.0),
        voter=question.voter,
        possible=p.possible,
    )


def sharpen(equilibrium: Equilibrium) -> Equilibrium:
    """Solve on from an equilibrium until its values are good to about 1e-9, if they are not."""
    if equilibrium.announced is not None or max(equilibrium.certificate.regret, default=0.0) <= 1e-9:
        return equilibrium
    found = solve(equilibrium.game, warm=equilibrium, tolerance=SHARP)
    return found if found.certificate.residual < equilibrium.certificate.residual else equilibrium


def _ends(habits: Array) -> tuple[float, float]:
    """Return the least and the largest of the habits in the situations that are asked about."""
    return float(habits.min()), float(habits.max())


@dataclass(frozen=True, slots=True)
class _Prepared:
    actor: int
    move: int
    shift: Array
    habit: float
    habits: tuple[float, float]
    worth: float
    gain: float
    probability: float
    possible: float


def _prepare(response: Response, question: WhyQuestion, *, never: bool = False) -> _Prepared:
    """Make a question ready; one about a move that is never possible is refused, unless ``never`` is fine."""
    game, layout = response.game, response.layout
    m = move_index(game, question.move)
    move = game.moves[m]
    if move.type is MoveType.HAZARD:
        raise QueryError(f"'{question.move}' is chance, not choice: nobody decides it for reasons.")
    options, places = options_of(game, m)
    w = normalised(question.weights, game.size, question.given)
    under = f" while {question.given}" if question.given else ""
    if move.type is MoveType.DECISION:
        if question.voter not in game.actors:
            members = ", ".join(game.actors)
            raise QueryError(f"'{question.move}' is decided by vote: name one of its voters ({members}).")
        actor = game.actors.index(question.voter)
        votes = layout.vote_weight[layout.option_kind[options], actor] > 0
        options, places = options[votes], places[votes]
        chance = response.yes[response.ballot[options], actor]
        habit = layout.tilt[layout.option_kind[options], actor]
        if not votes.any():
            raise QueryError(f"'{question.voter}' never votes on '{question.move}': no member, or recused.")
    else:
        actor = int(layout.kind_owner[layout.option_kind[options[0]]]) if len(options) else 0
        chance = response.choice[options]
        habit = np.log(response.habit[options] / response.wait[options])
    possible = float(w[places].sum())
    if never and not possible > 0.0:
        return _Prepared(actor, m, np.zeros(game.size), 0.0, (0.0, 0.0), 0.0, 0.0, 0.0, 0.0)
    if not possible > 0.0:
        where = _where_possible(game, question.move) if question.given and len(places) else ""
        raise QueryError(f"'{question.move}' is never possible{under}, so there is nothing to weigh.{where}")
    here = w[places] / possible
    shift = _shift(layout, options, places, here)
    return _Prepared(
        actor,
        m,
        shift,
        inner(here, habit),
        _ends(habit[here > 0.0]),
        inner(here, layout.impact[layout.option_kind[options], actor]),
        inner(here, response.gain[options, actor]),
        inner(here, chance),
        possible,
    )


def _where_possible(game: Game, move: str) -> str:
    """Say under which condition a move that is possible somewhere can be asked about."""
    guard = None if game.scenario is None else game.scenario.moves()[move].when
    if guard is None:
        return " Ask over all situations: --given ''."
    return f" It is possible while {to_text(guard)}: ask about that, --given {quote(to_text(guard))}."


@kernel
def _shift(game: Layout, options: Array, places: Array, here: Array) -> Array:
    """Average change of place that an option makes, ``(N,)``, sums to 0."""
    shift = np.zeros(len(game.option_start) - 1)
    for n in range(len(options)):
        s = places[n]
        at = game.target_start[s]
        for o in range(game.option_start[s], options[n]):
            at += game.kind_branches[game.option_kind[o]]
        k = game.option_kind[options[n]]
        for b in range(game.kind_branches[k]):
            step = here[n] * game.chance[k, b]
            shift[game.targets[at + b]] += step
            shift[s] -= step
    return shift
