"""Make faults.md of the data that the tests run: ``python docs/faults.py``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import fault_matrix  # noqa: E402

PAGE = """\
# What happens when something goes wrong

Each cell of this table is a test against the embedded sandbox. Every fault hits the first request of a
download (the one for the cursor) and also a page in the middle. (`docs/faults.py` makes this page from the
table that the tests run, `tests/fault_matrix.py`.)

- **whole**: the call returns everything; it waited, or asked again, until the fault had passed.
- **`…Error`, resumes**: the call raises this error. `.partial` holds what came, marked incomplete.
  `.resume()` or `ct.resume()` continues after the last good page; after a lost cursor, it reads the
  unfinished days again.
- **`UploadError`, not sent / unknown, retries**: the rows that were hit have this status in `.report`.
  Earlier answers are kept, and `.report.retry()` sends the rest.
- **unknown**: the upload continues, and the report names these rows. With **retries**, `.retry()` sends
  them again. Without, they are events, which are never sent a second time unasked.
- **at once**: the call raises before anything was done.
- **–**: this operation cannot meet this fault.

"""


def main() -> None:
    """Write the page."""
    (HERE / "faults.md").write_text(PAGE + fault_matrix.markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
