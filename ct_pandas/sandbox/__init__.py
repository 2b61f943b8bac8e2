"""An embedded CleverTap account: a synthetic world behind a real HTTP server on loopback."""

from ct_pandas.sandbox.faults import Fault
from ct_pandas.sandbox.server import SandboxServer

__all__ = ["Fault", "SandboxServer"]
