"""What is asked before a worker starts, of an address that nobody checked."""

from __future__ import annotations

import pytest

from streamproc.engine.preflight import partition_counts
from streamproc.errors import BadSetting


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "a..b:9092", "127.0.0.1:port"])
async def test_an_address_that_is_none_is_a_wrong_setting(address: str) -> None:
    with pytest.raises(BadSetting, match="this is no broker address"):
        await partition_counts(address, ["live.orders.v1"], timeout_s=5)
