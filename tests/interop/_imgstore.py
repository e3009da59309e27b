"""Python's imgstore, with what bloscpack needs of it: names that Python 3.10 moved."""

import collections
import collections.abc

for name in ("Callable", "Iterable", "Mapping", "MutableMapping", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))

import imgstore  # noqa: E402, F401
import imgstore.stores  # noqa: E402, F401
