"""Lists, objects and mixed values of which Dask made text, before anybody could see it."""

from __future__ import annotations

import pandas as pd

from ct_pandas._records.keywords import Keywords
from ct_pandas._records.outgoing import outgoing
from ct_pandas._records.reads import objects_read
from ct_pandas.errors import ValidationError


def refuse_texts_of_objects(meta: pd.DataFrame, keywords: Keywords) -> None:
    """Refuse columns that came as objects with a read that is remembered, and are text in the Dask frame.

    Parameters
    ----------
    meta
        An empty frame with the columns of the Dask frame.
    keywords
        What becomes of them.
    """
    objects = objects_read(meta)
    fields = outgoing(meta, keywords).fields if objects else ()
    texts = [f for f in fields if f.label in objects and isinstance(meta.dtypes.iloc[f.at], pd.StringDtype)]
    if texts:
        raise ValidationError(
            f"{', '.join(repr(one.label) for one in texts)}: Dask has turned the lists, objects or mixed "
            'values that were read into text, such as ["tea"] into "[\'tea\']", which would overwrite '
            'them, so nothing was sent. Set dask.config.set({"dataframe.convert-string": False}) before '
            "dd.from_pandas, or leave these columns out."
        )
