"""A real JupyterLab on loopback, and a page of headless Chromium that works in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
_SETTINGS: Final = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
_STATE: Final = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget, session = panel?.sessionContext;
  if (!session?.isReady || !panel.content?.model) return null;
  const code = Array.from(panel.content.model.cells).filter(cell => cell.type === 'code');
  return {status: session.session?.kernel?.status,
          left: code.filter(cell => cell.executionCount === null || cell.executionState === 'running').length,
          failed: code.some(cell => cell.sharedModel.getOutputs().some(out => out.output_type === 'error'))};
}"""


class Lab:
    """JupyterLab, its folder and its browser; everything it starts ends with it."""

    def __init__(self, *, dark: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self.trouble: list[str] = []
        self._dark, self._token = dark, secrets.token_hex(16)

    def __enter__(self) -> Self:
        from playwright.sync_api import sync_playwright

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        self._log = (self.folder / "server.log").open("wb")
        self._server = subprocess.Popen(
            self._command(port), cwd=self.folder, env=self._environment(), stdout=self._log, stderr=self._log
        )
        _until(self._answers, 60, "JupyterLab answers")
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()
        with contextlib.suppress(OSError):  # ends the kernels, too
            self._ask("/api/shutdown", b"")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(10)
        if self._server.poll() is None:
            self._server.kill()
            self._server.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def notebook(self, *cells: str, width: int = 1400, height: int = 1000) -> Iterator[Notebook]:
        """Open a notebook with these cells and run them."""
        path = self.folder / f"{secrets.token_hex(4)}.ipynb"
        path.write_text(json.dumps(_document(cells)))
        context = self._browser.new_context(viewport={"width": width, "height": height})
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self._url)
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1[:/])"), self._outside)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.goto(f"{self._url}/lab/tree/{path.name}?token={self._token}&reset")
        opened = Notebook(page, path)
        try:
            opened.run()
            yield opened
        finally:
            context.close()

    def _command(self, port: int) -> list[str]:
        return [
            sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0", "--ServerApp.open_browser=False", "--ServerApp.allow_root=True",
            f"--ServerApp.root_dir={self.folder}", f"--IdentityProvider.token={self._token}",
            "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        """Give an environment of its own: nothing of the developer's, nothing left behind."""
        apart = ("JUPYTER", "IPYTHON", "CLEVERTAP")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
        home = self.folder / ".home"
        settings = home / "settings"
        theme = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}} if self._dark else {}
        for name, value in (_SETTINGS | theme).items():
            file = settings / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value))
        folders = {
            "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home,
            "JUPYTER_CONFIG_DIR": home / "jupyter",
            "JUPYTER_DATA_DIR": home / "data", "JUPYTER_RUNTIME_DIR": home / "runtime",
            "JUPYTERLAB_SETTINGS_DIR": settings, "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
            "IPYTHONDIR": home / "ipython", "MPLCONFIGDIR": home / "matplotlib",
        }  # fmt: skip
        return kept | {name: str(path) for name, path in folders.items()} | {"PYTHONPATH": str(REPOSITORY)}

    def _ask(self, path: str, data: bytes | None = None) -> int:
        request = urllib.request.Request(f"{self._url}{path}?token={self._token}", data=data)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            return int(answer.status)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self._ask("/api/status") == 200
        return False

    def _outside(self, route: Any) -> None:
        self.trouble.append(f"asked for {route.request.url}")
        route.abort()


class Notebook:
    """An open notebook."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page, self.path = page, path

    def run(self) -> None:
        """Run all cells and wait until they have ended."""
        _until(lambda: self._state() is not None, 60, "the kernel is ready", self._breathe)
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        self.command("notebook:run-all-cells")
        _until(self._ended, 90, "all cells have run", self._breathe)

    def command(self, name: str) -> None:
        """Carry out one of JupyterLab's commands."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def append(self, source: str) -> str:
        """Add a cell at the end, run it, and give the text below it."""
        self.page.evaluate(
            """async source => {
              const app = window.jupyterapp, panel = app.shell.currentWidget;
              panel.content.activeCellIndex = panel.content.widgets.length - 1;
              await app.commands.execute('notebook:insert-cell-below');
              panel.content.activeCell.model.sharedModel.setSource(source);
              await app.commands.execute('notebook:run-cell');
            }""",
            source,
        )
        _until(self._ended, 60, "the cell has run", self._breathe)
        return str(self.page.locator(".jp-Notebook .jp-CodeCell").last.locator(".jp-OutputArea").inner_text())

    def save(self) -> str:
        """Save the notebook, widget state included, and give the file's text."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        before = self.path.stat().st_mtime_ns
        with contextlib.suppress(TimeoutError):
            _until(lambda: self.path.stat().st_mtime_ns != before, 3, "saved", self._breathe)
        return self.path.read_text()

    def _state(self) -> dict[str, Any] | None:
        for accept in self.page.locator(".jp-Dialog button.jp-mod-accept").all():
            accept.click()
        found: dict[str, Any] | None = self.page.evaluate(_STATE)
        return found

    def _ended(self) -> bool:
        state = self._state()
        return bool(state and state["status"] == "idle" and (state["failed"] or not state["left"]))

    def _breathe(self) -> None:
        self.page.wait_for_timeout(150)


def _document(cells: Sequence[str]) -> dict[str, Any]:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": cell,
        }
        for n, cell in enumerate(cells)
    ]
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _until(
    true: Callable[[], bool], seconds: float, what: str, breathe: Callable[[], None] = lambda: time.sleep(0.1)
) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        breathe()
