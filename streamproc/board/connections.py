"""Connections as uvicorn holds them: their writes put together, and cut off when nobody reads or asks.

A header and its body are two writes of ASGI, and each would be a packet and a call of the system.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S: Final = 15.0
"""So long may a request take to come in, from when the connection is there or its first byte is."""


class Corked:
    """A transport that sends what was written in one turn of the loop as one."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this with all that is written before the loop turns."""
        if not data:
            return
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))

    def close(self) -> None:
        """Send what is left, then close."""
        self._flush()
        self._transport.close()


class Connections:
    """Open connections by the address of whoever made them."""

    def __init__(self, *, request_s: float = REQUEST_S) -> None:
        self._transports: dict[Any, asyncio.Transport] = {}
        self._request_s = request_s

    def protocol(self) -> type[asyncio.Protocol]:
        """The protocol of uvicorn, which tells us of each connection."""
        transports, request_s = self._transports, self._request_s

        class Noted(H11Protocol):
            _coming: asyncio.TimerHandle | None = None

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(cast("asyncio.Transport", Corked(transport, self.loop)))
                transports[self.client] = transport
                self._coming = self.loop.call_later(request_s, transport.abort)

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                incomplete = self.conn.their_state is h11.SEND_BODY or (
                    self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
                )
                if not incomplete and self._coming is not None:
                    self._coming.cancel()
                    self._coming = None
                elif incomplete and self._coming is None:
                    self._coming = self.loop.call_later(request_s, self.transport.abort)

            def connection_lost(self, exc: Exception | None) -> None:
                if self._coming is not None:
                    self._coming.cancel()
                transports.pop(self.client, None)
                super().connection_lost(exc)

        return Noted

    def abort(self, client: Any) -> None:  # noqa: ANN401 - an address
        """Cut a connection off, without waiting for what was not read."""
        transport = self._transports.get(client)
        if transport is not None:
            transport.abort()
