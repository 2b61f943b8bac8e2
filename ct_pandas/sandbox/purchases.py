"""Baskets and payments of the event `Charged`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ct_pandas.sandbox.days import DAY, Ints
from ct_pandas.sandbox.tracks import Choice
from ct_pandas.sandbox.vocabulary import PAYMENTS, PRODUCTS

_BASKETS = 150


def purchase_columns(epochs: Ints, rng: np.random.Generator) -> dict[str, Choice]:
    """Draw what was bought and how it was paid.

    Parameters
    ----------
    epochs
        When each purchase happened.
    rng
        The seeded source of chance.
    """
    count = len(epochs)
    baskets = [_basket(rng) for _ in range(_BASKETS)]
    basket = rng.integers(0, _BASKETS, count)
    delivery, dates = _delivery(epochs, rng)
    return {
        "Amount": Choice(basket, [_amount(items) for items in baskets]),
        "Currency": Choice(np.zeros(count, np.int64), ["INR"]),
        "Payment mode": Choice(rng.choice(len(PAYMENTS), count, p=[0.4, 0.25, 0.15, 0.15, 0.05]), PAYMENTS),
        "Coupon": Choice(rng.choice([-1, 0, 1], count, p=[0.8, 0.12, 0.08]), ["MONSOON10", "007"]),
        "Gift": Choice(rng.integers(0, 4, count), [False, False, True, "true"]),
        "Delivery By": Choice(delivery, dates),
        "Items": Choice(basket, baskets),
    }


def _basket(rng: np.random.Generator) -> list[dict[str, Any]]:
    chosen = rng.choice(len(PRODUCTS), int(rng.integers(1, 4)), replace=False)
    return [_item(product, int(rng.integers(1, 4))) for product in chosen.tolist()]


def _item(product: int, quantity: int) -> dict[str, Any]:
    name, category, price = PRODUCTS[product]
    return {"Product name": name, "Category": category, "Price": price, "Quantity": quantity}


def _amount(items: list[dict[str, Any]]) -> float:
    amount = round(sum(item["Price"] * item["Quantity"] for item in items), 2)
    return int(amount) if amount == int(amount) else amount


def _delivery(epochs: Ints, rng: np.random.Generator) -> tuple[Ints, list[str]]:
    """Promise a delivery within two to five days, at a whole day; some were never promised."""
    day = epochs // DAY + rng.integers(2, 6, len(epochs))
    days, codes = np.unique(day, return_inverse=True)
    dates = [f"$D_{promised * DAY}" for promised in days.tolist()]
    return np.where(rng.random(len(epochs)) < 0.1, -1, codes), dates
