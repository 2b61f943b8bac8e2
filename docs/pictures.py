"""Draw the README's picture of retention from the sandbox: ``python docs/pictures.py``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib as mpl
from PIL import Image

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import ct_pandas as ct  # noqa: E402

PICTURE = HERE.parent / "notebooks" / "images" / "retention.png"


def main() -> None:
    """Draw weekly retention on Android around the release of 20 October."""
    mpl.use("agg")
    ct.connect_sandbox()
    days = ("2025-09-01", "2025-12-07")
    installs = ct.read_clevertap_events("App Installed", *days, rows="event", progress=False)
    launches = ct.read_clevertap_events("App Launched", *days, rows="event", progress=False)
    android = installs[installs["platform"] == "Android"]
    page = ct.retention(android, launches, freq="W", periods=8).plot()
    page.axhline(6.5, color="#b3321f", linewidth=2)
    page.text(8.55, 6.5, "version 5.0.1", color="#b3321f", va="center", fontsize=9)
    drawn = io.BytesIO()
    page.figure.savefig(drawn, dpi=100, bbox_inches="tight")
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
