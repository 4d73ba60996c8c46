"""Ed25519 keys by name, as signed notes write them (c2sp.org/signed-note).

One form for every key of the record: the log's, each component's, later each witness's.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from hashlib import sha256

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

ED25519 = 0x01
COSIGNATURE = 0x04
"""A timestamped cosignature of a witness (c2sp.org/tlog-cosignature)."""

KEY_ID_SIZE = 4
SIGNATURE_SIZE = 64
_NAME = re.compile(r"[^\s+]{1,255}")


class KeyFormatError(ValueError):
    """A text that isn't a key in this form. Never holds the text."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Four bytes that tell keys of one name apart; no proof of anything."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_SIZE]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key: who signs, in which way, and the 32 bytes."""

    name: str
    public: bytes
    kind: int = ED25519
    id: bytes = field(init=False)
    _verify: VerifyKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise KeyFormatError("a key's name must have 1 to 255 signs, no space and no plus")
        if len(self.public) != 32 or self.kind not in (ED25519, COSIGNATURE):
            raise KeyFormatError("not an Ed25519 key")
        object.__setattr__(self, "id", key_id(self.name, self.kind, self.public))
        object.__setattr__(self, "_verify", VerifyKey(self.public))

    def __str__(self) -> str:
        """`name+hex8+base64(type‖key)`."""
        raw = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{raw}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `name+hex8+base64(type‖key)`; raises `KeyFormatError`."""
        name, given, raw = _three(text.strip())
        key = cls(name, raw[1:], raw[0] if raw else 0)
        if key.id.hex() != given:
            raise KeyFormatError("the key id doesn't belong to this name and key")
        return key

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over exactly these bytes."""
        try:
            self._verify.verify(message, signature)
        except (BadSignatureError, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A private key with its name. Its text form is a secret; `repr` hides it."""

    name: str
    seed: bytes = field(repr=False)
    verifier: VerifierKey = field(init=False)
    _sign: SigningKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.seed) != 32:
            raise KeyFormatError("a seed must be 32 bytes")
        signing = SigningKey(self.seed)
        object.__setattr__(self, "_sign", signing)
        object.__setattr__(self, "verifier", VerifierKey(self.name, bytes(signing.verify_key)))

    @property
    def id(self) -> bytes:
        """The key id of the public half."""
        return self.verifier.id

    def secret_text(self) -> str:
        """`PRIVATE+KEY+name+hex8+base64(type‖seed)`, for a file that only the owner reads."""
        raw = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.id.hex()}+{raw}"

    @classmethod
    def parse(cls, text: str) -> SignerKey:
        """Read what `secret_text` writes; raises `KeyFormatError` without naming the text."""
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise KeyFormatError("not a private key")
        name, given, raw = _three(text.strip().removeprefix(prefix))
        if raw[:1] != bytes([ED25519]):
            raise KeyFormatError("not an Ed25519 key")
        key = cls(name, raw[1:])
        if key.id.hex() != given:
            raise KeyFormatError("the key id doesn't belong to this name and key")
        return key

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032)."""
        return self._sign.sign(message).signature


def _three(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or re.fullmatch(r"[0-9a-f]{8}", parts[1]) is None:
        raise KeyFormatError("a key is written name+id+base64")
    try:
        return parts[0], parts[1], base64.b64decode(parts[2], validate=True)
    except ValueError as error:
        raise KeyFormatError("the key's base64 doesn't read") from error
