"""The derivative of every number of a game in one parameter: the obvious twin of `parameter_slopes`."""

from dataclasses import replace

from bystander.game.arrays import Game, Numbers
from bystander.game.compile import compiled_of, require_parameter, select_numbers
from bystander.game.tables import differentiated_numbers


def number_derivatives(game: Game, parameter: str) -> Numbers:
    """Return every number's derivative, laid out like the numbers; votes, which can only jump, are zero."""
    compiled = compiled_of(game)
    require_parameter(parameter, dict(game.parameters))
    tables = differentiated_numbers(compiled.rules, compiled.layout, compiled.rules.parameters, parameter)
    return select_numbers(replace(compiled, tables=tables))
