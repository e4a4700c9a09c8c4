"""Figures of who watched, and what they did."""

from __future__ import annotations

from typing import Final

from streamproc.tally.registry_definition import (
    OF_PEOPLE,
    SESSION_ONLY,
    Definition,
    Unit,
)

_ESTIMATED: Final = "Exact up to 256, then an estimate; completeness says which."

AUDIENCE: Final = (
    Definition(
        id="online_now",
        zh="在线人数",
        en="online now",
        unit=Unit.COUNT,
        formula="the latest count that the platform told; unknown once the broadcast ended, until it is "
        "counted again",
        inputs=("counted.online",),
        windows=SESSION_ONLY,
        traps=(
            'Some sources round it ("1.2万"); completeness says so, and how old it is.',
            "Some rooms never tell it.",
        ),
        tiktok_shop="current_visitor_count",
    ),
    Definition(
        id="online_peak",
        zh="最高在线人数",
        en="online, peak (PCU)",
        unit=Unit.COUNT,
        formula="the greatest count told; in a window or a minute also the one that holds at its begin, "
        "and none that was told while the broadcast was over",
        inputs=("counted.online",),
        traps=("A window after the end tells none, however many watched last.",),
        tiktok_shop="peak_concurrent_user_count",
    ),
    Definition(
        id="online_mean",
        zh="平均在线人数",
        en="online, mean (ACU)",
        unit=Unit.COUNT,
        formula="mean over time of the counts told, each of which holds until the next one or until the "
        "broadcast ends, from the first to the end of the session: that which was told, else the last sign "
        "of life, which orders are not",
        inputs=("counted.online",),
        traps=(
            "The mean of the counts is wrong: they come at irregular times.",
            "Between an end and a new start nobody watches, and that time is not in the mean; a pause is "
            "in it, for those who wait are online.",
        ),
    ),
    Definition(
        id="views",
        zh="场观",
        en="views (PV)",
        unit=Unit.COUNT,
        formula="entries into the room; where no entry was told at all, what the platform counted",
        inputs=("viewers.joins", "counted.views_total"),
        traps=(
            "Sources call both views and viewers 观看.",
            "Whoever comes again counts again.",
        ),
        follows="Views and viewers are kept apart.",
        tiktok_shop="traffic.views",
    ),
    Definition(
        id="viewers",
        zh="观看人数",
        en="viewers (UV)",
        unit=Unit.COUNT,
        formula="different viewer_key of entries; where no entry was told at all, what the platform "
        "counted (session only)",
        inputs=(
            "viewers.joins",
            "viewers.unnamed_joins",
            "uniques.viewers",
            "counted.viewers_total",
        ),
        windows=OF_PEOPLE,
        traps=(
            _ESTIMATED,
            "Unknown where no entry has a viewer_key.",
            "Sources call both views and viewers 观看.",
        ),
        follows="Views and viewers are kept apart.",
        tiktok_shop="traffic.viewers",
        wechat="new_watch_uv, the denominator of its rates",
    ),
    Definition(
        id="watch_mean_s",
        zh="平均停留时长",
        en="average watch time",
        unit=Unit.SECONDS,
        formula="time watched by those who left / their number (measured); where nobody is told to "
        "leave, integral of online over time / views (Little's law); what is over is watched by nobody",
        inputs=(
            "viewers.watched_ms",
            "viewers.leaves",
            "viewers.unnamed_leaves",
            "uniques.leavers",
            "counted.online",
            "viewers.joins",
            "counted.views_total",
        ),
        traps=(
            "TikTok and Douyin tell of nobody who leaves: completeness names the method, and the windows "
            "in which it is another.",
            "In a window the measured one is per leave, not per viewer.",
        ),
        wechat="average watch seconds",
    ),
    Definition(
        id="likes",
        zh="点赞数",
        en="likes",
        unit=Unit.COUNT,
        formula="increments of likes",
        inputs=("viewers.likes",),
        traps=("One event may stand for many likes.",),
        tiktok_shop="interactions.likes",
    ),
    Definition(
        id="follows",
        zh="新增粉丝",
        en="new followers",
        unit=Unit.COUNT,
        formula="viewers who followed the host, by event",
        inputs=("viewers.follows",),
        traps=("Nobody tells who stops following.",),
        tiktok_shop="interactions.new_followers",
    ),
    Definition(
        id="shares",
        zh="分享数",
        en="shares",
        unit=Unit.COUNT,
        formula="times the room was shared",
        inputs=("viewers.shares",),
        tiktok_shop="interactions.shares",
    ),
    Definition(
        id="comments",
        zh="评论数",
        en="comments",
        unit=Unit.COUNT,
        formula="comments written, whoever wrote them, without mirrored ones",
        inputs=("comments.comments",),
        traps=(
            "A comment that a second source repeats is mirrored, and counts once, whichever of the two "
            "comes first, also under one event_id.",
        ),
        tiktok_shop="interactions.comments",
    ),
    Definition(
        id="commenters",
        zh="评论人数",
        en="commenters",
        unit=Unit.COUNT,
        formula="different user_key of comments that viewers wrote, without mirrored ones",
        inputs=("uniques.commenters",),
        windows=OF_PEOPLE,
        traps=(_ESTIMATED, "Hosts and staff write comments, but are no commenters."),
        wechat="comment_uv",
    ),
    Definition(
        id="product_exposures",
        zh="商品曝光次数",
        en="product exposures",
        unit=Unit.COUNT,
        formula="times a product was shown to a viewer",
        inputs=("viewers.exposures",),
        tiktok_shop="traffic.product_impressions",
    ),
    Definition(
        id="product_clicks",
        zh="商品点击次数",
        en="product clicks",
        unit=Unit.COUNT,
        formula="times a viewer opened a product",
        inputs=("viewers.clicks",),
        tiktok_shop="traffic.product_clicks",
    ),
    Definition(
        id="cart_adds",
        zh="加购次数",
        en="additions to the cart",
        unit=Unit.COUNT,
        formula="times a viewer put a product into the cart",
        inputs=("viewers.cart_adds",),
        traps=("A source that tells of viewers but never of carts gives 0, as if nobody did it.",),
    ),
)
"""In the order in which they are shown."""
