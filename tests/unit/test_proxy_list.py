"""The proxy's list closes what only it can: read as nginx reads it, and asked about each way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "rilon.conf"
_LOCATION = re.compile(r"(?:(=|~) )?(\S+) \{(.*)", re.DOTALL)
CLIENT = "/_matrix/client/v3"


@dataclass(frozen=True)
class Location:
    sign: str
    path: str
    inside: str

    def takes(self, path: str) -> bool:
        if self.sign == "=":
            return path == self.path
        return self.sign == "~" and re.search(self.path, path) is not None

    def lets(self, method: str) -> bool:
        if "proxy_pass" not in self.inside:
            return False
        if "$reads = 0" in self.inside and method not in ("GET", "HEAD", "OPTIONS"):
            return False
        only = re.search(r"limit_except ([A-Z ]+)\{", self.inside)
        return only is None or method in only[1].split()


def let_through(method: str, path: str) -> bool:
    """Exact places first, then the first expression that matches, as nginx chooses."""
    written = CONFIGURATION.read_text().split("\n    location ")[1:]
    found = [_LOCATION.match(one) for one in written]
    places = [Location(one[1] or "", one[2], one[3]) for one in found if one]
    assert len(places) == len(written) > 25
    exact = [one for one in places if one.sign == "=" and one.takes(path)]
    chosen = next(iter([*exact, *(one for one in places if one.takes(path))]), None)
    return chosen is not None and chosen.lets(method)


CLOSED = (
    ("PUT", f"{CLIENT}/profile/@a:b/org.example.note"),
    ("PUT", f"{CLIENT}/profile/@a:b/avatar_url"),
    ("PUT", f"{CLIENT}/profile/@a:b/displayname"),
    ("PUT", "/_matrix/client/unstable/uk.tcpip.msc4133/profile/@a:b/org.example.note"),
    ("PUT", f"{CLIENT}/devices/ABC"),
    ("PUT", f"{CLIENT}/sendToDevice/org.example.note/1"),
    ("PUT", f"{CLIENT}/sendToDevice/m.room.message/1"),
    ("POST", f"{CLIENT}/rooms/!a:b/report/$a"),
    ("POST", f"{CLIENT}/rooms/!a:b/report"),
    ("POST", f"{CLIENT}/users/@a:b/report"),
    ("PUT", f"{CLIENT}/presence/@a:b/status"),
    ("POST", f"{CLIENT}/account/3pid/add"),
    ("POST", f"{CLIENT}/register"),
    ("POST", f"{CLIENT}/knock/!a:b"),
    ("POST", f"{CLIENT}/rooms/!a:b/upgrade"),
    ("PUT", f"{CLIENT}/directory/room/#a:b"),
    ("PUT", f"{CLIENT}/directory/list/room/!a:b"),
    ("GET", f"{CLIENT}/publicRooms"),
    ("POST", f"{CLIENT}/search"),
    ("GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"),
    ("GET", "/_matrix/client/v1/media/preview_url"),
    ("GET", "/_matrix/media/v3/download/a/b"),
    ("GET", "/_synapse/admin/v1/server_version"),
    ("PUT", "/_matrix/federation/v1/send/1"),
    ("GET", "/_matrix/key/v2/server"),
    ("POST", "/_matrix/client/unstable/org.matrix.msc4108/rendezvous"),
)
OPEN = (
    ("PUT", f"{CLIENT}/rooms/!a:b/send/m.room.encrypted/1"),
    ("PUT", f"{CLIENT}/rooms/!a:b/redact/$a/1"),
    ("GET", f"{CLIENT}/sync"),
    ("GET", f"{CLIENT}/profile/@a:b/displayname"),
    ("GET", f"{CLIENT}/devices"),
    ("PUT", f"{CLIENT}/sendToDevice/m.room.encrypted/1"),
    ("POST", f"{CLIENT}/keys/claim"),
    ("POST", f"{CLIENT}/createRoom"),
    ("POST", "/_matrix/media/v3/upload"),
)


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_the_homeserver_can_not_close_is_closed_here(method: str, path: str) -> None:
    assert not let_through(method, path)


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_clients_need_is_let_through(method: str, path: str) -> None:
    assert let_through(method, path)
