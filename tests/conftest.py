"""What every test stands on: no environment of the developer's, and no real waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from ct_pandas import _account, _interruptions
from ct_pandas._transport import sending

from scripted import Scripted

settings.register_profile("any machine", deadline=None)  # an example may be slow where much else runs
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _own_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep credentials, proxies and caches of this machine out, and the process's state apart."""
    for name in ("ACCOUNT_ID", "PASSCODE", "REGION", "BASE_URL", "TIMEZONE"):
        monkeypatch.delenv(f"CLEVERTAP_{name}", raising=False)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("MPLBACKEND", "agg")
    yield
    _account._default.clear()
    _interruptions.forget()


class QuickClock(sending.Clock):
    """A clock whose waits cost a thousandth, and are written down."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._skipped = 0.0

    def monotonic(self) -> float:  # type: ignore[override]
        """Return the time with the waits that were skipped."""
        return super().monotonic() + self._skipped

    def sleep(self, seconds: float, cancel: threading.Event | None) -> None:  # type: ignore[override]
        """Write down a wait; only a breath of it passes."""
        self.slept.append(seconds)
        super().sleep(min(seconds, 0.002), cancel)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> QuickClock:
    """Replace the transport's clock, so that retries do not wait."""
    quick = QuickClock()
    monkeypatch.setattr(sending, "CLOCK", quick)
    return quick


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Give a server that answers what the test tells it to: not the sandbox, so that no mistake is shared."""
    with Scripted() as server:
        yield server


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is long, unless it is asked for by its mark."""
    asked = config.getoption("markexpr")
    for item in items:
        for mark in ("soak", "benchmark"):
            if item.get_closest_marker(mark) and mark not in asked:
                item.add_marker(pytest.mark.skip(reason=f"run it with -m {mark}"))
