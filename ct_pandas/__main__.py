"""``python -m ct_pandas``: the main job from end to end, on the embedded sandbox, with no account."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import ct_pandas as ct

FEWEST = 50  # people of whom some have bought something


def main(argv: list[str] | None = None) -> int:
    """Download, look, draw, and rehearse an upload."""
    parser = argparse.ArgumentParser(prog="python -m ct_pandas", description=__doc__)
    parser.add_argument("--users", type=_several, default=2000, help="people in the sandbox's world (2000)")
    parser.add_argument("--picture", type=Path, default=Path("retention.png"), help="file to draw into")
    options = parser.parse_args(argv)

    account = ct.connect_sandbox(users=options.users)
    print(f"Connected to the sandbox as {account.account_id}: synthetic people, no account needed.\n")

    people = ct.read_clevertap_events("Charged", "2025-10", verify=True)
    shown = ["identity", "profileData.Customer Type", "profileData.Lifetime Value"]
    print(people[shown].head().to_string(), "\n")

    installs = ct.read_clevertap_events("App Installed", "2025-07-01", "2025-12-31", rows="event")
    launches = ct.read_clevertap_events("App Launched", "2025-07-01", "2025-12-31", rows="event")
    _draw(ct.retention(installs, launches, freq="W", periods=8), options.picture)

    people["Bought In"] = "October"
    print(people.clevertap.upload(columns=["Bought In"], dry_run=True))
    return 0


def _several(text: str) -> int:
    if not text.isdecimal() or int(text) < FEWEST:
        raise argparse.ArgumentTypeError(f"the demo needs a whole number of at least {FEWEST}")
    return int(text)


def _draw(retention: ct.cohorts.Retention, picture: Path) -> None:
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415  (an extra: the rest of the demo runs without it)
    except ImportError:
        print("No picture: matplotlib comes with the extra [notebook].")
        return
    plt.switch_backend("agg")
    retention.plot()
    try:
        plt.savefig(picture, dpi=120, bbox_inches="tight")
    except OSError as error:
        print(f"No picture: {picture} cannot be written ({error.strerror}). Name another with --picture.\n")
        return
    print(f"Weekly retention after the install is drawn in {picture}.\n")


if __name__ == "__main__":
    sys.exit(main())
