"""The archive of bulletins: text to terms, what people type to a search, both to blind terms.

Pure. What a reader may see is decided where the terms are stored (`rilon.storage.archive`).
"""
