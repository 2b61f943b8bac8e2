"""Downloads and uploads of a Dask cluster: ``import ct_pandas.dask``, with the extra ``dask``.

Importing it registers ``ddf.clevertap`` on Dask's frames.
"""

from __future__ import annotations

from ct_pandas._extras import comes_with

with comes_with("dask"):
    from ct_pandas.dask._accessor import DaskAccessor
    from ct_pandas.dask._read import read
    from ct_pandas.dask._report import PartitionedReport

__all__ = ["DaskAccessor", "PartitionedReport", "read"]


def __dir__() -> list[str]:
    return __all__
