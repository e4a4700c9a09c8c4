"""What people are told of a stock-out: what to do, and what the host reads off the teleprompter."""

from __future__ import annotations

from typing import Final

from streamproc.alerts.model import Finding
from streamproc.alerts.products import product_of
from streamproc.alerts.room import Room
from streamproc.alerts.shown import prompt
from streamproc.events.outputs import Advice

CONFIRMED: Final = "confirmed"
SUSPECTED: Final = "suspected"
DESYNC: Final = "desync"
BATCH_SELLING: Final = "batch_selling"
INFO: Final = "info"

_ZH: Final = {
    CONFIRMED: "{what}已断货且有人要买：查仓库实际库存，补货或换链接；主播报到货时间；先停该品投流",
    SUSPECTED: "观众说{what}没货且订单停了：打开商品卡看能不能下单，查真实库存；能买就标记误报",
    DESYNC: "{what}后台显示有货却没人能下单：查链接、规格和锁库存，必要时重新上架链接",
    BATCH_SELLING: "{what}按批上架，属正常节奏：按计划放下一批即可",
    INFO: "有观众问{what}的货，订单正常：看一眼是不是规格或链接说错了",
}
_EN: Final = {
    CONFIRMED: (
        "{what} is out of stock and wanted: check the warehouse, add stock or switch the link; the host "
        "says when it is back; pause ads for it"
    ),
    SUSPECTED: (
        "Viewers say that {what} is out, and orders stopped: try the product card, check the real stock; "
        "dismiss if it can be bought"
    ),
    DESYNC: (
        "{what} shows stock but nobody can order it: check link, pack and locked stock; list the link "
        "again if need be"
    ),
    BATCH_SELLING: "{what} is sold in batches, as meant: release the next one as planned",
    INFO: "Viewers ask for {what} while nothing else is wrong: see whether a pack or link is mixed up",
}
_LINES: Final = {
    CONFIRMED: "{name}没货,先讲别的",
    SUSPECTED: "{name}像没货,请核实",
    DESYNC: "{name}拍不了,请稍等",
    BATCH_SELLING: "{name}下批马上放",
}

RUNBOOK: Final = (
    (
        "查仓库系统里的真实库存，再看商品卡能不能下单",
        "Check the real stock in the warehouse system, then whether the product card can be ordered",
    ),
    (
        "有货就补到链接上或换链接；没货就下架，主播报到货时间",
        "If there is stock, add it or switch the link; else delist it, and the host says when it is back",
    ),
    (
        "暂停该品投流；用话术模板回复弹幕",
        "Pause ads for the product; answer the comments with the template",
    ),
    (
        "误报就在看板上标记为带节奏或商品不对，阈值据此调整",
        "If it is none, mark it on the board as bait or wrong product: limits are tuned by that",
    ),
)


def advice(room: Room, finding: Finding) -> Advice:
    """What to do about it; of what is only said the host need not speak."""
    state, subject = finding.state or INFO, finding.subject
    line = _LINES.get(state)
    return Advice(
        zh=_ZH[state].format(what=called(room, subject) or "商品"),
        en=_EN[state].format(what=called(room, subject) or "a product"),
        teleprompter=prompt(room, line, subject) if line else "",
    )


def called(room: Room, subject: str) -> str:
    """How a subject is called where there is room: link number, title and pack; empty: it names nothing."""
    product_id, pack = product_of(subject)
    product = room.floor.products.get(product_id)
    link = f"{product.link_no}号" if product is not None and product.link_no else ""
    title = (product.title if product is not None else "") or product_id
    return f"{link}{title}（{pack}）" if pack else f"{link}{title}"
