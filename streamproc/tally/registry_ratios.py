"""Figures that set sales beside the audience."""

from __future__ import annotations

from typing import Final

from streamproc.tally.registry_definition import (
    OF_PEOPLE,
    SESSION_ONLY,
    Definition,
    Unit,
)

RATIOS: Final = (
    Definition(
        id="ctr",
        zh="商品点击率",
        en="click-through rate",
        unit=Unit.RATIO,
        formula="product_clicks / product_exposures",
        inputs=("viewers.clicks", "viewers.exposures"),
        traps=("Times, not people.",),
        tiktok_shop="traffic.ctr",
    ),
    Definition(
        id="ctor",
        zh="点击成交率",
        en="click-to-order rate",
        unit=Unit.RATIO,
        formula="orders_sku / product_clicks",
        inputs=("orders.paid_lines", "viewers.clicks"),
        traps=("In a window it can be above 1: whoever pays in it may have clicked earlier.",),
    ),
    Definition(
        id="conversion",
        zh="观看成交率",
        en="conversion",
        unit=Unit.RATIO,
        formula="buyers / viewers",
        inputs=("uniques.buyers", "uniques.viewers", "counted.viewers_total"),
        windows=SESSION_ONLY,
        traps=("People by people; views and viewers must not be mixed.",),
        follows="Buyers by viewers of the room. Lazada divides by those who visited a product.",
    ),
    Definition(
        id="gpm_views_minor",
        zh="千次观看成交金额",
        en="GMV per 1,000 views",
        unit=Unit.MINOR,
        formula="pay_gmv_minor * 1000 / views",
        inputs=("orders.pay_gmv_minor", "viewers.joins", "counted.views_total"),
        follows="GPM is said of views (Watch GPM) and of people: both are given.",
        tiktok_shop="Watch GPM",
    ),
    Definition(
        id="gpm_viewers_minor",
        zh="千人观看成交金额",
        en="GMV per 1,000 viewers",
        unit=Unit.MINOR,
        formula="pay_gmv_minor * 1000 / viewers",
        inputs=("orders.pay_gmv_minor", "uniques.viewers", "counted.viewers_total"),
        windows=OF_PEOPLE,
        follows="GPM is said of views (Watch GPM) and of people: both are given.",
    ),
    Definition(
        id="uv_value_minor",
        zh="UV 价值",
        en="value per viewer",
        unit=Unit.MINOR,
        formula="pay_gmv_minor / viewers",
        inputs=("orders.pay_gmv_minor", "uniques.viewers", "counted.viewers_total"),
        windows=OF_PEOPLE,
    ),
    Definition(
        id="interaction_rate",
        zh="互动率",
        en="interaction rate",
        unit=Unit.RATIO,
        formula="different people who liked, followed, shared or wrote / viewers",
        inputs=(
            "uniques.active",
            "uniques.commenters",
            "uniques.viewers",
            "counted.viewers_total",
        ),
        windows=OF_PEOPLE,
        traps=("A person who does two of these counts once.",),
        follows="Lazada's viewers engaged. WeChat gives a rate each of those who wrote and of those "
        "who liked.",
        wechat="comment_uv/new_watch_uv and like_uv/new_watch_uv, apart",
    ),
)
"""In the order in which they are shown."""
