"""Arrays in, arrays out: kernels and algorithms that know nothing of crises.

Each module opens with its mathematics; slow and obvious twins are in the tests' ``reference`` folder.
"""
