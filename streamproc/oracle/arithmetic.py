"""Quotients and differences of the oracle's sums: integers alone; None for what is unknown."""

from __future__ import annotations

from fractions import Fraction

from streamproc.oracle.uniques import unique

Money = dict[str, int]
"""Minor units by currency."""


def half_even(dividend: int, divisor: int) -> int:
    """A quotient of integers as the nearest integer, the even one of two that are equally near."""
    return round(Fraction(dividend, divisor))


def counted(members: set[int] | None) -> int | None:
    """How many different members there are."""
    return None if members is None else unique(members).number


def ratio(part: int | None, whole: int | None) -> float | None:
    """A quotient; None also where there is nothing to divide by."""
    return None if part is None or not whole else part / whole


def mean(money: Money | None, by: int | None, times: int = 1) -> Money | None:
    """Money times something for each of a number; None also where there is nobody."""
    if money is None or not by:
        return None
    return {currency: half_even(minor * times, by) for currency, minor in money.items()}


def of_each(paid: Money | None, by: int | None) -> Money | None:
    """Money by orders or buyers, None in two currencies: those are counted whatever they paid in."""
    return None if len(paid or {}) > 1 else mean(paid, by)


def net(paid: Money | None, refunded: Money | None) -> Money | None:
    """What was paid less what was given back."""
    if paid is None or refunded is None:
        return None
    currencies = sorted({*paid, *refunded})
    return {each: paid.get(each, 0) - refunded.get(each, 0) for each in currencies}
