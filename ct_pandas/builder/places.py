"""Where forms stand: a cell that is run again clears its output, and the form that stood in it goes, too.

ipywidgets keeps every widget until it is closed, and saves it with the notebook. Only what a cell drew itself
is looked after: what somebody asked for by ``.widget`` may stand anywhere.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ct_pandas.builder.panel import Panel

_PLACES: Final[list[tuple[str, str, Panel]]] = []  # cell, its run, what that drew


def stand(panel: Panel) -> None:
    """Note that the cell which runs now draws a form, and close what only earlier runs of it drew."""
    found = running_cell()
    if found is None:  # a callback, or no notebook: it may stand anywhere
        panel.handed_out = True
        return
    cell, run = found
    cleared = [place for place in _PLACES if place[0] == cell and place[1] != run]
    _PLACES[:] = [place for place in _PLACES if place not in cleared] + [(cell, run, panel)]
    for place in cleared:
        old = place[2]
        if any(other is old for _, _, other in _PLACES) or old.handed_out:
            continue
        if old.busy:
            _PLACES.append(place)  # what it reads is still to come: the next run looks again
        else:
            old.close()


def running_cell() -> tuple[str, str] | None:
    """Give the id of the cell that runs and that of this run, where the notebook tells them."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    return (str(cell), str(run)) if cell and run else None
