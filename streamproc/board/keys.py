"""The names of what the Redis view holds."""

from __future__ import annotations


class Keys:
    """Keys below a prefix; a host's stand in one slot of a cluster."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.hosts = f"{prefix}:{{lb}}:hosts"
        self.poke = f"{prefix}:poke"

    def live(self, host_id: str) -> str:
        """The tally of a host: a hash of version, as_of_ms, partition, tally."""
        return f"{self._prefix}:{{{host_id}}}:live"

    def alerts(self, host_id: str) -> str:
        """The alerts of a host: a hash of transitions by alert_id."""
        return f"{self._prefix}:{{{host_id}}}:alerts"

    def curve(self, host_id: str, session_id: str) -> str:
        """The minutes of a broadcast: a hash of minutes by their begin."""
        return f"{self._prefix}:{{{host_id}}}:curve:{session_id}"

    def epoch(self, partition: int) -> str:
        """The heartbeat of whoever owns a partition."""
        return f"{self._prefix}:{{p{partition}}}:epoch"
