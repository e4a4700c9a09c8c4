"""``streamproc robots``: the receiver of Alertmanager's webhook, until told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import signal
import socket
import time
from typing import Final

import httpx
import structlog
import uvicorn
from pydantic import SecretStr

from streamproc.cli.config import settings_of
from streamproc.errors import BadSetting, PortTaken
from streamproc.robots.delivery import Clock, Delivery, Robot
from streamproc.robots.platforms import DingTalk, Feishu, Platform, WeCom
from streamproc.robots.receiver import application
from streamproc.robots.wording import Wording
from streamproc.setting_groups import Robots

TELLS_ADDRESSES: Final = ("httpx", "httpcore")
"""Loggers that tell the address of each request: here that is a secret, at every level."""
STOP_S: Final = 20
_log: Final = structlog.stdlib.get_logger(__name__)


def robots() -> None:
    """Bring what Alertmanager tells to the robots of WeCom, DingTalk and Feishu.

    Name each in STREAMPROC_ROBOTS__WECOM_URL and so on, best as files of a secrets folder. Alertmanager
    posts to http://<host>:<port>/alerts.
    """
    settings = settings_of().robots
    platforms = platforms_of(settings)
    if not platforms:
        raise BadSetting(
            "no robot is named",
            where="STREAMPROC_ROBOTS__WECOM_URL, __DINGTALK_URL, __FEISHU_URL",
            hint="set one of them at least; docs/settings.md tells of all",
        )
    if settings.token is None and not _is_loopback(settings.host):
        raise BadSetting(
            f"listening on {settings.host} needs a token: whoever reaches it may speak to the robots",
            where="STREAMPROC_ROBOTS__TOKEN",
            hint="set 16 characters or more, the same as in Alertmanager, or listen on 127.0.0.1",
        )
    for name in TELLS_ADDRESSES:
        logging.getLogger(name).disabled = True
    asyncio.run(_serve(settings, platforms))


def platforms_of(settings: Robots) -> list[Platform]:
    """The robots that are named."""
    found: list[Platform] = []
    if settings.wecom_url is not None:
        found.append(WeCom(settings.wecom_url.get_secret_value()))
    if settings.dingtalk_url is not None:
        url = settings.dingtalk_url.get_secret_value()
        found.append(DingTalk(url, _plain(settings.dingtalk_secret)))
    if settings.feishu_url is not None:
        url = settings.feishu_url.get_secret_value()
        found.append(Feishu(url, _plain(settings.feishu_secret)))
    return found


async def _serve(settings: Robots, platforms: list[Platform]) -> None:
    with listening(settings.host, settings.port) as listener:
        async with httpx.AsyncClient(
            timeout=settings.timeout_s, trust_env=False, proxy=_plain(settings.proxy)
        ) as client:
            wording = Wording(settings.language, settings.utc_offset_min)
            delivery = Delivery(
                settings.attempts_max,
                settings.backoff_s,
                settings.per_minute_max,
                settings.remember_s,
            )
            clock = Clock(time.monotonic, lambda: time.time_ns() // 1_000_000, asyncio.sleep)
            app = application(
                [Robot(each, wording, delivery, client, clock) for each in platforms],
                _plain(settings.token),
            )
            config = uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_S,
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                # uvicorn stops in order, then raises the signal once more for who was there before it
                signal.signal(number, lambda _number, _frame: None)
            _log.info(
                "listening",
                address=f"{settings.host}:{settings.port}",
                robots=[each.name for each in platforms],
            )
            await uvicorn.Server(config).serve(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Errors: ``PortTaken``; ``BadSetting`` if there is no such address here.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except socket.gaierror as error:
        raise BadSetting(
            f"there is no address {host}: {error.strerror}",
            where="STREAMPROC_ROBOTS__HOST",
            hint="name an address of this machine",
        ) from error
    except OSError as error:
        raise PortTaken(
            f"cannot listen: {error.strerror}",
            where=f"{host}:{port}",
            hint="end what listens there, or set STREAMPROC_ROBOTS__HOST and STREAMPROC_ROBOTS__PORT",
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
