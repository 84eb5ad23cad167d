"""The command line, doors only: a door parses, calls one function of the package, and shows its result."""
