"""Take the picture of the builder for the README: ``python tests/browser/screenshots.py``.

With a folder, ``python tests/browser/screenshots.py FOLDER``, it takes all of them, to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.lab import REPOSITORY, Lab

FOLDER: Final = REPOSITORY / "notebooks" / "images"
START: Final = "import ct_pandas as ct\naccount = ct.connect_sandbox(users=5000, seed=1)\nct.QueryBuilder({})"
FILLED: Final = (
    'ct.Query("Charged", "2025-10").where("Amount", ">", 500).where_profile("Plan", "=", ["gold", "silver"])'
    '.did("App Launched", "2025-10", count=(">=", 3)).did_not("App Uninstalled", "2025-10")'
)
MISTAKEN: Final = 'ct.Query("Chraged", "2025-10").where("Amount", ">", 500)'


def read(form: Any) -> None:
    """Read the frame and wait for its head."""
    form.get_by_role("button", name="Read", exact=True).click()
    form.locator(".ct-preview").wait_for()


def mistake(form: Any) -> None:
    """Make a mistake beside the one in the event's name, and try to read."""
    form.get_by_label("Value", exact=True).locator("visible=true").fill("lots")
    form.locator(".ct-hint").wait_for()
    form.get_by_role("button", name="Read", exact=True).click()
    form.locator(".ct-bad").wait_for()


def refused(form: Any) -> None:
    """Read an event that CleverTap does not have."""
    form.get_by_role("button", name="Read", exact=True).click()
    form.locator(".ct-bad").wait_for()


SHOWN: Final = "builder-filled"
PICTURES: Final[tuple[tuple[str, str, int, bool, Callable[[Any], None]], ...]] = (
    ("builder-empty", "", 1400, False, lambda _: None),
    ("builder-filled", FILLED, 1400, False, read),
    ("builder-narrow", FILLED, 700, False, read),
    ("builder-error", MISTAKEN, 1400, False, mistake),
    ("builder-refused", MISTAKEN, 1400, False, refused),
    ("builder-dark", FILLED, 1400, True, read),
)


def main(folder: Path | None) -> None:
    """Take all pictures into a folder, or the one that the README shows into its place."""
    wanted = [one for one in PICTURES if folder or one[0] == SHOWN]
    folder = folder or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for dark in sorted({one[3] for one in wanted}):
        with Lab(dark=dark) as lab:
            for name, query, width, in_dark, act in wanted:
                if in_dark == dark:
                    with lab.notebook(START.format(query), width=width, height=1700) as notebook:
                        form = notebook.page.locator(".ct-builder")
                        form.get_by_text("attributes known").wait_for()
                        act(form)
                        notebook.page.mouse.move(0, 0)
                        form.screenshot(path=folder / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
