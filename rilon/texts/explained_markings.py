"""What a refusal means and what to do next, where a marking was in the way.

The message's own, that of what it belongs to or comes from, and what it says of personal data.
"""

from __future__ import annotations

from collections.abc import Mapping

from rilon.texts.explanation import ROOMS, Explanation
from rilon.texts.translator import translatable
from rilon.texts.unclear import UNKNOWN as UNCLEAR

_UNASKED = translatable(
    "I can't ask {unasked} to release it: the marking of your text, or of another passage in it, "
    "keeps it out of their desk. Change that and send it again: the next card asks them."
)

EXPLAINED_MARKINGS: Mapping[str, Explanation] = {
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
            translatable("Not delivered in {room}: not released to {excluded}, who can read here"),
            translatable("Not delivered in {room}: the marking leaves out a party of this room"),
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
                "Not delivered in {room}: marked PROTECT {protect}; this room includes {excluded}"
            ),
            translatable(
                "Not delivered in {room}: the marking protects a person from a party of this room"
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
                    "If it is your own information and fewer limits are right, write {lower_form}"
                ),
            ),
            (ROOMS,),
        ),
    ),
    "onward_not_allowed": Explanation(
        (
            translatable(
                "Not delivered in {room}: part of it comes from a message of {originators} "
                "marked {marking}, which may not go further"
            ),
            translatable(
                "Not delivered in {room}: part of it comes from a message that may not go further"
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
                "Not delivered in {room}: the marking must say whether there is personal data in it"
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
                "Not delivered in {room}: it is marked PD, and personal data cannot be shared here"
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
                "Not delivered in {room}: it seems to hold {identifiers}, and it is not marked PD"
            ),
            translatable(
                "Not delivered in {room}: it seems to hold personal data, and it is not marked PD"
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
}
