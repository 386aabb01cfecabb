"""Whether the rows of a DataFrame can be documents."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING

from pgfeed import _engine
from pgfeed.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def holds_texts(frame: DataFrame) -> bool:
    """Whether a frame's rows are JSON texts: it has one column, of text or binary."""
    from pyspark.sql.types import BinaryType, StringType

    fields = frame.schema.fields
    return len(fields) == 1 and isinstance(fields[0].dataType, (StringType, BinaryType))


def require_documents(frame: DataFrame) -> None:
    """Raise `UsageError` for columns that cannot be part of a document: a job that fails later has begun a load by then."""
    import pyarrow
    from pyspark.sql.pandas.types import to_arrow_type

    # Some versions of Spark 4 want one for timestamps; whichever it is does not matter here.
    zone = {"timezone": "UTC"} if "timezone" in signature(to_arrow_type).parameters else {}
    try:
        fields = frame.schema.fields
    except Exception as error:  # Spark 3.5 cannot even name such a type
        raise UsageError(f"a column has a type that Spark does not hand over: cast it, or leave it out ({error})") from error
    for field in fields:
        try:
            schema = pyarrow.schema([(field.name, to_arrow_type(field.dataType, **zone))])
        except Exception as error:  # Spark's, of several classes
            what = f"column {field.name} is of type {field.dataType.simpleString()}, which Spark does not hand over"
            raise UsageError(f"{what}: cast it, or leave it out") from error
        _engine.require_documents(schema.__arrow_c_schema__())
