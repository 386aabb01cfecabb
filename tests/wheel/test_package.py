"""The package where nothing else is installed: what it says of itself, its errors, its types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, Environment

BAD_MAPPING = """
import pickle
import pgfeed
from pgfeed import _engine

def error_of(text):
    try:
        _engine.parse_mapping(text, "orders.yaml")
    except pgfeed.Error as error:
        return error
    raise AssertionError("no error")

error = error_of("version: 1\\nroots: orders\\n")
"""


def test_version_is_that_of_the_engine(empty: Environment) -> None:
    wanted = re.search(r"project\(pgfeed VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert wanted
    said = empty.run("import importlib.metadata, pgfeed; print(pgfeed.__version__, importlib.metadata.version('pgfeed'))")
    assert said.split() == [wanted[1], wanted[1]]


def test_a_mapping_is_compiled(empty: Environment) -> None:
    text = (ROOT / "examples/tweets/tweets.yaml").read_text(encoding="utf-8")
    assert empty.run(f"from pgfeed import _engine; print(_engine.parse_mapping({text!r}, 'tweets.yaml'))") == "tweets"


def test_an_error_of_the_engine_is_the_class_of_its_kind(empty: Environment) -> None:
    said = empty.run(
        BAD_MAPPING + "print(type(error), error.kind, error.source, error.line, error.sqlstate, error.retryable)"
    )
    assert said == "<class 'pgfeed.errors.MappingError'> mapping orders.yaml 2 None False"


def test_an_error_is_a_sentence(empty: Environment) -> None:
    said = empty.run(BAD_MAPPING + "print(error)")
    assert said == 'orders.yaml:2: no such field "roots"; did you mean "root"?'


def test_errors_can_be_pickled(empty: Environment) -> None:
    code = """
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    back = pickle.loads(pickle.dumps(error, protocol))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error)), protocol
for each in pgfeed.Error.__subclasses__():
    where = {"source": "file:///a", "byte": 5, "line": 2, "table": "t", "column": "c", "constraint": "k"}
    full = each("no", sqlstate="23505", retryable=True, **where)
    back = pickle.loads(pickle.dumps(full))
    assert (type(back), str(back), vars(back), back.kind) == (each, "no", vars(full), each.kind), each
print(*sorted(each.kind for each in pgfeed.Error.__subclasses__()))
"""
    assert empty.run(BAD_MAPPING + code) == "database interrupted mapping rejects source usage"


def test_extras_are_all_it_may_need(empty: Environment) -> None:
    said = empty.run("import importlib.metadata as of; print(*sorted(of.requires('pgfeed')), sep='\\n')")
    assert [line.partition("; ")[2] for line in said.splitlines()] == [
        'extra == "aws"',
        'extra == "arrow"',
        'extra == "spark"',
    ]


def test_it_is_typed_and_the_stub_is_true(empty: Environment, tmp_path: Path) -> None:
    assert (empty.packages / "pgfeed/py.typed").exists()
    stub = tmp_path / "_engine.pyi"
    stubgen = [sys.executable, "-m", "nanobind.stubgen", "--quiet", "--module", "pgfeed._engine", "--output-file", str(stub)]
    subprocess.run(stubgen, env={"PYTHONPATH": str(empty.packages)}, check=True)
    kept = ROOT / "python/pgfeed/_engine.pyi"
    assert stub.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "`make stub` writes it anew"
