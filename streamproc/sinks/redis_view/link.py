"""One connection to Redis: commands go out in one piece, and their answers come back in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from redis import ConnectionPool
from redis.exceptions import RedisError, ResponseError

from streamproc.sinks.redis_view.faults import Unavailable, reason_of

Answer = Any
"""What Redis answered; an error of one command is a ``ResponseError`` in its place."""

_FCALL: Final = b"FCALL"


def command(*words: bytes) -> bytes:
    """A command as it goes over the wire."""
    return b"*%d\r\n%b" % (
        len(words),
        b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]),
    )


def call(name: bytes, keys: Sequence[bytes], *args: bytes) -> bytes:
    """A call of a function."""
    return command(_FCALL, name, b"%d" % len(keys), *keys, *args)


class Link:
    """A connection that is opened when it is needed, and closed when anything is wrong with it."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: Any = None

    @property
    def is_open(self) -> bool:
        """Whether the last exchange went well."""
        return self._connection is not None

    def open(self) -> None:
        """Connect. Errors: ``Unavailable``."""
        if self._connection is None:
            try:
                self._connection = self._pool.get_connection()
            except (RedisError, OSError) as error:
                raise _unavailable(error) from error

    def close(self) -> None:
        """Disconnect; what is under way is lost."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            self._pool.release(connection)

    def ask(self, commands: Sequence[bytes]) -> list[Answer]:
        """The answers, one for each command.

        Shapes: what the server refused is a ``ResponseError`` among them.
        Errors: ``Unavailable`` if the connection fails; some commands may then have been done.
        """
        self.open()
        connection = self._connection
        answers: list[Answer] = []
        try:
            connection.send_packed_command([b"".join(commands)])
            for _ in commands:
                try:
                    answers.append(connection.read_response(disable_decoding=True))
                except ResponseError as error:
                    answers.append(error)
        except (RedisError, OSError) as error:
            self.close()
            raise _unavailable(error) from error
        except BaseException:
            self.close()
            raise
        return answers


def checked(answers: Sequence[Answer]) -> Sequence[Answer]:
    """The same answers. Errors: ``Unavailable`` if one says that none is to be had now."""
    for answer in answers:
        if isinstance(answer, ResponseError) and (reason := reason_of(answer)):
            raise Unavailable(reason, str(answer))
    return answers


def _unavailable(error: Exception) -> Unavailable:
    reason = reason_of(error) if isinstance(error, RedisError) else None
    if reason is None:
        reason = "timeout" if "imed out" in str(error) or "imeout" in str(error) else "connection"
    return Unavailable(reason, str(error))
