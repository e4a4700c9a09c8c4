"""One run: workers under load and faults, then peace, then the verdict."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streamproc.events.host_tally import TALLIES_TOPIC
from streamproc.provision.admin import ensure_topics
from tests.chaos.fleet import Fleet, Slot
from tests.chaos.load import Load
from tests.chaos.outages import KINDS as OF_SERVERS
from tests.chaos.outages import Outages
from tests.chaos.plan import Fault, Kind, faults
from tests.chaos.verdict import Verdict, changelog_views, judge
from tests.chaos.views import Compared, Watch, unlike
from tests.compaction import compact_early
from tests.kafka_cluster import REPLICAS, KafkaCluster
from tests.redis_server import RedisServer
from tests.servers import KafkaServer
from tests.worker_process import POLL_S, WorkerProcess, spawned

SESSION_TIMEOUT_S = 6.0
SPARE_SLOTS = 2
FROZEN_AT_MOST_S = 30.0
VICTIM_DEADLINE_S = 30.0
CAUGHT_UP_DEADLINE_S = 180.0
SHOWN_DEADLINE_S = 60.0
GRACE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run is told. Shapes: ``compact_after_s`` None: never, as by far no record is a day old."""

    seed: int
    faults: int
    workers: int = 3
    partitions: int = 12
    rate_per_s: int = 1000
    minutes_max: float = 15.0
    app_id: str = "streamproc"
    compact_after_s: float | None = None


@dataclass(slots=True)
class Outcome:
    """What came of a run.

    Shapes: ``faults`` by kind, those that found somebody to hit; ``exits`` by exit code; ``tallies_seen``
        counts what a reader of the Redis view saw move on, ``alert_steps`` the steps of alerts.
    """

    faults: Counter[str]
    exits: Counter[int]
    stale_records_seen: int
    duration_s: float
    labels: Counter[str]
    tallies_seen: int
    alert_steps: int
    verdict: Verdict


async def run(
    kafka: KafkaServer | KafkaCluster,
    redis: RedisServer,
    folder: Path,
    options: Options,
    say: Callable[[str], None],
) -> Outcome:
    """Everything, with a broker and a Redis that hold nothing of ours yet, and come back in the end."""
    await ensure_topics(
        kafka.bootstrap,
        partitions=options.partitions,
        replication_factor=REPLICAS if isinstance(kafka, KafkaCluster) else 1,
        app_id=options.app_id,
    )
    if options.compact_after_s is not None:
        lag_ms = int(options.compact_after_s * 1000)
        for topic in (f"{options.app_id}-state-changelog", TALLIES_TOPIC):
            await compact_early(kafka.bootstrap, topic, lag_ms)
    chaos = Chaos(kafka, redis, folder, options, say)
    try:
        return await chaos.run()
    finally:
        chaos.fleet.end_now()


class Chaos:
    """The faults of one run, and the workers and the load they happen to."""

    def __init__(
        self,
        kafka: KafkaServer | KafkaCluster,
        redis: RedisServer,
        folder: Path,
        options: Options,
        say: Callable[[str], None],
    ) -> None:
        self._bootstrap = kafka.bootstrap
        self._redis = redis
        self._watch = Watch(redis)
        self._options = options
        self._say = say
        self._started_s = time.monotonic()
        self._thawing: set[asyncio.Task[None]] = set()
        self.done: Counter[str] = Counter()
        self.load = Load(kafka.bootstrap, seed=options.seed, rate_per_s=options.rate_per_s)
        self.fleet = Fleet(self._launch, folder, workers=options.workers, spare=SPARE_SLOTS)
        self._outages = Outages(kafka, redis, self.fleet, SESSION_TIMEOUT_S)

    def _launch(self, status_file: Path, log_file: Path) -> WorkerProcess:
        environment = {
            "STREAMPROC_KAFKA__BOOTSTRAP_SERVERS": self._bootstrap,
            "STREAMPROC_KAFKA__APP_ID": self._options.app_id,
            "STREAMPROC_KAFKA__SESSION_TIMEOUT_S": str(SESSION_TIMEOUT_S),
            "STREAMPROC_KAFKA__HEARTBEAT_INTERVAL_S": "1",
            "STREAMPROC_ENGINE__LOOK_INTERVAL_S": "20",
            "STREAMPROC_ENGINE__REWRITE_AFTER_RECORDS": "1000",
            "STREAMPROC_REDIS__URL": self._redis.url,
        }
        command = [sys.executable, "-m", "streamproc", "worker", "--no-table"]
        command += ["--status-file", str(status_file)]
        inherited = dict(os.environ)  # noqa: TID251 - a child gets ours and what it is told
        process = spawned(command, log_file, {**inherited, **environment})
        return WorkerProcess(process, status_file, log_file)

    async def run(self) -> Outcome:
        """Faults under load, then peace, then the verdict."""
        tending = asyncio.create_task(self.fleet.tend())
        loading = asyncio.create_task(self.load.run())
        watching = asyncio.create_task(self._watch.run())
        try:
            await self._until(self._all_work, "the workers begin", CAUGHT_UP_DEADLINE_S)
            await self._inject()
            await self._make_peace(loading)
            compared = await self._shown()
            await self.fleet.stop()
        finally:
            self.load.stop()
            tending.cancel()
            watching.cancel()
        self._say(f"all is quiet after {self._now_s():.0f} s; judging")
        options = self._options
        verdict = await judge(self._bootstrap, options.app_id, options.partitions, self.load)
        verdict.defects += self.fleet.defects + self._watch.defects + compared.defects
        verdict.demand(watching.cancelled() or not watching.done(), f"no reader: {watching}")
        return Outcome(
            faults=self.done,
            exits=self.fleet.exits,
            stale_records_seen=self.fleet.stale_seen,
            duration_s=self._now_s(),
            labels=self.load.labels,
            tallies_seen=self._watch.seen,
            alert_steps=compared.alert_steps,
            verdict=verdict,
        )

    # -- faults ------------------------------------------------------------------------------------

    async def _inject(self) -> None:
        schedule = faults(self._options.seed)
        limit_s = self._options.minutes_max * 60
        while self.done.total() < self._options.faults and self._now_s() < limit_s:
            if self.fleet.defects:
                break  # more faults would only bury it
            fault = next(schedule)
            await asyncio.sleep(fault.wait_s)
            if await self._do(fault):
                self.done[fault.kind] += 1
        await asyncio.gather(*self._thawing)
        await self._outages.over()

    async def _do(self, fault: Fault) -> bool:
        """Let a fault happen; False if there is nobody it could happen to."""
        if fault.kind is Kind.ADD:
            return self._add()
        if fault.kind in OF_SERVERS:
            return self._take_away(fault)
        return await self._hit(fault)

    async def _hit(self, fault: Fault) -> bool:
        """Let a fault happen to a worker; False if there is none awake."""
        slot = await self._victim(fault)
        if slot is None:
            return False
        self._say(
            f"{self._now_s():6.1f} s  {fault.kind:<9} slot {slot.number}"
            f" with partitions {sorted(slot.partitions)}"
        )
        match fault.kind:
            case Kind.KILL:
                self.fleet.kill(slot, back_after_s=fault.length_s)
            case Kind.TERMINATE:
                self.fleet.terminate(slot, back_after_s=fault.length_s)
            case Kind.REMOVE:
                slot.wanted = False
                self.fleet.terminate(slot)
            case Kind.STORM:
                await self._storm(slot, fault)
            case _:
                self._pause(slot, fault)
        return True

    def _take_away(self, fault: Fault) -> bool:
        if not self._outages.begin(fault):
            return False
        self._say(f"{self._now_s():6.1f} s  {fault.kind}")
        return True

    def _add(self) -> bool:
        """One worker more, where there is room; else nobody is left to add."""
        for slot in self.fleet.slots:
            if not slot.wanted:
                slot.wanted = True
                self._say(f"{self._now_s():6.1f} s  add       slot {slot.number}")
                return True
        return False

    async def _victim(self, fault: Fault) -> Slot | None:
        """Somebody awake, preferably one who owns partitions; removing leaves two at least."""
        deadline = time.monotonic() + VICTIM_DEADLINE_S
        while time.monotonic() < deadline:
            awake = self.fleet.awake()
            if any(slot.partitions for slot in awake):
                few = sum(slot.wanted for slot in self.fleet.slots) <= 2
                if fault.kind is Kind.REMOVE and few:
                    return None
                return awake[fault.pick % len(awake)]
            await asyncio.sleep(POLL_S)
        return None

    async def _storm(self, slot: Slot, fault: Fault) -> None:
        """Leave, join, leave and crash, each while the group still settles the one before."""
        self.fleet.terminate(slot)
        self._add()
        await asyncio.sleep(fault.length_s / 2)
        for each in self.fleet.slots:
            if each.wanted and each.number >= self._options.workers:
                each.wanted = False
                if each.worker is not None and not each.allowed and not each.frozen:
                    self.fleet.terminate(each)
        await asyncio.sleep(fault.length_s / 2)
        awake = self.fleet.awake()
        if awake:
            self.fleet.kill(awake[fault.pick % len(awake)], back_after_s=0.0)

    def _pause(self, slot: Slot, fault: Fault) -> None:
        since, worker = slot.partitions, slot.worker
        self.fleet.freeze(slot)
        if fault.kind is Kind.NAP:
            waking = self._thaw_soon(slot, worker, fault.length_s)
        else:
            waking = self._thaw_late(slot, worker, since)
        task = asyncio.create_task(waking)
        self._thawing.add(task)
        task.add_done_callback(self._thawing.discard)

    async def _thaw_soon(self, slot: Slot, worker: WorkerProcess | None, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.fleet.thaw(slot, worker)

    async def _thaw_late(self, slot: Slot, worker: WorkerProcess | None, since: set[int]) -> None:
        """Wake it once its session is over and others own what it owned."""
        frozen_s = time.monotonic()
        await asyncio.sleep(SESSION_TIMEOUT_S + 1)
        while time.monotonic() < frozen_s + FROZEN_AT_MOST_S:
            if self.fleet.owned_by_others(slot, since):
                break
            await asyncio.sleep(POLL_S)
        self._say(f"{self._now_s():6.1f} s  wakes     slot {slot.number}")
        self.fleet.thaw(slot, worker)

    # -- peace -------------------------------------------------------------------------------------

    async def _make_peace(self, loading: asyncio.Task[None]) -> None:
        self._say(f"{self._now_s():6.1f} s  {self.done.total()} faults; no more of them")
        self.fleet.heal()
        self.load.stop()
        await loading
        await self._until(self._caught_up, "all is durable", CAUGHT_UP_DEADLINE_S)
        await self._healed()

    async def _healed(self) -> None:
        """Return once every stale record is written over; the verdict tells if that does not come."""
        options = self._options
        deadline = time.monotonic() + CAUGHT_UP_DEADLINE_S
        while time.monotonic() < deadline and not self.fleet.defects:
            views = await changelog_views(self._bootstrap, options.app_id, options.partitions)
            if not any(view.unhealed for view in views):
                return

    async def _shown(self) -> Compared:
        """How views compare with the state, once they say the same or had time enough to."""
        options = self._options
        deadline = time.monotonic() + SHOWN_DEADLINE_S
        while True:
            state = await changelog_views(self._bootstrap, options.app_id, options.partitions)
            found = await unlike(self._bootstrap, options.partitions, self._redis, state)
            if not found.defects or time.monotonic() > deadline:
                return found

    def _all_work(self) -> bool:
        owned = set().union(*(slot.partitions for slot in self.fleet.slots))
        return len(owned) == self._options.partitions

    def _caught_up(self) -> bool:
        durable = self.fleet.durable()
        return all(durable.get(source, 0) >= end for source, end in self.load.ends().items())

    async def _until(self, holds: Callable[[], bool], what: str, deadline_s: float) -> None:
        """Return once it holds; a deadline that passes is a defect, and the verdict tells the rest."""
        deadline = time.monotonic() + deadline_s
        while not holds():
            if self.fleet.defects and time.monotonic() > deadline - deadline_s + GRACE_S:
                return  # a worker that ended as none may will hardly catch up
            if time.monotonic() > deadline:
                self.fleet.defects.append(f"not in {deadline_s:.0f} s: {what}; {self._behind()}")
                return
            await asyncio.sleep(0.2)

    def _behind(self) -> dict[str, tuple[int | None, int]]:
        durable = self.fleet.durable()
        ends = self.load.ends().items()
        return {at: (durable.get(at), end) for at, end in ends if durable.get(at, 0) < end}

    def _now_s(self) -> float:
        return time.monotonic() - self._started_s
