"""The words that synthetic people, devices and purchases are made of. All of them are invented."""

from __future__ import annotations

from typing import Any

FIRST = (
    "Aro",
    "Belu",
    "Ciro",
    "Dala",
    "Esko",
    "Fenn",
    "Gita",
    "Hedo",
    "Inka",
    "Jori",
    "Kalo",
    "Lumi",
    "Mako",
)
LAST = ("Testwell", "Sampleton", "Mockridge", "Fakeford", "Dummond", "Stubbs-Null", "Übungen", "Placeholder")
HOSTS = ("example.com", "example.org", "example.net")

CITIES: tuple[tuple[str, str, str, float, float], ...] = (
    ("India", "Maharashtra", "Mumbai", 19.08, 72.88),
    ("India", "Karnataka", "Bengaluru", 12.97, 77.59),
    ("India", "Delhi", "New Delhi", 28.61, 77.21),
    ("India", "Maharashtra", "Pune", 18.52, 73.86),
    ("United States", "New York", "New York City", 40.71, -74.01),
    ("United States", "California", "San Francisco", 37.77, -122.42),
    ("Germany", "Bavaria", "Munich", 48.14, 11.58),
    ("Singapore", "Singapore", "Singapore", 1.35, 103.82),
)
CITY_SHARES = (0.24, 0.2, 0.16, 0.1, 0.12, 0.07, 0.06, 0.05)

PLATFORMS = ("Android", "iOS", "Web")
MODELS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Android": (("Xiaomi", "M2006", "11"), ("Samsung", "SM-A515F", "12"), ("OnePlus", "AC2001", "13")),
    "iOS": (("Apple", "iPhone12,1", "16.4"), ("Apple", "iPhone14,5", "17.1"), ("Apple", "iPad13,1", "17.1")),
    "Web": (),
}

PRODUCTS: tuple[tuple[str, str, float], ...] = (
    ("Darjeeling Tea", "Tea", 240),
    ("Masala Chai", "Tea", 180),
    ("Filter Coffee", "Coffee", 320.5),
    ("Cold Brew", "Coffee", 149.99),
    ("Brass Lamp", "Home", 899),
    ("Cotton Throw", "Home", 1250.75),
    ("Salt & Pepper Set", "Home", 410),
    ("Running Shoes", "Sport", 3499),
    ("Yoga Mat", "Sport", 999.9),
    ("Café Cup “Grün”", "Home", 275),
)
PAYMENTS = ("UPI", "Credit Card", "Debit Card", "Cash on Delivery", "Wallet")

ORGANIC: dict[str, Any] = {"session_source": "Direct"}
CAMPAIGN: dict[str, Any] = {
    "utm_source": "Instagram",
    "utm_medium": "paid_social",
    "utm_campaign": "Monsoon Sale",
    "session_source": "Others",
}
SESSIONS: tuple[dict[str, Any], ...] = (
    ORGANIC,
    CAMPAIGN,
    {
        "utm_source": "Newsletter",
        "utm_medium": "email",
        "utm_campaign": "Weekly Digest",
        "session_source": "Others",
    },
    {"session_source": "Search", "session_referrer": "https://search.example.com/?q=tea&lang=en"},
    {"session_source": "Social", "utm_source": "Friends", "utm_medium": "referral"},
)

SYSTEM_EVENTS = frozenset(
    (
        "App Installed",
        "App Launched",
        "App Uninstalled",
        "Channel Unsubscribed",
        "Notification Clicked",
        "Notification Sent",
        "Notification Viewed",
        "Reachable By",
        "Session Concluded",
        "UTM Visited",
    )
)
"""Raised by CleverTap and its SDKs only; an upload of one is refused with code 513."""

NOTIFICATIONS = frozenset(name for name in SYSTEM_EVENTS if name.startswith("Notification "))
"""What the exports refuse; a project's own event whose name begins like theirs is exported."""
