"""ct_pandas: read CleverTap into pandas and write it back, from a notebook."""

from __future__ import annotations

from ct_pandas._account import Account, Limits, connect

__all__ = ["Account", "Limits", "connect"]
__version__ = "0.1.0"
