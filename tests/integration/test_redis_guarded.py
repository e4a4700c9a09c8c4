"""A Redis that is guarded: TLS of both sides, a password, and Sentinels that have both of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from redis.exceptions import AuthenticationError, RedisError

from streamproc.board.link import RedisLink
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.events.view_keys import Keys
from streamproc.sinks.redis_view.config import RedisConfig
from tests.integration.test_redis_sentinel import FAILOVER_S, HEAL_S, leads
from tests.redis_server import RedisServer, redis_or_skip
from tests.redis_stage import Stage, eventually

pytestmark = pytest.mark.integration

HOSTS = [f"h{number}" for number in range(20)]
SECRET, ASKING = "of-the-servers", "of-the-sentinels"
ASKER = "asker"
LIVE = Keys("sp").live(HOSTS[0].encode())


class Certificate(NamedTuple):
    """Files: it signed itself, so it is its own authority."""

    cert: Path
    key: Path

    def of_server(self, port: int) -> tuple[str, ...]:
        """Options of a server that speaks TLS on a port, and only with those it knows."""
        return (
            *("--tls-port", str(port), "--tls-replication", "yes"),
            *("--tls-cert-file", str(self.cert), "--tls-key-file", str(self.key)),
            *("--tls-ca-cert-file", str(self.cert), "--tls-auth-clients", "yes"),
        )

    def of_client(self) -> dict[str, Any]:
        """What whoever connects is told."""
        return {
            "tls_ca_file": str(self.cert),
            "tls_cert_file": str(self.cert),
            "tls_key_file": str(self.key),
        }


class Guarded(NamedTuple):
    """A master, its replica and a Sentinel; the numbers of the ports where they speak TLS."""

    master: RedisServer
    replica: RedisServer
    certificate: Certificate
    master_port: int
    sentinel_port: int


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    made = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=redis"
        " -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(made.split(), cwd=folder, check=True, capture_output=True)
    return Certificate(folder / "cert.pem", folder / "key.pem")


@pytest.fixture
def guarded(certificate: Certificate) -> Iterator[Guarded]:
    at, beside, asked = free_port(), free_port(), free_port()
    locked = ("--requirepass", SECRET, "--masterauth", SECRET)
    replica = RedisServer(
        *certificate.of_server(beside), *locked, "--replicaof", f"{LOOPBACK} {at}"
    )
    for master in redis_or_skip(*certificate.of_server(at), *locked):
        sentinel = RedisServer(sentinel=config_of_sentinel(certificate, at, asked))
        with replica, sentinel, sentinel.client(username=ASKER, password=ASKING) as ask:
            await_replica(ask)
            yield Guarded(master, replica, certificate, at, asked)


def config_of_sentinel(certificate: Certificate, master: int, port: int) -> str:
    """A Sentinel that gives a master up after a second, and answers one user."""
    tls = certificate.of_server(port)
    lines = [f"{name[2:]} {value}" for name, value in zip(tls[::2], tls[1::2], strict=True)]
    return "\n".join(
        (
            *lines,
            f"sentinel monitor shop {LOOPBACK} {master} 1",
            f"sentinel auth-pass shop {SECRET}",
            "sentinel down-after-milliseconds shop 1000",
            "sentinel failover-timeout shop 5000",
            f"user {ASKER} on >{ASKING} +@all ~* &*",
            "user default off",
            "",
        )
    )


def await_replica(ask: Any) -> None:  # noqa: ANN401 - a client of redis-py
    """Return once the Sentinel knows of a replica."""
    deadline_s = time.monotonic() + FAILOVER_S
    while not ask.sentinel_slaves("shop"):
        assert time.monotonic() < deadline_s, "the Sentinel knows of no replica"
        time.sleep(0.05)


def config_at(guarded: Guarded, **changes: Any) -> RedisConfig:  # noqa: ANN401 - settings
    settings: dict[str, Any] = {
        "url": f"rediss+sentinel://{LOOPBACK}:{guarded.sentinel_port}/shop/0",
        "password": SECRET,
        "sentinel_username": ASKER,
        "sentinel_password": ASKING,
        **guarded.certificate.of_client(),
    }
    return RedisConfig(flush_interval_ms=20, **settings | changes)


def link_to(guarded: Guarded, **changes: Any) -> RedisLink:  # noqa: ANN401 - settings
    """How a board connects to the same."""
    settings: dict[str, Any] = {
        "nodes": ((LOOPBACK, guarded.sentinel_port),),
        "service": "shop",
        "tls": True,
        "password": SECRET,
        "sentinel_username": ASKER,
        "sentinel_password": ASKING,
        **guarded.certificate.of_client(),
    }
    return RedisLink(**settings | changes)


async def test_view_and_board_find_a_guarded_master_and_follow_it_to_another_server(
    guarded: Guarded,
) -> None:
    link = link_to(guarded).connect()
    with (
        guarded.master.client(password=SECRET) as ahead,
        guarded.replica.client(password=SECRET) as behind,
    ):
        async with Stage(config_at(guarded)) as stage:
            stage.tell(HOSTS, 1)
            await stage.settled(ahead)
            assert await link.hget(LIVE, "version") == b"1"

            guarded.master.kill()
            await eventually(lambda: leads(behind), FAILOVER_S)
            stage.tell(HOSTS, 2)
            await stage.settled(behind, HEAL_S)
    await link.aclose()
    again = link_to(guarded).connect()
    assert await again.hget(LIVE, "version") == b"2"
    await again.aclose()


async def test_one_server_with_tls_and_a_password_is_written_to(guarded: Guarded) -> None:
    url = f"rediss://{LOOPBACK}:{guarded.master_port}/0"
    with guarded.master.client(password=SECRET) as client:
        async with Stage(config_at(guarded, url=url)) as stage:
            stage.tell(HOSTS, 1)
            await stage.settled(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tls_ca_file": None},
        {"tls_cert_file": None, "tls_key_file": None},
        {"sentinel_password": "another"},
        {"password": "another"},
    ],
    ids=["no authority", "no certificate of ours", "password of the Sentinels", "password"],
)
async def test_who_is_not_known_reads_nothing(guarded: Guarded, wrong: dict[str, Any]) -> None:
    link = link_to(guarded, **wrong).connect()

    with pytest.raises((RedisError, AuthenticationError, OSError)):
        await link.hget(LIVE, "version")

    await link.aclose()
