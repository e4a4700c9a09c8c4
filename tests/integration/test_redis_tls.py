"""Redis over TLS under three Sentinels, everybody with a user of its own: written, failed over, read."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from redis.exceptions import RedisError

from streamproc.boarding import board_of
from streamproc.embedded.ports import LOOPBACK, free_port
from streamproc.settings import Settings
from streamproc.sinks.redis_view.config import RedisConfig
from tests.certificates import Certificates, certificates
from tests.command_line import streamproc
from tests.house.tree import ROOT
from tests.kafka_jars import ServerMissing
from tests.redis_server import Client, RedisServer
from tests.redis_stage import Stage, eventually
from tests.servers import skip_or_fail

pytestmark = pytest.mark.integration

HOSTS = [f"h{number}" for number in range(30)]
FAILOVER_S = 40.0
HEAL_S = 10.0
SERVICE = "shop"
OURS = ("sp-writer", "sp-reader", "sp-deploy")
OPERATOR = "user operator on nopass ~* &* +@all\n"


def password(user: str) -> str:
    return f"of-{user}"


def users_written(folder: Path) -> tuple[str, str]:
    """The file of the servers' users, and the lines of those at Sentinels, as deploy/redis shows them."""
    text = (ROOT / "deploy" / "redis" / "users.acl").read_text(encoding="utf-8")
    guide = (ROOT / "deploy" / "redis" / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^user sp-(?:sentinel|replica|ask|peer) off .*$", guide, flags=re.M)
    assert len(shown) == 4
    lines = [*text.splitlines(), *shown]
    ready = [
        line.replace(" off ", f" on #{hashlib.sha256(password(name).encode()).hexdigest()} ")
        for line in lines
        for name in [line.split()[1]]
        if name != "default"
    ]
    at_sentinel = [each for each in ready if each.split()[1] in {"sp-ask", "sp-peer"}]
    at_server = [each for each in ready if each not in at_sentinel]
    file = folder / "users.acl"
    nobody = "user default off resetkeys resetchannels -@all"
    file.write_text("\n".join([nobody, *at_server, OPERATOR]))
    return str(file), "\n".join([nobody, *at_sentinel, OPERATOR])


class Cluster(NamedTuple):
    """Two servers and three Sentinels, and the certificates that all of them and their clients hold."""

    master: RedisServer
    replica: RedisServer
    sentinels: list[RedisServer]
    held: Certificates

    @property
    def url(self) -> str:
        """Where the Sentinels are; the first of them is none, as one may be down."""
        nodes = [f"{LOOPBACK}:{free_port()}", *(f"{LOOPBACK}:{it.port}" for it in self.sentinels)]
        return f"rediss+sentinel://{','.join(nodes)}/{SERVICE}/0"

    def settings(self, user: str, **others: str | None) -> dict[str, str | None]:
        """Settings of the group ``redis`` for a user."""
        return {
            "url": self.url,
            "username": user,
            "password": password(user),
            "sentinel_username": "sp-ask",
            "sentinel_password": password("sp-ask"),
            **self.held.settings(),
            **others,
        }

    def config(self, user: str, **others: str | None) -> RedisConfig:
        """What the view is told for a user."""
        return RedisConfig(**self.settings(user, **others), flush_interval_ms=20)  # type: ignore[arg-type]


def watching(master: RedisServer, users: str) -> str:
    """The configuration of a Sentinel that gives a master up after a second."""
    return "\n".join(
        [
            f"sentinel monitor {SERVICE} {LOOPBACK} {master.port} 2",
            f"sentinel auth-user {SERVICE} sp-sentinel",
            f"sentinel auth-pass {SERVICE} {password('sp-sentinel')}",
            f"sentinel sentinel-user sp-peer\nsentinel sentinel-pass {password('sp-peer')}",
            f"sentinel down-after-milliseconds {SERVICE} 1000",
            f"sentinel failover-timeout {SERVICE} 5000",
            users,
            "",
        ]
    )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("tls")
    with contextlib.ExitStack() as stack:
        try:
            held = certificates(folder)
            users, at_sentinel = users_written(folder)
            of_replica = ("--masteruser", "sp-replica", "--masterauth", password("sp-replica"))
            options = ("--aclfile", users, "--appendonly", "yes", *of_replica)
            master = stack.enter_context(RedisServer(*options, tls=held))
            follows = ("--replicaof", f"{LOOPBACK} {master.port}")
            replica = stack.enter_context(RedisServer(*options, *follows, tls=held))
            sentinels = [
                stack.enter_context(RedisServer(sentinel=watching(master, at_sentinel), tls=held))
                for _ in range(3)
            ]
        except ServerMissing as missing:
            skip_or_fail(str(missing))
        yield Cluster(master, replica, sentinels, held)


async def test_who_lacks_certificate_password_or_trust_is_told_and_who_has_them_sets_up(
    cluster: Cluster, tmp_path: Path
) -> None:
    def environ(**others: str | None) -> dict[str, str]:
        told = {"url": cluster.master.url, **others}
        held = {name: value for name, value in cluster.settings("sp-deploy", **told).items()}
        return {f"STREAMPROC_REDIS__{name.upper()}": value for name, value in held.items() if value}

    stranger = certificates(tmp_path)
    untrusting = await streamproc(
        "redis", "setup", variables=environ(tls_ca_file=str(stranger.ca_file))
    )
    bare = await streamproc(
        "redis", "setup", variables=environ(tls_cert_file=None, tls_key_file=None)
    )
    plain = await streamproc(
        "redis", "setup", variables=environ(url=cluster.master.url.replace("rediss", "redis"))
    )
    unknown_at_sentinel = await streamproc(
        "redis", "setup", variables=environ(url=cluster.url, sentinel_password=password("nobody"))
    )
    right = await streamproc("redis", "setup", variables=environ(url=cluster.url))

    refused = (untrusting, bare, plain, unknown_at_sentinel)
    assert [each.code for each in refused] == [35] * 4, [each.said for each in refused]
    assert "certificate verify failed" in untrusting.said
    assert right.code == 0, right.said


async def test_over_tls_and_with_users_a_failover_leaves_the_view_whole_for_writer_and_board(
    cluster: Cluster,
) -> None:
    deploy = cluster.settings("sp-deploy")
    variables = {f"STREAMPROC_REDIS__{name.upper()}": str(it) for name, it in deploy.items()}
    done = await streamproc("redis", "setup", variables=variables)
    assert done.code == 0, done.said
    settings = Settings(redis=cluster.settings("sp-reader"))
    board = board_of(settings, now_ms=lambda: 1_700_000_000_000)
    with (
        cluster.replica.client(username="operator") as behind,
        contextlib.ExitStack() as stack,
    ):
        asked = [stack.enter_context(it.client(username="operator")) for it in cluster.sentinels]
        await eventually(lambda: all(ready(each) for each in asked), FAILOVER_S)
        board.front()  # mirrors; nobody asks
        try:
            async with Stage(cluster.config("sp-writer")) as stage:
                stage.tell(HOSTS, 1)
                await stage.settled(behind)
                cluster.master.kill()
                stage.tell(HOSTS[:10], 2)
                await eventually(lambda: leads(behind), FAILOVER_S)

                await stage.settled(behind, FAILOVER_S)
                await eventually(
                    lambda: (
                        {name: it.tally.version for name, it in board.hall.rooms.items()}
                        == {name: version for name, (version, _) in stage.versions.items()}
                    ),
                    HEAL_S,
                    lambda: (board.hall.unreadable, board.mirror.filled, sorted(board.hall.rooms)),
                )
                assert board.hall.unreadable == 0
        finally:
            await board.stop()


def ready(asked: Client) -> bool:
    """Whether a Sentinel knows the replica and both others."""
    seen = asked.sentinel_master(SERVICE)
    return bool(seen["num-slaves"] == 1 and seen["num-other-sentinels"] == 2)


def leads(client: Client) -> bool:
    """Whether it is a master; a server that becomes one closes its connections."""
    with contextlib.suppress(RedisError):
        return bool(client.role()[0] == "master")
    return False
