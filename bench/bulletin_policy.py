"""A policy of the size that the network is meant for: groups of fifty parties each, generated."""

from __future__ import annotations

import json
from typing import Any

from ruamel.yaml import YAML

from rilon.adapters.policy_files import read_folder
from rilon.embedded.layout import PROJECT
from rilon.policy.load import load
from rilon.policy.mistakes import Mistakes
from rilon.policy.network import Network

# fmt: off
STATES = (
    "AFG", "ARE", "AUS", "BGD", "BRN", "CAN", "CHN", "DEU", "FJI", "FRA", "GBR", "IDN",
    "IND", "IRN", "IRQ", "ITA", "JOR", "JPN", "KAZ", "KEN", "KGZ", "KHM", "KIR", "KOR",
    "LAO", "LKA", "MDG", "MDV", "MHL", "MYS", "NLD", "NPL", "NRU", "NZL", "PAK", "PHL",
    "PLW", "PNG", "QAT", "SAU", "SGP", "SLB", "THA", "TLS", "TON", "TUR", "TUV", "USA",
    "VNM", "ZAF",
)
# fmt: on
"""Fifty states by ISO 3166 alpha-3."""
CHAIR = "IDN"
ANALYSTS = ("rso.analyst1", "rso.analyst2")
_SHIPPED = ("network.yaml", "markings.yaml", "clients.yaml")


def generated(groups: int) -> Network:
    """The network of so many groups, each with all of `STATES` and the RSO, and two officers of
    each state in all of them."""
    folder = read_folder(PROJECT / "policies")
    keys = [f"g{number:02d}" for number in range(1, groups + 1)]
    files = {name: folder[name] for name in _SHIPPED}
    files["parties.yaml"] = _yaml({"parties": [*map(_party, STATES), _party("RSO")]})
    files["roster.yaml"] = _yaml({"officers": list(_officers(keys))})
    files["duty.yaml"] = _yaml({"duty": []})
    rooms = YAML(typ="safe").load(folder["groups/mps.yaml"])["rooms"]
    for key in keys:
        files[f"groups/{key}.yaml"] = _yaml(_group(key, rooms))
    policy = load(files)
    if isinstance(policy, Mistakes):
        raise SystemExit(f"the generated policy has a mistake: {policy.items[0]}")
    return policy.network


def _party(code: str) -> dict[str, Any]:
    country = "THA" if code == "RSO" else code
    calendar = {"country": country}
    return {"code": code, "name": code, "zone": "UTC", "languages": ["en"], "calendar": calendar}


def _officers(groups: list[str]) -> list[dict[str, Any]]:
    made = []
    for code in STATES:
        second = ["secondee", "chair"] if code == CHAIR else ["secondee"]
        made.append(_officer(f"{code.lower()}.focal1", code, ["focal_point"], groups))
        made.append(_officer(f"{code.lower()}.secondee1", code, second, groups))
    made += [_officer(name, "RSO", ["analyst"], groups) for name in ANALYSTS]
    return [*made, _officer("rso.coordinator1", "RSO", ["coordinator"], groups)]


def _officer(name: str, party: str, roles: list[str], groups: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "party": party,
        "agency": "Agency",
        "roles": roles,
        "groups": groups,
        "display_name": name,
        "languages": ["en"],
        "lead": "focal_point" in roles or "coordinator" in roles,
    }


def _group(key: str, rooms: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "short": key.upper(),
        "theme": f"Theme of {key}",
        "states": list(STATES),
        "chair": CHAIR,
        "term": {"from": "2026-01-01", "until": "2028-12-31"},
        "default": "TLP:AMBER",
        "retention_days": 180,
        "rooms": rooms,
    }


def _yaml(value: Any) -> bytes:
    """JSON is YAML, without anchors."""
    return json.dumps(value).encode()
