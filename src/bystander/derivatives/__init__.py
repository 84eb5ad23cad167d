"""The only room that differentiates.

push      how responses move with values and parameters, forwards (`push`), and backwards (`pull`)
implicit  derivatives of an equilibrium through its equations
outcomes  derivatives of answers of the process (`deadlines`, `eventual`, `assembling`)
gradients all of them joined: outcomes, judgements and targets in every parameter
"""
