"""The transparency log as pure values and functions, in the public formats of c2sp.org."""
