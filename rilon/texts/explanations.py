"""What a refusal means and what to do next, for each code.

A table, read by `rilon.texts.cards`. For each code it holds headlines and next steps, the most
telling first: the first whose values are all there is used, and the last needs only `room`.

Values (text; a missing one is left out, not filled with something empty):
`room` the room's short name · `marking` what the message carries · `needed` the marking to
write · `excluded` parties of the room that may not have it · `protect` parties a person is
protected from · `expires` the day in the marking · `found` the characters read as a marking ·
`nearest` the nearest valid form · `problem` a code of `rilon.texts.unclear` · `where` the path
of a key that is not allowed · `device` the device · `person` whom the officer wanted to reach ·
`identifiers` kinds of `rilon.texts.identifiers` · `declared` what the marking says of them ·
`types` kinds of files · `size` megabytes ·
`fits` the name of a room where it may go · `originators` other parties that wrote it first ·
`unasked` those of them that can't be asked for release ·
`until` or `since` a day of a term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from rilon.texts.translator import translatable
from rilon.texts.unclear import UNKNOWN as UNCLEAR


class Leftover(Enum):
    """What the refused act leaves in the sender's client."""

    MESSAGE = "message"
    MAYBE = "maybe"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Headlines, then steps; each step is a choice of wordings, the most telling first."""

    headlines: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]
    leftover: Leftover = Leftover.MESSAGE


_AS_NEW = translatable("Write it again as a new message. Do not use “resend”.")
_ROOMS = translatable("Write {rooms_command} here to see your rooms and who can read them.")
_UNASKED = translatable(
    "I can't ask {unasked} to release it: other parts of your text may not be in their desk. "
    "Take those out and send the rest: the next card asks them."
)
_ASK = translatable("If you think this is wrong, ask your coordinator.")

EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType(
    {
        "type_not_allowed": Explanation(
            (translatable("Not delivered in {room}: this kind of message is not possible here"),),
            (
                (
                    translatable(
                        "Write it as ordinary text. "
                        "Polls, stickers, locations and calls do not work in this network."
                    ),
                ),
            ),
        ),
        "shape_not_allowed": Explanation(
            (
                translatable(
                    "Not delivered in {room}: your client added a part that cannot be checked"
                ),
            ),
            (
                (translatable("Write it again as plain text, without formatting or links."),),
                (
                    translatable("If it happens again, send your coordinator this word: {where}"),
                    translatable("If it happens again, tell your coordinator which client it is."),
                ),
            ),
        ),
        "not_encrypted": Explanation(
            (translatable("Not delivered in {room}: the message was not encrypted"),),
            (
                (
                    translatable(
                        "Use a client with encryption (for example Element) "
                        "and write the message again."
                    ),
                ),
                (
                    translatable(
                        "No officer received it, but the server could read it. "
                        "If it was sensitive, tell your coordinator."
                    ),
                ),
            ),
            Leftover.MAYBE,
        ),
        "unreadable": Explanation(
            (
                translatable(
                    "Not delivered in {room}: the steward could not read it, so could not check it"
                ),
            ),
            (
                (_AS_NEW,),
                (
                    translatable(
                        "If it happens again, close your client, open it and write once more."
                    ),
                ),
            ),
        ),
        "replayed": Explanation(
            (translatable("Not delivered in {room}: this message was already sent once"),),
            (
                (
                    translatable(
                        "Look whether the first one is in the room. "
                        "If not, write it again as a new message."
                    ),
                ),
            ),
            Leftover.MAYBE,
        ),
        "relation_unknown": Explanation(
            (
                translatable(
                    "Not delivered in {room}: it answers or changes a message "
                    "that the steward does not know"
                ),
            ),
            ((translatable("Write it as a new message, not as a reply or an edit."),),),
        ),
        "not_your_event": Explanation(
            (translatable("Not done in {room}: you can change only your own messages"),),
            ((translatable("Write a reply instead, or ask the person who wrote the message."),),),
            Leftover.MAYBE,
        ),
        "file_not_allowed": Explanation(
            (translatable("Not delivered in {room}: this kind of file cannot be sent"),),
            (
                (
                    translatable("These can: {types}. Or write what matters in it as text."),
                    translatable("Write what matters in it as text."),
                ),
            ),
        ),
        "file_too_large": Explanation(
            (
                translatable("Not delivered in {room}: the file has more than {size} MB"),
                translatable("Not delivered in {room}: the file is too large"),
            ),
            ((translatable("Send a smaller one, or only the pages that matter."),),),
        ),
        "file_unreadable": Explanation(
            (
                translatable(
                    "Not delivered in {room}: the steward could not open the file, "
                    "so could not check it"
                ),
            ),
            (
                (
                    translatable(
                        "Choose the file again and send it as a new message. "
                        "A document with a password cannot be sent."
                    ),
                ),
            ),
        ),
        "file_not_as_said": Explanation(
            (
                translatable(
                    "Not delivered in {room}: the file is not what its name or its type says, "
                    "or something else is in it"
                ),
            ),
            (
                (
                    translatable(
                        "Send a picture of it (a screenshot), or write what matters as text."
                    ),
                ),
            ),
        ),
        "file_has_position": Explanation(
            (translatable("Not delivered in {room}: the picture says where it was taken"),),
            (
                (
                    translatable(
                        "Take a screenshot of the picture and send that, "
                        "or switch the location off in your camera."
                    ),
                ),
                (
                    translatable(
                        "If the place matters, write it in the text, under the marking it needs."
                    ),
                ),
            ),
        ),
        "file_name_unclear": Explanation(
            (translatable("Not delivered in {room}: the name of the file cannot be used"),),
            (
                (
                    translatable(
                        "Give it a short, plain name without a marking. "
                        "Write the marking in the text beside the file."
                    ),
                ),
            ),
        ),
        "steward_only": Explanation(
            (translatable("Not done in {room}: only the steward may change this"),),
            ((translatable("If it needs to change, ask your coordinator."),),),
            Leftover.MAYBE,
        ),
        "reason_not_allowed": Explanation(
            (translatable("Not done in {room}: a reason was written with it"),),
            ((translatable("Do it again and leave the reason empty."),),),
            Leftover.MAYBE,
        ),
        "too_late": Explanation(
            (translatable("Not done in {room}: it is too late to change this message"),),
            ((translatable("Write a new message that corrects it, or ask your coordinator."),),),
            Leftover.MAYBE,
        ),
        "request_not_for_all": Explanation(
            (translatable("Not delivered in {room}: a request goes only to those who are asked"),),
            (
                (
                    translatable(
                        "Your draft is in the next message here: go on with it there, step by step."
                    ),
                ),
                (translatable("Next time, write {rfi_command} in your desk, or here."),),
            ),
        ),
        "not_admitted": Explanation(
            (translatable("Not done in {room}: you are not admitted to this network"),),
            ((_ASK,),),
            Leftover.MAYBE,
        ),
        "outside_term": Explanation(
            (
                translatable("Not done in {room}: your term ended on {until}"),
                translatable("Not done in {room}: your term begins on {since}"),
                translatable("Not done in {room}: today is outside your term"),
            ),
            ((_ASK,),),
            Leftover.MAYBE,
        ),
        "not_in_room": Explanation(
            (translatable("Not delivered in {room}: you are not a member of this room"),),
            ((_ROOMS,),),
            Leftover.MAYBE,
        ),
        "device_not_signed": Explanation(
            (
                translatable("Not delivered in {room}: your device {device} is not confirmed"),
                translatable("Not delivered in {room}: your device is not confirmed"),
            ),
            (
                (
                    translatable(
                        "In your client, open the security settings and verify this device "
                        "with your recovery key. Then write the message again."
                    ),
                ),
                (translatable("If you do not know this device, tell your coordinator at once."),),
            ),
        ),
        "read_only": Explanation(
            (translatable("Not delivered in {room}: you can read here, but not write"),),
            ((_ROOMS,),),
        ),
        "marking_unclear": Explanation(
            (
                translatable("Not delivered in {room}: the marking {found} is not clear"),
                translatable("Not delivered in {room}: the marking is not clear"),
            ),
            (
                ("{problem}", UNCLEAR),
                (
                    translatable("Write it like this, with your text after it: {nearest}"),
                    translatable("An example: {example}"),
                ),
            ),
        ),
        "marking_too_wide": Explanation(
            (
                translatable(
                    "Not delivered in {room}: marked {marking}; "
                    "the message it belongs to is marked {needed}"
                ),
                translatable(
                    "Not delivered in {room}: "
                    "its marking is wider than that of the message it belongs to"
                ),
            ),
            (
                (
                    translatable(
                        "Write {needed_form} or leave the marking out: "
                        "then it takes the marking of the other message."
                    ),
                    translatable(
                        "Leave the marking out: then it takes the marking of the other message."
                    ),
                ),
            ),
        ),
        "rel_excludes_room": Explanation(
            (
                translatable(
                    "Not delivered in {room}: marked {marking}; this room includes {excluded}"
                ),
                translatable(
                    "Not delivered in {room}: not released to {excluded}, who can read here"
                ),
                translatable(
                    "Not delivered in {room}: the marking leaves out a party of this room"
                ),
            ),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable(
                        "Write it in a room that has only those parties. "
                        "Write {rooms_command} here to see your rooms."
                    ),
                ),
                (
                    translatable("Or, if all parties of {room} may have it, write {needed_form}"),
                    translatable("Or, if all parties of {room} may have it, leave REL out."),
                ),
            ),
        ),
        "protected_from_party": Explanation(
            (
                translatable(
                    "Not delivered in {room}: marked PROTECT {protect}; "
                    "this room includes {excluded}"
                ),
                translatable(
                    "Not delivered in {room}: "
                    "the marking protects a person from a party of this room"
                ),
            ),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable(
                        "Write it only where that party cannot read. "
                        "Write {rooms_command} here to see your rooms."
                    ),
                ),
                (translatable("Do not write it here without the marking."),),
            ),
        ),
        "expired": Explanation(
            (
                translatable("Not delivered in {room}: the marking ended on {expires}"),
                translatable("Not delivered in {room}: the date in the marking has passed"),
            ),
            ((translatable("Write a later date after EXP, or leave EXP out."),),),
        ),
        "no_party_left": Explanation(
            (
                translatable(
                    "Not delivered in {room}: its marking and that of the message it belongs to "
                    "have no party in common"
                ),
            ),
            (
                (
                    translatable(
                        "Write it as a new message, in your own words, "
                        "not as a reply and without a quotation."
                    ),
                ),
            ),
        ),
        "red_not_open": Explanation(
            (translatable("Not delivered in {room}: this room is not open to TLP:RED"),),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable(
                        "If it is your own information and fewer limits are right, "
                        "write {lower_form}"
                    ),
                ),
                (_ROOMS,),
            ),
        ),
        "onward_not_allowed": Explanation(
            (
                translatable(
                    "Not delivered in {room}: part of it comes from a message of {originators} "
                    "marked {marking}, which may not go further"
                ),
                translatable(
                    "Not delivered in {room}: part of it comes from a message "
                    "that may not go further"
                ),
            ),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable("Take that part out. Say where it can be read instead."),
                ),
                (
                    _UNASKED,
                    translatable("Or ask an officer of {originators} to write it in {room}."),
                    translatable("Or ask an officer of the party that wrote it first."),
                ),
            ),
        ),
        "source_restricted": Explanation(
            (
                translatable(
                    "Not delivered in {room}: part of it comes from a message of {originators} "
                    "marked {marking}"
                ),
                translatable(
                    "Not delivered in {room}: part of it comes from a message of your own party "
                    "marked {marking}"
                ),
                translatable(
                    "Not delivered in {room}: part of it comes from a message "
                    "that may not be in this room"
                ),
            ),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable(
                        "Take that part out, or write it where the parties of that marking are. "
                        "Write {rooms_command} here to see your rooms."
                    ),
                ),
                (
                    _UNASKED,
                    translatable("Or ask an officer of {originators} to write it in {room}."),
                    translatable("If your party wants it here, write it in other words."),
                ),
            ),
        ),
        "declaration_needed": Explanation(
            (
                translatable(
                    "Not delivered in {room}: "
                    "the marking must say whether there is personal data in it"
                ),
            ),
            (
                (
                    translatable(
                        "If it says something about a person (name, telephone, document), "
                        "write {present_form}"
                    ),
                ),
                (translatable("If not, write {absent_form}"),),
            ),
        ),
        "personal_data_barred": Explanation(
            (
                translatable(
                    "Not delivered in {room}: it is marked PD, and personal data "
                    "cannot be shared here"
                ),
            ),
            (
                (
                    translatable("It may go to {fits}: write it there."),
                    translatable("Take out what is about a person. Then write {absent_form}"),
                ),
            ),
        ),
        "personal_data_found": Explanation(
            (
                translatable(
                    "Not delivered in {room}: it is marked {declared}, "
                    "and it seems to hold {identifiers}"
                ),
                translatable(
                    "Not delivered in {room}: it seems to hold {identifiers}, "
                    "and it is not marked PD"
                ),
                translatable(
                    "Not delivered in {room}: it seems to hold personal data, "
                    "and it is not marked PD"
                ),
            ),
            (
                (
                    translatable("Write {needed_form} with your text after it, or take that out."),
                    translatable("Take that out: personal data cannot be shared here."),
                ),
                (
                    translatable(
                        "If it is the number of a ship or a case, say so directly before it: "
                        "IMO 9074729, MMSI 525012345, case 1234."
                    ),
                ),
            ),
        ),
        "room_not_governed": Explanation(
            (
                translatable("No room opened with {person}: only the steward opens rooms"),
                translatable("Not done: only the steward opens rooms"),
            ),
            (
                (translatable("You can both read {fits}: write there."), _ROOMS),
                (translatable("If you need another room, ask your coordinator."),),
            ),
            Leftover.NOTHING,
        ),
        "rule_failed": Explanation(
            (translatable("Not delivered in {room}: a check did not work"),),
            (
                (translatable("This is not your mistake."),),
                (
                    translatable(
                        "Write it once more. If it happens again, tell your coordinator the time."
                    ),
                ),
            ),
            Leftover.MAYBE,
        ),
    }
)

UNKNOWN = Explanation(
    (translatable("Not delivered in {room}: a rule of this network does not allow it"),),
    ((_ASK,),),
    Leftover.MAYBE,
)
"""For a code that this build does not know."""
