from __future__ import annotations

from typing import Any, cast

import pytest

from streamproc.events.comments import Role
from streamproc.events.orders import FailReason, OrderFailed
from streamproc.events.registry import EVENTS, HOSTS_TOPIC, AnyEvent
from streamproc.events.viewers import (
    CartAdded,
    ProductClicked,
    ProductExposed,
    ViewerFollowed,
    ViewerShared,
)
from streamproc.tally.figures import (
    ADD,
    FIGURES,
    CommentFigures,
    Figures,
    OrderFigures,
    ViewerFigures,
    add_failed,
)
from tests.builders import comment, joined, left, liked, made, order_failed


def added(figures: Figures, *events: AnyEvent) -> dict[str, Any]:
    pane = type(figures)()
    for event in events:
        if isinstance(event, OrderFailed):
            add_failed(cast("OrderFigures", figures), event)
            add_failed(cast("OrderFigures", pane), event)
        else:
            ADD[type(event)](figures, pane, event)
    assert pane.columns(pane) == figures.columns(figures)
    return {name: getattr(figures, name) for name in figures.__slots__ if getattr(figures, name)}


def test_likes_count_by_their_increment_and_joins_by_one() -> None:
    assert added(ViewerFigures(), liked(3), joined(), liked(2)) == {"joins": 1, "likes": 5}


def test_whoever_has_no_name_is_counted_besides() -> None:
    told = (joined(viewer_key=None), joined(), left(watched_ms=5, viewer_key=None))

    assert added(ViewerFigures(), *told) == {
        "joins": 2,
        "unnamed_joins": 1,
        "leaves": 1,
        "unnamed_leaves": 1,
        "watched_ms": 5,
    }


def test_somebody_that_leaves_without_telling_how_long_they_watched_adds_nothing() -> None:
    assert added(ViewerFigures(), left(), left(watched_ms=0)) == {"leaves": 1}


@pytest.mark.parametrize(
    ("event_class", "name"),
    [
        (ViewerFollowed, "follows"),
        (ViewerShared, "shares"),
        (ProductExposed, "exposures"),
        (ProductClicked, "clicks"),
        (CartAdded, "cart_adds"),
    ],
)
def test_each_thing_that_a_viewer_does_has_its_count(
    event_class: type[AnyEvent], name: str
) -> None:
    assert added(
        ViewerFigures(),
        made(event_class, product_id="p-1")
        if "product_id" in event_class.__struct_fields__
        else made(event_class),
    ) == {name: 1}


def test_a_comment_copied_from_another_room_is_counted_apart() -> None:
    told = [comment(mirrored=mirrored, user_key=None) for mirrored in (None, True, False)]

    assert added(CommentFigures(), *told) == {"comments": 2, "mirrored": 1, "unnamed_comments": 2}


@pytest.mark.parametrize("role", [Role.HOST, Role.STAFF, Role.OTHER])
def test_only_a_viewer_lacks_a_name(role: Role) -> None:
    assert added(CommentFigures(), comment(role=role, user_key=None)) == {"comments": 1}


@pytest.mark.parametrize("reason", FailReason)
def test_an_order_fails_for_a_reason(reason: FailReason) -> None:
    assert added(OrderFigures(), order_failed(reason)) == {f"failed_{reason.value}": 1}


def test_sums_are_added_and_taken_back_column_by_column() -> None:
    held = OrderFigures(pay_gmv_minor={"CNY": 5}, paid_lines=1)
    other = OrderFigures({"CNY": 1}, {"CNY": 2, "EUR": 3}, paid_lines=2, failed_risk=1)
    held.plus(other)
    assert (
        held.row()
        == OrderFigures({"CNY": 1}, {"CNY": 7, "EUR": 3}, paid_lines=3, failed_risk=1).row()
    )
    assert other.pay_gmv_minor == {"CNY": 2, "EUR": 3}
    held.plus(OrderFigures.of(other.row()), -1)

    assert (held.paid_lines, held.failed_risk, held.pay_gmv_minor) == (1, 0, {"CNY": 5, "EUR": 0})


def test_every_topic_of_broadcasts_has_figures_that_come_back_from_their_row() -> None:
    assert set(FIGURES) == set(EVENTS) - {HOSTS_TOPIC}
    for figures in FIGURES.values():
        row = tuple(range(len(figures.__slots__)))
        assert figures.of(row).row() == row
