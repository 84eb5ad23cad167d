r"""What the dated record says of a scenario.

record      what may be observed: observations, coverage, regimes (`reading`, `tables`, `writing`, `checking`)
binding     the words of a record found in the moves and variables of a game
timeline    the record in order of time: move on, weigh, multiply
filtering   how likely it is; smoothing; how it answers to every rate (`layout`)
likelihood  the same as a function of a scenario's parameters, regime by regime
learning    what the record teaches (`coordinates`, `nuts`, `taught`)
pooled_table  one argument on a table of crises: likelihood, and what it teaches
rivals      which explanation it favours, where that comes from, and whether it could tell
events      the store of events, and readers of the files that analysts have (`editions`, `mapping`)
"""
