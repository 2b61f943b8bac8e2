"""Text that JSON can spell and UTF-8 cannot."""

from __future__ import annotations


def is_unicode(text: str) -> bool:
    """Tell whether a text can be written as UTF-8: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def spelled(name: str) -> str:
    """Give a name that can be a label: half a surrogate pair, which none can hold, as it is escaped."""
    return name.encode("utf-8", "backslashreplace").decode()
