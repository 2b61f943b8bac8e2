"""``ddf.clevertap``: partitions are computed on the workers and sent from this process."""

from __future__ import annotations

from typing import Any

import dask.dataframe as dd
from dask.dataframe.extensions import register_dataframe_accessor

from ct_pandas import _account
from ct_pandas._account import Account
from ct_pandas._records.keywords import Keywords
from ct_pandas._upload.verbs import Uploads
from ct_pandas.dask._partitions import Partitions
from ct_pandas.dask._report import PartitionedReport
from ct_pandas.dask._sending import Sending
from ct_pandas.errors import ValidationError


@register_dataframe_accessor("clevertap")  # type: ignore[no-untyped-call]
class DaskAccessor(Uploads):
    """Send a Dask frame to CleverTap, partition by partition.

    The keywords are those of ``df.clevertap``. A task may run twice when a worker dies, and a write may not:
    so the workers only compute, and every row is sent, once, from this process. ``backup=`` and
    ``columns="changed"`` without ``original=`` are for frames in memory.
    """

    def __init__(self, frame: dd.DataFrame) -> None:
        self._dask = frame

    def _send(  # type: ignore[override]  # a report on partitions
        self, keywords: Keywords, account: Account | None, *, backup: Any = None, **options: Any
    ) -> PartitionedReport:
        if backup is not None:
            raise ValidationError(
                "backup= saves the present values of a frame in memory; take a partition, such as "
                "ddf.partitions[0].compute(), or read the people with ct.read_profile first."
            )
        known = _account.resolve(account)
        sending = Sending(Partitions(self._dask), keywords, known, named=account is not None, options=options)
        return sending.run()
