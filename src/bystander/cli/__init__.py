"""The command line: doors only. A door parses, calls one function of the package, and shows what it returns."""
