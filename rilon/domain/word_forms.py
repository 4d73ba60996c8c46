"""The one form of a word or a name, so that two spellings of it can be told to be the same.

What a word means is decided elsewhere; nothing that is shown to people is folded.
"""

from __future__ import annotations

from rilon.domain.letters import as_seen


def plain_word(text: str) -> str:
    """Letters and digits alone: look-alikes as ASCII, case, accents, spaces and signs gone.

    INVARIANT: the form of a form is itself. Linear in the length; never raises.
    """
    form = as_seen(as_seen(text).upper())
    while True:
        # A fold of case may leave what is folded again: `П` is no look-alike, `п` is one.
        again = as_seen(as_seen(form.casefold()).upper()).casefold()
        again = "".join(filter(str.isalnum, again))
        if again == form:
            return form
        form = again


def distance_within(one: str, other: str, most: int) -> int | None:
    """How many letters must be put in, left out, changed or swapped with the next; `None`
    when it is more than `most` (optimal string alignment)."""
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        following = [i]
        for j, right in enumerate(other, start=1):
            cost = min(row[j] + 1, following[-1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1] if row[-1] <= most else None
