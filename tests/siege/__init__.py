"""Long attacks with counts: files mutated by the hundred thousand, processes killed, caches damaged.

Run by ``make fuzz`` and ``make siege``; the suite runs a few of each (`tests.hostile.test_siege`).
"""
