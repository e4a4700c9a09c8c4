"""What a room shows, from what is told of its floor."""

from __future__ import annotations

from streamproc.alerts.shelf import shelf_of
from streamproc.events.host_tally import OnShow
from streamproc.tally.floor import Floor


def on_show(floor: Floor, as_of_ms: int) -> OnShow | None:
    """What a room shows at a time; None: nobody knows."""
    product_id = floor.on_show(as_of_ms)
    if product_id is None:
        return None
    product = floor.products.get(product_id)
    stock = shelf_of(product).stock
    return OnShow(
        product_id=product_id,
        since_ms=floor.shown_since_ms(as_of_ms),
        title="" if product is None else product.title,
        link_no=None if product is None or not product.link_no else product.link_no,
        available=None if stock is None else 0 if stock.is_out else stock.available,
    )
