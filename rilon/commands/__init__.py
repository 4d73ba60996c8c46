"""The commands of `rilon`, one module each.

`rilon.cli` reads the arguments and calls a function here with them; it returns the exit code.
"""
