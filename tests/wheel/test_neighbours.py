"""Others in the same process that bring a libpq, an OpenSSL or a C++ library of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import Environment, said_by

USE = {
    "pgfeed": """
import pgfeed
from pgfeed import _engine
try:
    _engine.parse_mapping("version: 1\\nroots: orders\\n", "orders.yaml")
except pgfeed.MappingError as error:
    assert error.line == 2
else:
    raise AssertionError
""",
    "psycopg2": """
import psycopg2
try:
    psycopg2.connect("host=127.0.0.1 port=1 sslmode=require connect_timeout=5")
except psycopg2.OperationalError as error:
    assert "port 1 failed" in str(error), error
else:
    raise AssertionError
""",
    "pyarrow": """
import pyarrow, pyarrow.compute, pyarrow.json
assert pyarrow.compute.sum(pyarrow.array([1, 2, 3])).as_py() == 6
assert pyarrow.json.read_json(pyarrow.BufferReader(b'{"a": 1}\\n{"a": 2}\\n')).num_rows == 2
""",
    "ssl": """
import ssl
ssl.create_default_context()
""",
}

# The files that are mapped into the process, libraries only.
LIBRARIES = r"""
import re
files = {line.split(maxsplit=5)[5].strip() for line in open("/proc/self/maps") if ".so" in line}
print(*sorted(files), sep="\n")
"""

# Python's own, some of which bring libraries: "re, zlib".
STANDARD_MODULES = """
import sys
print(*(each for each in sys.modules if each.partition(".")[0] in sys.stdlib_module_names and each != "__main__"), sep=", ", end="")
"""


@pytest.mark.parametrize(
    "order",
    [
        ["pgfeed", "psycopg2", "pyarrow", "ssl", "pgfeed"],
        ["psycopg2", "pyarrow", "ssl", "pgfeed", "psycopg2", "pyarrow"],
        ["pyarrow", "pgfeed", "psycopg2", "ssl", "pyarrow"],
    ],
    ids=",".join,
)
def test_each_works_in_one_process_in_any_order(empty: Environment, order: list[str]) -> None:
    said_by(Path(sys.executable), "".join(USE[each] for each in order), PYTHONPATH=str(empty.packages))


def test_its_libraries_are_those_of_the_wheel(empty: Environment) -> None:
    modules = empty.run(USE["pgfeed"] + STANDARD_MODULES)
    without = set(empty.run(f"import {modules}" + LIBRARIES).splitlines())
    with_it = set(empty.run(USE["pgfeed"] + LIBRARIES).splitlines())
    system = {Path(each).name.partition(".so")[0] for each in with_it - without if not each.startswith(str(empty.packages))}
    assert system <= {"libstdc++", "libgcc_s", "libm", "libresolv"}
