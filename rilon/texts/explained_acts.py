"""What a refusal means and what to do next, where the act or its sender was in the way.

Kinds of messages, their shape, files, relations, and who may write where. Refusals of markings
are in `rilon.texts.explained_markings`.
"""

from __future__ import annotations

from collections.abc import Mapping

from rilon.texts.explanation import ASK, ROOMS, Explanation, Leftover
from rilon.texts.translator import translatable

_AS_NEW = translatable("Write it again as a new message. Do not use “resend”.")

EXPLAINED_ACTS: Mapping[str, Explanation] = {
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
        (translatable("Not delivered in {room}: your client added a part that cannot be checked"),),
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
            (translatable("If it happens again, close your client, open it and write once more."),),
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
        ((translatable("Send a picture of it (a screenshot), or write what matters as text."),),),
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
    "command_not_here": Explanation(
        (
            translatable(
                "Not delivered in {room}: it has the number of a request, and others read there"
            ),
        ),
        ((translatable("Write it here, or in your desk."),),),
        Leftover.MAYBE,
    ),
    "not_admitted": Explanation(
        (translatable("Not done in {room}: you are not admitted to this network"),),
        ((ASK,),),
        Leftover.MAYBE,
    ),
    "outside_term": Explanation(
        (
            translatable("Not done in {room}: your term ended on {until}"),
            translatable("Not done in {room}: your term begins on {since}"),
            translatable("Not done in {room}: today is outside your term"),
        ),
        ((ASK,),),
        Leftover.MAYBE,
    ),
    "not_in_room": Explanation(
        (translatable("Not delivered in {room}: you are not a member of this room"),),
        ((ROOMS,),),
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
        (
            translatable("Not delivered in {bulletins}: only bulletins appear here"),
            translatable("Not delivered in {room}: you can read here, but not write"),
        ),
        (
            (
                translatable(
                    "To ask about a bulletin in {bulletins}, write in the thread under it."
                ),
                ROOMS,
            ),
        ),
    ),
    "room_not_governed": Explanation(
        (
            translatable("No room opened with {person}: only the steward opens rooms"),
            translatable("Not done: only the steward opens rooms"),
        ),
        (
            (translatable("You can both read {fits}: write there."), ROOMS),
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
