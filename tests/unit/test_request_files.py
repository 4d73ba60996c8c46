"""Files of requests as values: what is written reads back, and the officer's name for it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from bots.steward.attachments import decrypted, encrypted
from bots.steward.request_speech import RequestSentences
from rilon.application import request_files
from rilon.application.request_files import CarriedFile, FileSaid, carried_file, target
from rilon.domain.acts import Attachment
from rilon.domain.files import FileFacts, FileType, Finding
from rilon.wire import file_writing
from rilon.wire.files import read_files
from rilon.wire.messages import read_message
from tests.policy_scene import NETWORK

OWN = Attachment(
    "rilon.localhost",
    "AbCdEf",
    bytes(range(32)),
    bytes(range(8)) + bytes(8),
    bytes(range(32, 64)),
    "image/jpeg",
    4711,
    "Report of Focal point 2.jpg",
    "m.image",
)
FACTS = FileFacts(Finding.CLEAN, 4711, b"d" * 32)
CARRIED = carried_file(FileSaid(OWN, FACTS), "MPS-7K3F-4", "a3f9" + "0" * 28)


def test_what_is_written_is_read_as_the_same_file_by_the_gates_own_reader() -> None:
    content = {**file_writing.file_content(OWN), "body": "TLP:AMBER // words"}
    assert read_files(content, "content") == (OWN,)
    post = read_message(content, None, NETWORK.vocabulary, date(2026, 11, 22))
    assert (post.files, post.body) == ((OWN,), "TLP:AMBER // words")


@pytest.mark.parametrize("file", [OWN, replace(OWN, size=None, mimetype="application/pdf")])
def test_a_kept_file_is_the_same_file(file: Attachment) -> None:
    assert file_writing.from_value(file_writing.to_value(file)) == file


@pytest.mark.parametrize("copy", [None, replace(OWN, media="Other", key=b"k" * 32)])
def test_a_kept_carried_file_is_the_same(copy: Attachment | None) -> None:
    file = replace(CARRIED, copy=copy)
    assert request_files.from_value(request_files.to_value(file)) == file


def test_readers_get_the_copy_under_the_requests_number() -> None:
    copy = replace(OWN, media="Other", key=b"k" * 32)
    shown = replace(CARRIED, copy=copy).shown
    assert shown == replace(copy, name="MPS-7K3F-4-a3f9.jpg", size=4711)
    assert target(shown) == "rilon.localhost/Other"
    assert CARRIED.kind == "JPEG"


@pytest.mark.parametrize("kind", list(FileType))
def test_every_kind_goes_under_a_name_that_the_gate_takes(kind: FileType) -> None:
    said = FileSaid(replace(OWN, mimetype=kind.value, shown_as="m.file"), FACTS)
    name = carried_file(said, "MPS-7K3F-4", "0" * 32).name
    content = {**file_writing.file_content(replace(said.file, name=name)), "body": name}
    assert read_files(content, "content")[0].name == name
    assert "Focal" not in name


def test_no_file_shows_its_key_or_its_name_when_it_is_printed() -> None:
    """Errors and logs print values."""
    for one in (CARRIED, FileSaid(OWN, FACTS)):
        assert "Focal" not in repr(one)
        assert "key" not in repr(one)


def test_what_is_encrypted_opens_and_nothing_else_does() -> None:
    data = bytes(range(256)) * 9
    ciphertext = encrypted(b"k" * 32, b"begins00", data)
    file = replace(
        OWN, key=b"k" * 32, counter=b"begins00" + bytes(8), digest=sha256(ciphertext).digest()
    )
    assert decrypted(file, ciphertext) == data
    assert decrypted(file, ciphertext[:-1]) is None
    assert encrypted(b"k" * 32, b"begins01", data) != ciphertext


def test_a_preview_names_kind_and_size_and_how_to_send_more() -> None:
    parameters = {
        "number": "MPS-7K3F-4",
        "kind": "answer",
        "marking": "TLP:AMBER REL AUS,MYS //",
        "officer": "mys.focal1",
        "to": "AUS",
        "file": CARRIED.name,
        "file_kind": CARRIED.kind,
        "file_size": str(CARRIED.size),
    }
    payload = {"side": "desk", "text": "preview", "parameters": parameters, "addressee": "MYS"}
    now = datetime(2026, 11, 22, tzinfo=UTC)
    said = RequestSentences(lambda: now).said(payload, None, None, NETWORK, now).plain
    assert "Its file goes as MPS-7K3F-4-a3f9.jpg (JPEG, 5 kB)" in said
    assert "!partial" in said
    parameters["kind"] = "part"
    said = RequestSentences(lambda: now).said(payload, None, None, NETWORK, now).plain
    assert "!partial" not in said


def test_a_carried_file_without_a_copy_is_judged_as_it_will_be_shown() -> None:
    assert isinstance(CARRIED, CarriedFile)
    assert CARRIED.shown.media == OWN.media
    assert CARRIED.shown.name == "MPS-7K3F-4-a3f9.jpg"
