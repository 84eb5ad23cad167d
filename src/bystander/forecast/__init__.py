"""What will happen, written down before it does, and who was right.

questions  what is asked, each with the rule that will decide it
making     answers from what was known on a day, and what someone who has only counted would have said
ledger     forecasts and how they were decided: append-only, chained by hashes, atomic (`deciding`)
scores     proper scores, calibration, a mean with its error; forecasters that only count (`table_scores`)
"""
