"""Verifying a device between people: `m.key.verification.*` in its strict shape.

Steps carry keys and codes, and no text of the sender's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rilon.domain.acts import Verification
from rilon.wire.relations import KEY as RELATION
from rilon.wire.relations import WireRelation
from rilon.wire.shapes import NotInShape, closed, is_user_id, matching, path, text

REQUEST = "m.key.verification.request"
PREFIX = "m.key.verification."

_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{1,128}")
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DEVICE = re.compile(r"[A-Za-z0-9._=+/-]{1,100}")
_KEY_ID = re.compile(r"ed25519:[A-Za-z0-9._=+/-]{1,100}")
_BODY = re.compile(
    r"(?P<who>@\S{1,300}) is requesting to verify your (?:key|device), but your client does not "
    r"support in-chat (?:key )?verification\. {0,2}"
    r"(?:You will need to use legacy key verification to verify keys\.)?"
)
_REASON = re.compile(
    r"The (?:user cancelled the verification|verification process timed out|SAS string did not "
    r"match|received message was invalid|device received an unexpected message|device does not "
    r"know how to handle the requested method|device does not know about the given transaction "
    r"ID|expected key did not match the verified one|expected user did not match the verified "
    r"user|hash commitment did not match)\.?"
    r"|A m\.key\.verification\.request was accepted by a different device\.?"
    r"|User (?:declined|cancelled|rejected)|Unknown cancel reason\.?"
)

_STEPS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "ready": {"from_device": _DEVICE},
    "start": {
        "from_device": _DEVICE,
        "method": _NAME,
        "next_method": _NAME,
        "secret": _BASE64,
    },
    "accept": {
        "commitment": _BASE64,
        "method": _NAME,
        "key_agreement_protocol": _NAME,
        "hash": _NAME,
        "message_authentication_code": _NAME,
    },
    "key": {"key": _BASE64},
    "mac": {"keys": _BASE64},
    "done": {},
    "cancel": {"code": _NAME, "reason": _REASON},
}
_LISTS: Mapping[str, frozenset[str]] = {
    "ready": frozenset({"methods"}),
    "start": frozenset(
        {
            "key_agreement_protocols",
            "hashes",
            "message_authentication_codes",
            "short_authentication_string",
        }
    ),
    "accept": frozenset({"short_authentication_string"}),
}


def read_request(content: Mapping[str, Any]) -> Verification:
    """A request, which travels as a message. Raises NotInShape."""
    closed(content, {"msgtype", "body", "from_device", "methods", "to"}, "content")
    body = _BODY.fullmatch(text(content, "body", "content"))
    if body is None or not is_user_id(body["who"]):
        raise NotInShape("content.body")
    if not is_user_id(content.get("to")):
        raise NotInShape("content.to")
    matching(content, "from_device", _DEVICE, "content")
    _names(content, "methods")
    return Verification(REQUEST)


def read_step(
    type_: str, content: Mapping[str, Any], relation: WireRelation | None
) -> Verification:
    """A later step, which refers to the request. Raises NotInShape."""
    step = type_.removeprefix(PREFIX)
    if step not in _STEPS:
        raise NotInShape("type")
    if relation is None or relation.reference is None:
        raise NotInShape(path("content", RELATION))
    texts, lists = _STEPS[step], _LISTS.get(step, frozenset())
    closed(content, {*texts, *lists, RELATION, *({"mac"} if step == "mac" else ())}, "content")
    for key, shape in texts.items():
        if key in content:
            matching(content, key, shape, "content")
    for key in lists & set(content):
        _names(content, key)
    if step == "mac":
        _macs(content)
    return Verification(type_)


def _names(content: Mapping[str, Any], key: str) -> None:
    names = content.get(key)
    if type(names) is not list or not 0 < len(names) <= 16:
        raise NotInShape(path("content", key))
    if not all(type(name) is str and _NAME.fullmatch(name) for name in names):
        raise NotInShape(path("content", key))


def _macs(content: Mapping[str, Any]) -> None:
    macs = content.get("mac")
    if type(macs) is not dict or not 0 < len(macs) <= 8:
        raise NotInShape("content.mac")
    for key_id, mac in macs.items():
        if not _KEY_ID.fullmatch(key_id) or type(mac) is not str or not _BASE64.fullmatch(mac):
            raise NotInShape("content.mac")
