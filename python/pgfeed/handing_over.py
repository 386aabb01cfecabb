"""Documents that are in this process, handed over to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any, Callable, TypeVar

from pgfeed import _engine
from pgfeed.documents import text_of

Part = TypeVar("Part")
HandOver = Callable[[_engine.DocumentSink], None]


def are_documents(data: object) -> bool:
    """Whether that is documents: Arrow's, an iterator, or a list whose first element is neither a text nor a path."""
    if isinstance(data, (str, PathLike)):
        return False
    if is_arrow(data) or isinstance(data, Iterator):
        return True
    first = next(iter(data), None) if isinstance(data, Iterable) else None
    return first is not None and not isinstance(first, (str, PathLike))


def is_arrow(data: object) -> bool:
    """Whether it has the Arrow PyCapsule interface, as tables and frames of pyarrow, polars, DuckDB and pandas have."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def hand_over(sink: _engine.DocumentSink, data: Any) -> None:  # noqa: ANN401
    """Hand documents over as one partition, as many as are wanted. An iterator keeps the rest."""
    if not sink.begin(0):
        return
    if hasattr(data, "__arrow_c_stream__"):
        sink.add_stream(data.__arrow_c_stream__(), False)
    elif hasattr(data, "__arrow_c_array__"):
        schema, array = data.__arrow_c_array__()
        sink.add_batch(schema, array, False)
    else:
        for document in data:
            sink.add(text_of(document))
            if sink.is_full:
                break
    sink.end()


def hand_over_numbered(
    sink: _engine.DocumentSink, numbered: Iterable[tuple[int, Part]], add: Callable[[Part], None]
) -> None:
    """Hand parts of partitions over, each with the number of its partition, by `add`, as many as are wanted."""
    current, is_wanted = None, False
    for partition, part in numbered:
        if partition != current:
            if is_wanted:
                sink.end()
            current, is_wanted = partition, sink.begin(partition)
        if is_wanted:
            add(part)
        if sink.is_full:
            break
    if is_wanted:
        sink.end()
