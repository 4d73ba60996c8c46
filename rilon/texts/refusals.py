"""The one fixed sentence of each refusal code, as the client gets it with 403.

Synapse logs this sentence, so it takes no parameter, no language and no name: every refusal of
a code reads the same, and nothing of a message or of an officer can slip into a log. What
happened in the case at hand is said on the card (`rilon.texts.cards`), in the officer's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CARD = "Open your direct room with the steward: it says what to do."
_COORDINATOR = "Ask your coordinator."

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "type_not_allowed": f"Not delivered: this kind of message is not possible here. {_CARD}",
        "shape_not_allowed": (
            f"Not delivered: the message has a part that could not be checked. {_CARD}"
        ),
        "not_encrypted": f"Not delivered: the message was not encrypted. {_CARD}",
        "unreadable": f"Not delivered: the steward could not read the message. {_CARD}",
        "replayed": f"Not delivered: this message was already sent once. {_CARD}",
        "relation_unknown": (
            f"Not delivered: it belongs to a message that the steward does not know. {_CARD}"
        ),
        "not_your_event": f"Not done: you can change only your own messages. {_CARD}",
        "file_not_allowed": f"Not delivered: this kind of file cannot be sent. {_CARD}",
        "file_too_large": f"Not delivered: the file is too large. {_CARD}",
        "file_unreadable": f"Not delivered: the file could not be opened. {_CARD}",
        "file_not_as_said": f"Not delivered: the file is not what it is said to be. {_CARD}",
        "file_has_position": f"Not delivered: the picture says where it was taken. {_CARD}",
        "file_name_unclear": f"Not delivered: the name of the file cannot be used. {_CARD}",
        "steward_only": f"Not done: only the steward makes and changes rooms. {_COORDINATOR}",
        "reason_not_allowed": f"Not done: leave the reason empty and try again. {_CARD}",
        "too_late": f"Not done: it is too late to change this message. {_CARD}",
        "request_not_for_all": (
            f"Not delivered: a request here would have to ask everybody who reads it. {_CARD}"
        ),
        "command_not_here": (
            f"Not delivered: it has the number of a request, and others read here. {_CARD}"
        ),
        "not_admitted": f"Not done: you are not admitted to this network. {_COORDINATOR}",
        "outside_term": f"Not done: today is outside your term. {_COORDINATOR}",
        "not_in_room": f"Not delivered: you are not a member of this room. {_CARD}",
        "device_not_signed": f"Not delivered: this device is not confirmed. {_CARD}",
        "read_only": f"Not delivered: here you can read, or write only in a thread. {_CARD}",
        "marking_unclear": f"Not delivered: the marking is not clear. {_CARD}",
        "marking_too_wide": (
            "Not delivered: the marking is wider than that of the message it belongs to. " + _CARD
        ),
        "rel_excludes_room": (
            f"Not delivered: the marking leaves out a party of this room. {_CARD}"
        ),
        "protected_from_party": (
            f"Not delivered: the marking protects a person from a party of this room. {_CARD}"
        ),
        "expired": f"Not delivered: the date in the marking has passed. {_CARD}",
        "no_party_left": f"Not delivered: the joined markings leave no party. {_CARD}",
        "red_not_open": f"Not delivered: this room is not open to TLP:RED. {_CARD}",
        "onward_not_allowed": (
            f"Not delivered: part of it comes from a message that may not go further. {_CARD}"
        ),
        "source_restricted": (
            f"Not delivered: part of it comes from a message that may not be here. {_CARD}"
        ),
        "declaration_needed": (
            f"Not delivered: say in the marking whether there is personal data. {_CARD}"
        ),
        "personal_data_barred": f"Not delivered: personal data cannot be shared here. {_CARD}",
        "personal_data_found": (
            f"Not delivered: it seems to hold personal data and is not marked PD. {_CARD}"
        ),
        "room_not_governed": f"Not done: only the steward opens rooms. {_COORDINATOR}",
        "rule_failed": f"Not delivered: a check did not work. {_CARD}",
    }
)

UNKNOWN = f"Not done: a rule of this network does not allow it. {_CARD}"
"""For a code that this build does not know, when module and steward are of different age."""


def refusal_sentence(code: str) -> str:
    """The sentence for that code; always the same."""
    return SENTENCES.get(code, UNKNOWN)
