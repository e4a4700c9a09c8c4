"""Who may see and do what: tokens, the cookie that stands for one, and what each opens.

Tokens are compared by their digests, in constant time; none is kept in the clear.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from streamproc.board.config import BoardConfig
from streamproc.errors import BadSetting

COOKIE: Final = "streamproc_board"
COOKIE_AGE_S: Final = 30 * 24 * 3600
_DIGEST: Final = "sha256:"
_ROOM: Final = "room."
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")


class Scope(StrEnum):
    """What a token opens."""

    READ = "read"
    """All rooms, to look at."""
    OPERATE = "operate"
    """All rooms, and verdicts on their alerts."""
    ROOM = "room"
    """One host's own room, to look at."""


class Principal(NamedTuple):
    """Who asks. Shapes: ``host_id`` is the only room that may be seen; None: all may."""

    scope: Scope
    host_id: str | None = None

    def may_see(self, host_id: str) -> bool:
        """Whether a room may be seen."""
        return self.host_id is None or self.host_id == host_id

    @property
    def may_judge(self) -> bool:
        """Whether verdicts on alerts are taken from it."""
        return self.scope is Scope.OPERATE


class Access:
    """Knows tokens. Without any, everybody on this machine may do everything.

    Units: ``now_ms`` is the wall clock.
    """

    def __init__(self, config: BoardConfig, now_ms: Callable[[], int]) -> None:
        self.open = not config.guarded
        self._now_ms = now_ms
        self._tokens = [
            (digest_of(token), Principal(scope))
            for token, scope in (
                (config.operate_token, Scope.OPERATE),
                (config.read_token, Scope.READ),
            )
            if token
        ]
        secrets = (config.read_token, config.operate_token, config.room_secret)
        # of what is configured, so that cookies outlive a restart and end when a token changes
        self._key = sha256("\0".join(secret or "" for secret in secrets).encode()).digest()
        self._room_key = (config.room_secret or "").encode()

    @property
    def everybody(self) -> Principal:
        """Whoever asks a board without tokens."""
        return Principal(Scope.OPERATE)

    def of_token(self, token: str) -> Principal | None:
        """Whose token this is; None: nobody's."""
        digest = sha256(token.encode()).digest()
        found = None
        for known, principal in self._tokens:  # all of them, so that time tells nothing
            if hmac.compare_digest(known, digest):
                found = principal
        return found or self._of_room(token)

    def _of_room(self, token: str) -> Principal | None:
        if not self._room_key or not token.startswith(_ROOM):
            return None
        name, _, _seal = token[len(_ROOM) :].partition(".")
        try:
            host_id = _unwrapped(name).decode()
        except (ValueError, UnicodeDecodeError):
            return None
        if not hmac.compare_digest(room_token(self._room_key, host_id).encode(), token.encode()):
            return None
        return Principal(Scope.ROOM, host_id)

    def cookie_for(self, principal: Principal) -> str:
        """A cookie that stands for a token for a month."""
        until = self._now_ms() // 1000 + COOKIE_AGE_S
        told = _wrapped(f"{principal.scope}\n{principal.host_id or ''}\n{until}".encode())
        return f"{told}.{_seal(self._key, told)}"

    def of_cookie(self, cookie: str) -> Principal | None:
        """Whose cookie this is; None: nobody's, or its time is over."""
        told, _, seal = cookie.partition(".")
        if not hmac.compare_digest(_seal(self._key, told).encode(), seal.encode()):
            return None
        scope, host_id, until = _unwrapped(told).decode().split("\n")
        if int(until) * 1000 <= self._now_ms():
            return None
        return Principal(Scope(scope), host_id or None)

    def operator_key(self, name: str) -> str:
        """A keyed hash that stands for a person in an event."""
        return hmac.new(self._key, f"operator\0{name}".encode(), sha256).hexdigest()[:32]


def digest_of(token: str) -> bytes:
    """The digest of a token that is given as itself or as its digest. Errors: ``BadSetting``."""
    if token.startswith(_DIGEST):
        told = token.removeprefix(_DIGEST)
        if not _HEX.fullmatch(told):
            raise BadSetting(
                "what follows sha256: is no digest",
                where="STREAMPROC_BOARD__READ_TOKEN or __OPERATE_TOKEN",
                hint="64 digits of hex, as `printf %s TOKEN | sha256sum` prints them",
            )
        return bytes.fromhex(told)
    return sha256(token.encode()).digest()


def room_token(secret: bytes, host_id: str) -> str:
    """The token that opens one host's own room."""
    name = _wrapped(host_id.encode())
    return f"{_ROOM}{name}.{_seal(secret, name)}"


def _seal(key: bytes, told: str) -> str:
    return _wrapped(hmac.new(key, told.encode(), sha256).digest())


def _wrapped(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unwrapped(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
