"""Whether a reaction is an emoji: one sequence of the Unicode list, and nothing else."""

from __future__ import annotations

from emoji import EMOJI_DATA, STATUS

_AS_EMOJI = "\ufe0f"


def is_emoji(key: str) -> bool:
    """Whether the key is one emoji of the Unicode list, as people can pick it.

    ATTACK: variation selectors and tag characters within one grapheme carry any text. Only
    the sequences of the list pass, and those with the one selector that Unicode lists for
    them; Element sends U+FE0F after every emoji that has it.
    """
    known = EMOJI_DATA.get(key)
    if known is not None:
        return bool(known["status"] != STATUS["component"])
    bare = key.removesuffix(_AS_EMOJI)
    if bare == key or bare.endswith(_AS_EMOJI):
        return False
    return bool(EMOJI_DATA.get(bare, {}).get("variant"))
