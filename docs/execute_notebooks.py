"""Execute the notebooks and save them with outputs that read well where no widget is drawn.

``python docs/execute_notebooks.py`` executes all of ``notebooks/`` in place; with names only those;
``--check`` changes nothing and fails where a saved text differs from what the code gives now. Either
fails where a cell raises, or where sockets are left open in the end.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
# Ends what a process ends with, and looks whether that was all.
LEFTOVERS = """
import gc, urllib.parse
import psutil
from ct_pandas import _sandbox
from ct_pandas._transport import sending
ports = {urllib.parse.urlsplit(sandbox.url).port for sandbox in _sandbox._running}
_sandbox._stop()
sending._close_all()
gc.collect()
for one in psutil.Process().net_connections("tcp"):
    ends = {one.laddr.port, one.raddr.port if one.raddr else None}
    assert not ends & ports, f"a socket is left open: {one.status}"
"""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def main(argv: list[str] | None = None) -> int:
    """Execute, then save or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all")
    parser.add_argument("--check", action="store_true", help="compare with what is saved")
    options = parser.parse_args(argv)
    stale = []
    for path in options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        saved = nbformat.read(path, as_version=4)
        fresh = executed(saved)
        if options.check:
            stale += [path.name] if texts(fresh) != texts(saved) else []
        else:
            nbformat.write(fresh, path)
        print(path.name, flush=True)
    if stale:
        print("Saved outputs are not what the code gives: " + ", ".join(stale), file=sys.stderr)
    return 1 if stale else 0


def executed(notebook: Any) -> Any:
    """Return the notebook with fresh outputs; it runs in a folder and a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")},
            "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)),
            "HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "IPYTHONDIR": f"{folder}/ipython",
        }
        notebook = nbformat.from_dict(notebook)
        notebook.cells.append(nbformat.v4.new_code_cell(LEFTOVERS))
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment)
        notebook.cells.pop()
    return cleaned(notebook)


def cleaned(notebook: Any) -> Any:
    """Leave what a reader without widgets can read, and nothing that differs from run to run."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number:02}"
        kept = ("tags", "mystnb")  # the latter says what a drawing shows
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key in kept}
        if cell["cell_type"] == "code":
            cell["outputs"] = [output for output in map(_still, cell["outputs"]) if output is not None]
    return notebook


def _still(output: Any) -> Any:
    """Return an output as it is to be saved, ``None`` for a bar that has run its course."""
    data = output.get("data", {})
    if WIDGET in data:
        if "text/html" not in data:
            return None
        del data[WIDGET]
    if "image/png" in data:
        data.pop("text/plain", None)
        data["image/png"] = _small(data["image/png"])
    return output


def _small(picture: str) -> str:
    """Return a picture with few colours: drawings need no more, and it is a third of the size."""
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        plain = image.convert("RGB").quantize(96, dither=Image.Dither.NONE)
    file = io.BytesIO()
    plain.save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def texts(notebook: Any) -> list[str]:
    """Return what the outputs say, pictures left out: their bytes depend on the drawing library's version."""
    said = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            said += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
    return [re.sub(r"\s+", " ", text) for text in said if text]


if __name__ == "__main__":
    sys.exit(main())
