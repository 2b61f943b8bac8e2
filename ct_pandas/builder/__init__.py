"""The query builder for notebooks: a form whose state is a :class:`ct_pandas.Query`.

``drafts`` is what stands in the form, ``composing`` turns it into a query or says what is missing, the other
modules draw it. Nothing here talks to CleverTap but through the package's public names.
"""

from __future__ import annotations

from ct_pandas.builder.widget import QueryBuilder

__all__ = ["QueryBuilder"]


def __dir__() -> list[str]:
    return __all__
