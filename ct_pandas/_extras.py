"""What an extra brings: where it is missing the error says how to get it. Standard library only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def comes_with(extra: str) -> Iterator[None]:
    """Name the extra where an import of the block finds nothing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "ct_pandas"):
            raise
        raise ModuleNotFoundError(
            f"{missing} is not installed. It comes with an extra of this package: "
            f"pip install 'ct_pandas[{extra}]', then restart the kernel.",
            name=error.name,
        ) from None
