"""What a comment can mean, and which way it speaks of stock."""

from __future__ import annotations

from typing import Final

RESTOCK: Final = "restock_request"
STOCKOUT: Final = "stockout_report"
AVAILABILITY: Final = "availability_question"
OTHER: Final = "other"
LABELS: Final = (
    RESTOCK,
    STOCKOUT,
    AVAILABILITY,
    "coupon_question",
    "price_question",
    "usage_question",
    "shipping_question",
    "purchase_intent",
    "complaint",
    "praise",
    "spam",
    OTHER,
)
ALARMS: Final = frozenset({RESTOCK, STOCKOUT})
ABOUT_A_PRODUCT: Final = ALARMS | {
    AVAILABILITY,
    "price_question",
    "usage_question",
    "purchase_intent",
}
POLARITIES: Final = ("out", "in", "unknown")
