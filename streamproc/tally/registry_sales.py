"""Figures of what was ordered, paid and given back."""

from __future__ import annotations

from typing import Final

from streamproc.tally.registry_definition import (
    OF_PEOPLE,
    SESSION_ONLY,
    Definition,
    Unit,
)

_COMPASS: Final = "Compass; its FAQ does not say whether it speaks of Douyin or of TikTok Shop"
_OF_CURRENCIES: Final = (
    "Null where a span holds payments in several currencies: orders and buyers are counted whatever they "
    "paid in."
)

SALES: Final = (
    Definition(
        id="created_minor",
        zh="下单金额",
        en="amount ordered",
        unit=Unit.MINOR,
        formula="what is to be paid for created order lines, at the time they were created; "
        "a paid line that was never told to be created counts as created when it was paid",
        inputs=("orders.created_minor",),
        traps=("Advertising reports keep created and paid money apart (create_*, pay_*).",),
    ),
    Definition(
        id="pay_gmv_minor",
        zh="成交金额",
        en="GMV, paid",
        unit=Unit.MINOR,
        formula="what was paid for order lines, with freight and without coupons that the platform "
        "pays for, at the time of payment; no refund and no cancelling takes anything off",
        inputs=("orders.pay_gmv_minor",),
        traps=(
            "It is greater than or equal to what is settled.",
            "Others call the money of unpaid orders GMV.",
            "TikTok's 24h_live_gmv is another number, may be the greater one, and must not be "
            "added to it.",
            "It falls only when two payments of the same line contradict each other.",
        ),
        follows="Compass: paid money, never reduced. TikTok's gmv per minute is alike: it includes "
        "returns and refunds.",
        douyin=f"成交金额 ({_COMPASS})",
        tiktok_shop="sales.gmv",
    ),
    Definition(
        id="net_gmv_minor",
        zh="净成交金额",
        en="GMV less refunds",
        unit=Unit.MINOR,
        formula="pay_gmv_minor - refunded_minor, by currency",
        inputs=("orders.pay_gmv_minor", "orders.refunded_minor"),
        traps=(
            "In a window it can be below zero: refunds count when they happen, not when the line "
            "was paid.",
            "A paid line that was cancelled stays in it until its money is given back.",
            "It moves for 30 days after the session.",
        ),
        follows="Compass: a refund counts at the time it succeeded. Order pages count it when it is "
        "asked for; the two never match.",
    ),
    Definition(
        id="refunded_minor",
        zh="退款金额",
        en="amount refunded",
        unit=Unit.MINOR,
        formula="refunds that succeeded of paid lines, each at its own time, in the session of the "
        "payment; never late",
        inputs=("orders.refunded_minor",),
        traps=(
            "A line can have several partial refunds; freight is given back apart from it.",
            "A refund of a line that is not known to be paid is held and told as orphan_refunds.",
            "A refund in another currency than its line was paid in, and refunds of more than was paid, "
            "count as they were told, and their line in contradicted_lines of completeness.",
        ),
        follows="Compass: at the time of success, not of the request.",
    ),
    Definition(
        id="refund_rate",
        zh="退款率",
        en="refund rate",
        unit=Unit.RATIO,
        formula="refunded lines / paid lines",
        inputs=("orders.refunded_lines", "orders.paid_lines"),
        traps=(
            "A line counts once, at its first refund, however many there are.",
            "In a window it can be above 1: the lines refunded in it were paid earlier.",
        ),
    ),
    Definition(
        id="orders_main",
        zh="订单数（主订单）",
        en="orders",
        unit=Unit.COUNT,
        formula="different order_id with a paid line, each at the first payment of its lines",
        inputs=("orders.orders_main",),
        traps=(
            "One order of three products is one here and three in orders_sku.",
            "An order that is told again more than 37 days after what was last told of it counts again.",
        ),
        follows="Order management counts main orders, Compass counts SKU orders: both are given, "
        "and none is called just orders.",
        tiktok_shop="sales.main_orders",
    ),
    Definition(
        id="orders_sku",
        zh="订单数（SKU 订单）",
        en="order lines paid",
        unit=Unit.COUNT,
        formula="paid order lines, different by (order_id, line_id)",
        inputs=("orders.paid_lines",),
        traps=("Cancelled lines that were paid are in it.",),
        follows="Compass: SKU orders, cancelled ones too.",
        douyin=f"订单数 ({_COMPASS})",
        tiktok_shop="sales.sku_orders",
    ),
    Definition(
        id="items_sold",
        zh="成交件数",
        en="items sold",
        unit=Unit.COUNT,
        formula="quantities of paid order lines",
        inputs=("orders.items_sold",),
        tiktok_shop="sales.items_sold",
    ),
    Definition(
        id="buyers",
        zh="成交人数",
        en="buyers",
        unit=Unit.COUNT,
        formula="different buyer_key of payments",
        inputs=("uniques.buyers",),
        windows=OF_PEOPLE,
        traps=(
            "Exact up to 256 buyers, then an estimate; completeness says which.",
            "Payments without a buyer_key are in unnamed.paid_lines instead.",
        ),
        tiktok_shop="sales.customers",
    ),
    Definition(
        id="aov_order_minor",
        zh="笔单价",
        en="average order value",
        unit=Unit.MINOR,
        formula="pay_gmv_minor / orders_main",
        inputs=("orders.pay_gmv_minor", "orders.orders_main"),
        traps=(_OF_CURRENCIES,),
        follows="The English AOV is per order, 客单价 per buyer: both are given.",
    ),
    Definition(
        id="aov_buyer_minor",
        zh="客单价",
        en="value per buyer",
        unit=Unit.MINOR,
        formula="pay_gmv_minor / buyers",
        inputs=("orders.pay_gmv_minor", "uniques.buyers"),
        windows=OF_PEOPLE,
        traps=(
            "Buyers without a key pay, but are not among those it is divided by.",
            _OF_CURRENCIES,
        ),
        follows="客单价 is per buyer, the English AOV per order: both are given.",
    ),
    Definition(
        id="unpaid_minor",
        zh="未支付金额",
        en="amount unpaid",
        unit=Unit.MINOR,
        formula="what is to be paid for lines that are created, not paid and not cancelled",
        inputs=("orders.unpaid_minor",),
        windows=SESSION_ONLY,
        traps=("It falls again when lines are paid or cancelled.",),
    ),
    Definition(
        id="failed_orders",
        zh="下单失败数",
        en="failed orders",
        unit=Unit.COUNT,
        formula="attempts to order that failed, for whatever reason",
        inputs=(
            "orders.failed_out_of_stock",
            "orders.failed_coupon_invalid",
            "orders.failed_pay_declined",
            "orders.failed_risk",
            "orders.failed_other",
        ),
        traps=(
            "Usually only a checkout of one's own tells them.",
            "By reason they are failed_by_reason, beside the figures of a session.",
        ),
    ),
)
"""In the order in which they are shown."""
