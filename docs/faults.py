"""Make faults.md of the data that the tests run: ``python docs/faults.py``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import fault_matrix  # noqa: E402

PAGE = """\
# What happens when something goes wrong

*Made by `docs/faults.py` of the table that the tests run, `tests/fault_matrix.py`: each cell is a test
against the embedded sandbox.* Every fault strikes the request for the cursor and, in the middle, a page.

- **whole**: the call returns everything; what passes was waited for and asked again.
- **`…Error`, resumes**: the call raises this error. `.partial` holds what came, marked incomplete;
  `.resume()`, or `ct.resume()`, goes on from the last good page, and after a lost cursor from the start of
  the unfinished days.
- **`UploadError`, not sent / unknown, retries**: the rows struck have this status in `.report`; what earlier
  calls answered is kept, and `.report.retry()` completes it.
- **unknown**: the upload goes on and the report names these rows; with **retries**, `.retry()` sends them
  again; without, they are events, which are never sent a second time unasked.
- **at once**: nothing was done.
- **–**: the operation cannot meet this fault.

"""


def main() -> None:
    """Write the page."""
    (HERE / "faults.md").write_text(PAGE + fault_matrix.markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
