"""SCRAM-SHA-256 (RFC 5802, RFC 7677): passwords that never cross the network, on both sides."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

_TURNS = 4096


@dataclass(frozen=True, slots=True)
class Secret:
    """What a server keeps of a password; all in base64."""

    salt: str
    stored: str
    server: str


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text, validate=True)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def secret(password: str, salt: bytes) -> Secret:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _TURNS)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    return Secret(_text(salt), _text(stored), _text(_hmac(salted, b"Server Key")))


def _fields(message: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in message.split(",")}


class ServerSide:
    """One login, as the server sees it."""

    def __init__(self, known: Secret, nonce: str) -> None:
        self._known = known
        self._nonce = nonce
        self._said = ""

    def first(self, message: str) -> str:
        """The answer to the client's first message. Raises KeyError for another protocol."""
        bare = message.split(",", 2)[2]
        self._nonce = _fields(bare)["r"] + self._nonce
        answer = f"r={self._nonce},s={self._known.salt},i={_TURNS}"
        self._said = f"{bare},{answer}"
        return answer

    def last(self, message: str) -> str | None:
        """The answer to its last one; None where the password is another."""
        fields = _fields(message)
        whole = f"{self._said},c={fields.get('c', '')},r={fields.get('r', '')}".encode()
        try:
            proof = _bytes(fields.get("p", ""))
            key = _xor(proof, _hmac(_bytes(self._known.stored), whole))
        except ValueError:
            return None
        if fields.get("r") != self._nonce:
            return None
        if not hmac.compare_digest(hashlib.sha256(key).digest(), _bytes(self._known.stored)):
            return None
        return f"v={_text(_hmac(_bytes(self._known.server), whole))}"


class ClientSide:
    """The same, as a client sees it."""

    def __init__(self, password: str, nonce: str) -> None:
        self._password = password
        self._bare = f"n=,r={nonce}"

    def first(self) -> str:
        return f"n,,{self._bare}"

    def last(self, message: str) -> str:
        """The answer to what the server said. Raises KeyError and ValueError."""
        fields = _fields(message)
        salt, turns = _bytes(fields["s"]), min(int(fields["i"]), 2 * _TURNS)
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), salt, turns)
        key = _hmac(salted, b"Client Key")
        final = f"c=biws,r={fields['r']}"
        whole = f"{self._bare},{message},{final}".encode()
        return f"{final},p={_text(_xor(key, _hmac(hashlib.sha256(key).digest(), whole)))}"
