"""Made-up rooms as the Redis view holds them: they sell, chat and get into trouble, second by second."""

from __future__ import annotations

import json as plain
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import json

from streamproc.events.host_tally import CurveMinute, HostTally, OnShow, SessionTallied, Value
from streamproc.events.outputs import AlertTransition
from streamproc.simulate.world import places, products
from streamproc.tally.registry import FIGURE_IDS

EXAMPLES: Final = Path(__file__).parents[2] / "topics" / "examples" / "live.alerts.v1"
MINUTE_MS: Final = 60_000
WINDOWS: Final = {"1m": 1, "5m": 5, "10m": 10, "60m": 60}
HISTORY_MINUTES: Final = 45


def transitions() -> list[AlertTransition]:
    """Alerts of real runs, as examples."""
    return [
        json.decode(path.read_bytes(), type=AlertTransition)
        for path in sorted(EXAMPLES.glob("*.json"))
        if not path.name.startswith("bad-")
    ]


@dataclass
class FakeRoom:
    """One room that lives."""

    host_id: str
    name: str
    village: str
    town: str
    district: str
    started_ms: int
    chance: random.Random
    pace: float
    online: int = 0
    minutes: dict[int, CurveMinute] = field(default_factory=dict)
    buyers: int = 0
    likes: int = 0
    views: int = 0
    refunded_minor: int = 0
    refunded_lines: int = 0
    peak: int = 0
    version: int = 1
    shown: int = 0
    alerts: dict[str, AlertTransition] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    complete: dict[str, Any] = field(default_factory=dict)
    """What its completeness says otherwise."""

    @property
    def session_id(self) -> str:
        """The name of its broadcast."""
        return f"{self.host_id}-{self.started_ms // 1000}"

    def live(self, at_ms: int, seconds: float) -> None:
        """Let so many seconds pass that end at a moment."""
        minute_ms = at_ms // MINUTE_MS * MINUTE_MS
        draw = self.chance
        surge = 1 + 1.5 * max(0.0, draw.gauss(0, 0.4))
        orders = _poisson(draw, 0.10 * self.pace * surge * seconds)
        comments = _poisson(draw, 0.6 * self.pace * surge * seconds)
        joins = _poisson(draw, 0.8 * self.pace * seconds)
        paid = sum(draw.choice((990, 1990, 2990, 3990, 5900, 12800)) for _ in range(orders))
        self.online = max(3, round(self.online * draw.uniform(0.985, 1.015) + draw.uniform(-2, 2)))
        self.peak = max(self.peak, self.online)
        self.buyers += sum(draw.random() < 0.8 for _ in range(orders))
        self.likes += _poisson(draw, 2 * self.pace * seconds)
        self.views += joins
        refunded = draw.choice((990, 1990, 2990)) if orders and draw.random() < 0.04 else 0
        self.refunded_minor += refunded
        self.refunded_lines += bool(refunded)
        pins: list[str] = []
        if draw.random() < seconds / 240:
            self.shown = draw.randrange(len(products()))
            pins = [products()[self.shown].id]
        before = self.minutes.get(minute_ms) or CurveMinute(minute_ms=minute_ms)
        self.minutes[minute_ms] = CurveMinute(
            minute_ms=minute_ms,
            pay_gmv_minor={"CNY": before.pay_gmv_minor.get("CNY", 0) + paid},
            net_gmv_minor={"CNY": before.net_gmv_minor.get("CNY", 0) + paid - refunded},
            orders=before.orders + orders,
            items=before.items + orders + (orders and draw.randrange(orders + 1)),
            comments=before.comments + comments,
            joins=before.joins + joins,
            likes=before.likes + comments,
            online=max(before.online or 0, self.online),
            asked=before.asked + sum(draw.random() < 0.05 for _ in range(comments)),
            pins=before.pins + pins,
        )
        self.touched.add(minute_ms)
        self.version += 1

    def tally(self, at_ms: int) -> HostTally:
        """Its tally at a moment."""
        latest = at_ms // MINUTE_MS * MINUTE_MS
        windows = {
            name: self._figures(latest - (length - 1) * MINUTE_MS, latest)
            for name, length in WINDOWS.items()
        }
        windows["previous_10m"] = self._figures(latest - 19 * MINUTE_MS, latest - 10 * MINUTE_MS)
        product = products()[self.shown]
        session = SessionTallied(
            session_id=self.session_id,
            status="live",
            started_ms=self.started_ms,
            ended_ms=None,
            heard_ms=at_ms,
            figures=self._whole(self._figures(0, latest)),
            windows=windows,
            completeness={
                "as_of_ms": at_ms,
                "status": "live",
                "missing_sources": [],
                "late": {"live.orders.v1": self.version // 97} if self.version > 97 else {},
                "approximate": ["viewers"] if self.views > 256 else [],
                **self.complete,
            },
            room_id=f"room-{self.host_id}",
            venue_id="hall-1",
            on_show=OnShow(
                product_id=product.id,
                since_ms=at_ms - 40_000,
                title=product.title,
                link_no=self.shown + 1,
                available=self.chance.randrange(0, 90),
            ),
            intents={"price": self.likes // 9, "restock_request": self.likes // 40},
            intents_10m={"price": self.likes // 60, "restock_request": self.likes // 300},
        )
        return HostTally(
            version=self.version,
            host_id=self.host_id,
            as_of_ms=at_ms,
            sessions=[session],
            host_name=self.name,
            village=self.village,
            town=self.town,
            district=self.district,
        )

    def _figures(self, first_ms: int, last_ms: int) -> dict[str, Value]:
        counted = [each for at, each in self.minutes.items() if first_ms <= at <= last_ms]
        paid: Counter[str] = Counter()
        net: Counter[str] = Counter()
        for each in counted:
            paid.update(each.pay_gmv_minor)
            net.update(each.net_gmv_minor)
        figures: dict[str, Value] = {
            "pay_gmv_minor": dict(paid),
            "net_gmv_minor": dict(net),
            "orders_main": sum(each.orders for each in counted),
            "orders_sku": sum(each.orders for each in counted),
            "items_sold": sum(each.items for each in counted),
            "comments": sum(each.comments for each in counted),
            "likes": sum(each.likes for each in counted),
            "views": sum(each.joins for each in counted),
        }
        return figures

    def _whole(self, figures: dict[str, Value]) -> dict[str, Value]:
        orders = figures["orders_sku"]
        rate = self.refunded_lines / orders if isinstance(orders, int) and orders else None
        return {
            **dict.fromkeys(FIGURE_IDS),
            **figures,
            "refunded_minor": {"CNY": self.refunded_minor} if self.refunded_minor else {},
            "refund_rate": rate,
            "buyers": self.buyers,
            "viewers": round(self.views * 0.7),
            "commenters": round(self.views * 0.2),
            "online_now": self.online,
            "online_peak": self.peak,
            "product_clicks": self.views // 3,
            "product_exposures": self.views,
        }

    def trouble(self, at_ms: int) -> AlertTransition:
        """Open one more alert, after an example."""
        example = self.chance.choice([each for each in transitions() if each.phase == "firing"])
        alert_id = f"{example.kind}:{self.chance.getrandbits(128):032x}"
        moved = at_ms - example.at_ms
        shift = {"at_ms": at_ms, "opened_ms": at_ms - 30_000, "valid_until_ms": at_ms + 600_000}
        evidence: dict[str, Any] = msgspec.to_builtins(example.evidence)
        for comment in evidence.get("comments", []):
            comment["at_ms"] += moved
        told = {
            **msgspec.to_builtins(example),
            **shift,
            "alert_id": alert_id,
            "seq": 1,
            "host_id": self.host_id,
            "session_id": self.session_id,
            "room_id": f"room-{self.host_id}",
            "host_name": self.name,
            "village": self.village,
            "town": self.town,
            "district": self.district,
            "evidence": evidence,
        }
        return self._told(msgspec.convert(told, AlertTransition))

    def over(self, alert_id: str, at_ms: int) -> None:
        """Let an alert be over."""
        self._step(alert_id, at_ms, phase="resolved", why="restocked")

    def judged(self, alert_id: str, at_ms: int, verdict: str, until_ms: int | None) -> None:
        """Let an alert take a verdict."""
        self._step(alert_id, at_ms, why="judged", verdict=verdict, snoozed_until_ms=until_ms)

    def _step(self, alert_id: str, at_ms: int, **changes: object) -> None:
        held = self.alerts[alert_id]
        self._told(msgspec.structs.replace(held, seq=held.seq + 1, at_ms=at_ms, **changes))

    def _told(self, alert: AlertTransition) -> AlertTransition:
        self.alerts[alert.alert_id] = alert
        self.version += 1
        return alert


def rooms_made(count: int, now_ms: int, seed: int = 1) -> list[FakeRoom]:
    """So many rooms that have been live for three quarters of an hour."""
    villages, names = places().villages(), places().nicknames
    made = []
    for number in range(count):
        district, town, village = villages[(number * 7 + seed) % len(villages)]
        role = places().roles[number % len(places().roles)]
        chance = random.Random(f"{seed}:{number}")
        room = FakeRoom(
            host_id=f"h-{number + 1:04d}",
            name=names[(number * 11) % len(names)] + role,
            village=village,
            town=town,
            district=district,
            started_ms=now_ms - HISTORY_MINUTES * MINUTE_MS,
            chance=chance,
            pace=chance.lognormvariate(0, 0.9) + 0.15,
            online=round(chance.lognormvariate(4.5, 1.2)),
        )
        for back in range(HISTORY_MINUTES, -1, -1):
            room.live(now_ms - back * MINUTE_MS, 60)
        made.append(room)
    return made


def _poisson(draw: random.Random, mean: float) -> int:
    """How often something happens that happens so often on average."""
    return round(draw.gauss(mean, mean**0.5)) if mean > 30 else _small(draw, mean)


def _small(draw: random.Random, mean: float) -> int:
    count, left = 0, draw.expovariate(1)
    while left < mean:
        count += 1
        left += draw.expovariate(1)
    return count


def plain_json(value: bytes) -> Any:  # noqa: ANN401 - any JSON
    """JSON as Python's own reader reads it."""
    return plain.loads(value)
