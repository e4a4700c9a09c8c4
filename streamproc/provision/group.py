"""Who is in a consumer group."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streamproc.errors import BrokerUnreachable


class GroupWatch:
    """Asks a broker about one group; use it as an asynchronous context.

    Errors: ``BrokerUnreachable``, from entering and from asking.
    """

    def __init__(self, bootstrap_servers: str, group: str, *, timeout_s: float) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._group = group
        self._timeout_s = timeout_s
        self._admin: Any = None

    async def __aenter__(self) -> GroupWatch:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap_servers)
        await self._asked(self._admin.start())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()

    async def members(self) -> int:
        """How many members the group has now; 0 also if it never existed."""
        answers = await self._asked(self._admin.describe_consumer_groups([self._group]))
        return sum(len(_members_of(group)) for answer in answers for group in answer.groups)

    async def _asked(self, question: Any) -> Any:  # noqa: ANN401 - aiokafka's answers have no types
        try:
            return await asyncio.wait_for(question, self._timeout_s)
        except (TimeoutError, KafkaError, OSError) as error:
            raise BrokerUnreachable(
                f"no Kafka broker tells of the group {self._group} ({type(error).__name__})",
                where=self._bootstrap_servers,
                hint="start the broker, or name another one: STREAMPROC_KAFKA__BOOTSTRAP_SERVERS",
            ) from error


def _members_of(group: Any) -> list[Any]:  # noqa: ANN401 - a row of an answer
    """The members in a row; later versions of the answer have more columns behind them."""
    return next((each for each in group if isinstance(each, list)), [])
