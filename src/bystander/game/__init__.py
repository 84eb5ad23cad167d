"""What a scenario means: situations, moves and numbers as arrays.

Scenario --drafting--> Rules --compile--> Game (arrays) --changes--> nearby games
                                           questions: what is asked, as arrays
"""
