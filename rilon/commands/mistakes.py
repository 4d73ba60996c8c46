"""What can stop a command and needs no traceback: each message says what to do."""

from __future__ import annotations

import aiohttp

from rilon.audit.verify_client import SourceError
from rilon.bootstrap.operations import CantOperate
from rilon.config import SettingsError
from rilon.embedded.identity import NoIdentity
from rilon.embedded.network import AlreadyRunning, OtherServerName, UnknownPart
from rilon.embedded.ports import NoFreePort
from rilon.embedded.provision import PolicyBroken
from rilon.embedded.services import NotStarted
from rilon.ledger.keys import KeyFormatError
from rilon.policy.templates import CantMake

MISTAKES = (
    AlreadyRunning,
    CantMake,
    CantOperate,
    KeyFormatError,
    NoFreePort,
    NoIdentity,
    NotStarted,
    OtherServerName,
    PermissionError,
    PolicyBroken,
    SettingsError,
    SourceError,
    TimeoutError,
    UnknownPart,
    aiohttp.ClientError,
)
