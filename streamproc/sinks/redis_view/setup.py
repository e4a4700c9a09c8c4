"""Getting a Redis ready for the view: the functions are loaded, and the server is as it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from redis.exceptions import ResponseError

from streamproc.errors import RedisNotReady, RedisUnreachable
from streamproc.sinks.redis_view.address import pool_of
from streamproc.sinks.redis_view.config import RedisConfig
from streamproc.sinks.redis_view.faults import Unavailable
from streamproc.sinks.redis_view.library import FAMILY, library_name, library_source
from streamproc.sinks.redis_view.link import Answer, Link, command

_LEAST_VERSION: Final = (7, 0)
_WANTED: Final = {"maxmemory-policy": "noeviction", "appendonly": "yes"}
_WHY: Final = {
    "maxmemory-policy": "an eviction would lose a host without a word",
    "appendonly": "without it a restart is empty, and everything is told again",
}


class SetUp(NamedTuple):
    """What was done and found.

    Shapes: ``wrong`` and ``unchecked`` hold one sentence for each point; ``others`` are libraries of other
        releases, which nobody may need any more.
    """

    library: str
    was_there: bool
    wrong: tuple[str, ...]
    unchecked: tuple[str, ...]
    others: tuple[str, ...]


def set_up(config: RedisConfig, *, load: bool) -> SetUp:
    """Load the functions, if asked to, and look at the server.

    Errors: ``RedisUnreachable``; ``RedisNotReady`` if the functions cannot be loaded; ``BadSetting``.
    """
    link = Link(pool_of(config, "streamproc-setup"))
    try:
        return _set_up(link, load=load)
    except Unavailable as error:
        raise RedisUnreachable(
            f"Redis does not answer: {error}",
            where=config.url,
            hint="is the address right, is it up, are user and password right (STREAMPROC_REDIS__*)?",
        ) from error
    finally:
        link.close()


def _set_up(link: Link, *, load: bool) -> SetUp:
    wrong: list[str] = []
    unchecked: list[str] = []
    libraries = _libraries(link, unchecked)
    name = library_name()
    if load and name not in libraries:
        _load(link)
    elif name not in libraries:
        wrong.append(f"the functions are missing: library {name}")
    version = _version(link, unchecked)
    if version and version < _LEAST_VERSION:
        wrong.append(f"redis-server is {'.'.join(map(str, version))}; 7.0 is the oldest that works")
    wrong += _differences(link, unchecked)
    others = sorted(each for each in libraries if each.startswith(FAMILY) and each != name)
    return SetUp(name, name in libraries, tuple(wrong), tuple(unchecked), tuple(others))


def _load(link: Link) -> None:
    source = library_source().encode()
    (answer,) = link.ask([command(b"FUNCTION", b"LOAD", b"REPLACE", source)])
    if isinstance(answer, ResponseError):
        raise RedisNotReady(
            f"the functions cannot be loaded: {answer}",
            where=f"library {library_name()}",
            hint="log in as a user who may: sp-deploy of deploy/redis/users.acl",
        )


def _libraries(link: Link, unchecked: list[str]) -> set[str]:
    (answer,) = link.ask([command(b"FUNCTION", b"LIST")])
    if isinstance(answer, ResponseError):
        unchecked.append(f"which functions there are: {answer}")
        return set()
    return {_pairs(each).get("library_name", "") for each in answer}


def _version(link: Link, unchecked: list[str]) -> tuple[int, ...]:
    (answer,) = link.ask([command(b"INFO", b"server")])
    if isinstance(answer, ResponseError):
        unchecked.append(f"the server's version: {answer}")
        return ()
    fields = dict(line.split(":", 1) for line in answer.decode().splitlines() if ":" in line)
    return tuple(map(int, fields["redis_version"].split(".")))


def _differences(link: Link, unchecked: list[str]) -> Iterator[str]:
    answers = link.ask([command(b"CONFIG", b"GET", name.encode()) for name in _WANTED])
    for (name, wanted), answer in zip(_WANTED.items(), answers, strict=True):
        if isinstance(answer, ResponseError) or not answer:
            unchecked.append(f"{name}, which should be {wanted}: {answer or 'the server has none'}")
        elif (held := _pairs(answer)[name]) != wanted:
            yield f"{name} is {held} and should be {wanted}: {_WHY[name]}"


def _pairs(answer: Answer) -> Mapping[str, Any]:
    words = [each.decode() if isinstance(each, bytes) else each for each in answer]
    return dict(zip(words[::2], words[1::2], strict=True))
