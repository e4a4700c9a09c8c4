"""Rooms, alerts and curves as the board's API tells them, for the stage of the browser tests."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from msgspec import json

from streamproc.alerts.registry import RULES
from streamproc.tally.registry import DEFINITIONS

MINUTE_MS = 60_000
Json = dict[str, Any]

PLACES = [
    ("尚塘村", "沙琅镇", "电白区"),
    ("上河村", "霞洞镇", "电白区"),
    ("柏桥村", "根子镇", "高州市"),
    ("大岭村", "平定镇", "化州市"),
    ("双合村", "钱排镇", "信宜市"),
    ("白土村", "金塘镇", "茂南区"),
]
NAMES = ["阿珍果园", "阿霞带货", "六叔说土货", "三婶家的味道", "小满晒场", "老陈助农", "七姐在乡下"]
SPANS = ("1m", "5m", "10m", "previous_10m", "60m")
SPARK = 30


def definitions() -> Json:
    """The registry, as ``GET /definitions`` gives it."""
    alerts = [
        {"kind": rule.kind, "zh": rule.zh, "en": rule.en, "severity": str(rule.severity)}
        for rule in RULES
    ]
    figures: Any = json.decode(json.encode(list(DEFINITIONS.values())))
    return {"figures": figures, "alerts": alerts}


def card(n: int, as_of_ms: int) -> Json:
    """The card of the n-th room. Shapes: the first sells most."""
    chance = random.Random(n)
    village, town, district = PLACES[n % len(PLACES)]
    paid = 61_234_567 // (n + 1) + chance.randrange(100_000)
    online = 9_000 // (n + 1) + chance.randrange(90)
    return {
        "host_id": f"h{n:04}",
        "host_name": f"{town[:2]}{NAMES[n % len(NAMES)]}",
        "village": village,
        "town": town,
        "district": district,
        "session_id": f"s{n:04}",
        "room_id": f"r{n:04}",
        "status": "live",
        "started_ms": as_of_ms - 95 * MINUTE_MS,
        "as_of_ms": as_of_ms,
        "version": 1,
        "heard_ms": as_of_ms - 400,
        "pay_gmv_minor": {"CNY": paid},
        "net_gmv_minor": {"CNY": paid - paid // 40},
        "orders_main": paid // 6_100,
        "items_sold": paid // 5_200,
        "buyers": paid // 7_000,
        "online_now": online,
        "online_peak": online + online // 3,
        "comments": online * 9,
        "comments_1m": online // 25,
        "pay_gmv_10m_minor": {"CNY": paid // 9},
        "previous_10m_pay_gmv_minor": {"CNY": paid // (8 + n % 3)},
        "spark_gmv": _walk(chance, paid // 90),
        "spark_comments": _walk(chance, online // 25 + 1),
        "spark_online": [None, None, *_walk(chance, online)[2:]],
        "alerts": {"page": 0, "ticket": 0, "info": 0},
        "on_show": {
            "product_id": "p-niudali",
            "since_ms": as_of_ms - 200_000,
            "title": "牛大力干片 500g",
            "link_no": 3,
            "available": 41,
        },
        "late": 0,
        "rejected": 0,
        "missing_sources": [],
        "approximate": [],
        "partition": n % 2,
    }


def _walk(chance: random.Random, about: int) -> list[int]:
    value, found = float(about), []
    for _ in range(SPARK):
        value = max(0.0, value * chance.uniform(0.86, 1.17))
        found.append(round(value))
    return found


def alert(name: str, of: Json, at_ms: int) -> Json:
    """A stock-out of a room, confirmed, with all its evidence."""
    return {
        "alert_id": f"Stockout:{name}",
        "seq": 1,
        "kind": "Stockout",
        "phase": "firing",
        "severity": "page",
        "host_id": of["host_id"],
        "session_id": of["session_id"],
        "subject": "p:lizhi-gan",
        "at_ms": at_ms,
        "opened_ms": at_ms - 84_000,
        "why": "entered",
        "rule": "stockout",
        "rule_version": 1,
        "advice": {
            "zh": "1号荔枝干 带壳 500g已断货且有人要买：查仓库实际库存，补货或换链接；先停该品投流",
            "en": "No. 1 dried lychee is out of stock and wanted: check the warehouse, "
            "add stock or switch the link; pause ads for it",
            "teleprompter": "荔枝干没货,先讲别的",
        },
        "state": "confirmed",
        "host_name": of["host_name"],
        "village": of["village"],
        "product_id": "lizhi-gan",
        "product_title": "荔枝干 带壳 500g",
        "link_no": 1,
        "confidence": 0.98,
        "lexicon_version": "e136ce52e7e2",
        "evidence": evidence(at_ms),
    }


def evidence(at_ms: int, *texts: str) -> Json:
    """What a stock-out rests on."""
    said = texts or ("1号没货了", "荔枝干秒没", "还会补荔枝干吗", "打我电话***", "1号链接拍不了")
    return {
        "comments": [
            {
                "id": f"live.comments.v1-0-{214 + n}",
                "at_ms": at_ms - 20_000 + 4_000 * n,
                "label": "stockout_report",
                "text": text,
            }
            for n, text in enumerate(said)
        ],
        "users": 24,
        "orders_per_min": 0.0,
        "orders_per_min_before": 25.44,
        "stock": {
            "available": 0,
            "sold_out": True,
            "as_of_ms": at_ms - 20_000,
            "age_s": 20.0,
            "cause": "sync",
        },
        "lost_sales": {
            "lines": 40.3,
            "low": 28.5,
            "high": 52.3,
            "method": "rate_before x time_out",
        },
        "inputs": {"users": 24, "score": 23.1, "via": "named"},
        "offsets": {"live.comments.v1": 232, "live.orders.v1": 378},
    }


def tally(of: Json) -> Json:
    """The whole tally behind a card: every figure of the registry over every window."""
    figures = {each.id: _value(str(each.unit), of, 1) for each in DEFINITIONS.values()}
    told = {name: of[name] for name in figures if name in of}
    windows = {
        span: {each.id: _value(str(each.unit), of, 9) for each in DEFINITIONS.values()}
        for span in SPANS
    }
    session = {
        "session_id": of["session_id"],
        "status": of["status"],
        "started_ms": of["started_ms"],
        "ended_ms": None,
        "heard_ms": of["heard_ms"],
        "figures": figures | told,
        "windows": windows,
        "completeness": {
            "as_of_ms": of["as_of_ms"],
            "status": of["status"],
            "missing_sources": ["live.viewers.v1"],
            "late": {"live.comments.v1": 12},
            "rejected": {"live.orders.v1": 40},
            "approximate": ["buyers", "commenters"],
            "online_at_ms": of["as_of_ms"] - 8_000,
            "online_approximate": True,
            "watch_method": "littles_law",
            "watch_methods": {"1m": "measured"},
            "orphan_refunds": 1,
            "contradicted_lines": 0,
            "unnamed": {"paid_lines": 3, "joins": 1044, "comments": 0},
            "after_end": 0,
        },
        "on_show": of["on_show"],
        "intents": {"stockout_report": 40},
        "intents_10m": {"stockout_report": 11},
        "failed_by_reason": of.get("failed_by_reason", {}),
    }
    return {
        "version": of["version"],
        "host_id": of["host_id"],
        "as_of_ms": of["as_of_ms"],
        "sessions": [session],
        "host_name": of["host_name"],
        "village": of["village"],
        "town": of["town"],
        "district": of["district"],
        "rejected": {"live.comments.v1": 3},
    }


def _value(unit: str, of: Json, part: int) -> dict[str, int] | float:
    match unit:
        case "minor units by currency":
            return {"CNY": of["pay_gmv_minor"]["CNY"] // part}
        case "ratio":
            return 0.0432
        case "seconds":
            return 71.5
        case _:
            return int(of["orders_main"]) // part


def curve(of: Json) -> Json:
    """The minutes of a room since it began."""
    chance = random.Random(of["host_id"])
    begun = of["started_ms"] // MINUTE_MS * MINUTE_MS
    minutes = []
    for n in range((of["as_of_ms"] - begun) // MINUTE_MS):
        sold = round(of["pay_gmv_minor"]["CNY"] / 95 * chance.uniform(0.3, 1.7))
        sold = 0 if 55 < n < 59 else sold
        minutes.append(
            {
                "minute_ms": begun + n * MINUTE_MS,
                "pay_gmv_minor": {"CNY": sold},
                "net_gmv_minor": {"CNY": sold - sold // 30},
                "orders": sold // 6_100,
                "items": sold // 5_200,
                "comments": chance.randrange(40, 200),
                "joins": 30,
                "likes": 100,
                "online": None if n in (30, 31) else round(of["online_now"] * (0.4 + n / 160)),
                "asked": chance.randrange(0, 30) if n > 54 else 0,
                "pins": ["沙琅萝卜干 500g"] if n % 28 == 4 else [],
            }
        )
    return {"host_id": of["host_id"], "session_id": of["session_id"], "minutes": minutes}


def rollups(level: str, cards: list[Json]) -> list[Json]:
    """Sums of rooms by place."""
    depth = ["district", "town", "village"].index(level) + 1
    places: dict[tuple[str, ...], list[Json]] = {}
    for each in cards:
        home = (each["district"], each["town"], each["village"])
        places.setdefault(home[:depth], []).append(each)
    return [
        {
            "place": list(place),
            "hosts": len(rooms),
            "sessions": len(rooms),
            "figures": {
                "pay_gmv_minor": {"CNY": sum(each["pay_gmv_minor"]["CNY"] for each in rooms)},
                "net_gmv_minor": {"CNY": sum(each["net_gmv_minor"]["CNY"] for each in rooms)},
                "orders_main": sum(each["orders_main"] for each in rooms),
                "items_sold": sum(each["items_sold"] for each in rooms),
                "comments": sum(each["comments"] for each in rooms),
                "likes": 12_345,
                "refund_rate": 0.0213,
                "ctr": None,
                "buyers": None,
            },
            "late": _counted("live.comments.v1", sum(each["late"] for each in rooms)),
            "rejected": _counted("live.orders.v1", sum(each["rejected"] for each in rooms)),
            "approximate": sorted({name for each in rooms for name in each["approximate"]}),
            "missing_sources": Counter(name for each in rooms for name in each["missing_sources"]),
        }
        for place, rooms in sorted(places.items())
    ]


def _counted(topic: str, count: int) -> dict[str, int]:
    """A count by topic. Shapes: empty where it is 0."""
    return {topic: count} if count else {}
