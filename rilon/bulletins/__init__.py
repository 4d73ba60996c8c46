"""Trends bulletins: from what an analyst writes to what readers see, and back to its lines.

Pure. Who may publish, and whether the sources allow it, is `rilon.application`'s.
"""
