"""The network as a stored document: what is read back is what was written, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rilon.policy.build import from_document
from rilon.policy.load import Policy, load
from rilon.policy.network import BrokenPolicyDocument, as_json, digest_of, digest_of_json
from tests.policy_scene import NETWORK, shipped_files


def stored() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(NETWORK.to_document()))
    return document


def test_a_stored_network_is_read_back_as_it_was() -> None:
    again = from_document(stored())
    assert again == NETWORK
    assert {key: again.members(key) for key in again.rooms} == dict(NETWORK.member_names)
    assert again.to_document() == NETWORK.to_document()


def test_the_digest_does_not_depend_on_comments_or_order_of_keys() -> None:
    files = shipped_files()
    files["parties.yaml"] = b"# another comment\n" + files["parties.yaml"].replace(
        b"code: MYS, name: Malaysia", b"name: Malaysia, code: MYS"
    )
    again = load(files)
    assert isinstance(again, Policy)
    assert again.network.digest == NETWORK.digest == digest_of(NETWORK.documents)


def test_the_digest_changes_with_any_value() -> None:
    files = shipped_files()
    files["groups/mps.yaml"] = files["groups/mps.yaml"].replace(b"days: 180", b"days: 181")
    again = load(files)
    assert isinstance(again, Policy)
    assert again.network.digest != NETWORK.digest


def test_a_ceiling_widened_in_the_database_is_noticed() -> None:
    document = stored()
    compartment = document["documents"]["groups"][0]["compartments"][0]
    assert compartment["ceiling"] == ["AUS", "IDN"]
    compartment["ceiling"].append("MYS")
    with pytest.raises(BrokenPolicyDocument, match="digest"):
        from_document(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"format": 2},
        {"format": 1, "documents": None, "digest": ""},
        {"format": 1, "documents": {"network": {}}, "digest": ""},
        {"format": 1, "documents": object(), "digest": ""},
    ],
)
def test_another_document_is_not_taken_for_a_network(document: dict[str, Any]) -> None:
    with pytest.raises(BrokenPolicyDocument):
        from_document(document)


def test_a_stored_network_that_breaks_a_rule_is_refused_even_with_its_digest() -> None:
    network = NETWORK.documents.network.model_copy(update={"topic": "{steward.__class__}"})
    documents = NETWORK.documents.model_copy(update={"network": network})
    document = {
        "format": 1,
        "digest": digest_of(documents),
        "documents": as_json(documents),
    }
    with pytest.raises(BrokenPolicyDocument, match="mistake"):
        from_document(document)


def test_a_policy_stored_before_a_key_was_known_still_reads() -> None:
    document = stored()
    for group in document["documents"]["groups"]:
        del group["on_demand"]
    document["digest"] = digest_of_json(document["documents"])
    again = from_document(document)
    assert again.digest == document["digest"]
    assert again.groups == NETWORK.groups
    # Written anew, it is by today's keys, and reads as that.
    assert from_document(again.to_document()).rooms == NETWORK.rooms
