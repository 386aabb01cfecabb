"""What the wheel asks of the system it is installed on, and what it shows of itself.

Spark on EMR runs on Amazon Linux 2023: glibc 2.34, and libstdc++ of GCC 11, which has GLIBCXX_3.4.29 and CXXABI_1.3.13.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

Version = tuple[int, ...]

OLDEST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13)}
# What is on every system (https://peps.python.org/pep-0599/#the-manylinux2014-policy), and the loader.
SYSTEM = re.compile(r"lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s)\.so\.\d+|ld-linux-[a-z0-9_-]+\.so\.\d")
# A wheel that was made on a system newer than Debian 12 is for such systems only; releases are made on an older one.
IS_FOR_RELEASES = tuple(map(int, platform.libc_ver()[1].split("."))) <= (2, 36)


def version(text: str) -> Version:
    return tuple(map(int, text.split(".")))


def output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout


def needed_versions(library: Path) -> dict[str, Version]:
    """The newest version of GLIBC, GLIBCXX and CXXABI that a library needs; each only where it needs one."""
    needs = output("readelf", "--wide", "--version-info", library).partition("Version needs section")[2]
    newest: dict[str, Version] = {}
    for family, number in re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI)_([0-9.]+)", needs):
        newest[family] = max(newest.get(family, ()), version(number))
    return newest


def too_new(library: Path) -> dict[str, Version]:
    return {family: number for family, number in needed_versions(library).items() if number > OLDEST[family]}


def needed_libraries(library: Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "--wide", "--dynamic", library))


def defined_symbols(library: Path) -> list[str]:
    return [line.split()[-1] for line in output("nm", "--dynamic", "--defined-only", library).splitlines()]


@pytest.fixture(scope="session")
def libraries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return [path for path in folder.rglob("*.so*") if path.is_file()]


@pytest.fixture
def engine(libraries: list[Path]) -> Path:
    [found] = [path for path in libraries if path.name.startswith("_engine.")]
    return found


def test_no_symbol_is_newer_than_where_it_runs(libraries: list[Path]) -> None:
    found = {path.name: too_new(path) for path in libraries}
    if IS_FOR_RELEASES:
        assert {name: each for name, each in found.items() if each} == {}


def test_its_name_promises_what_it_needs(wheel: Path, libraries: list[Path]) -> None:
    tags = [version(each.replace("_", ".")) for each in re.findall(r"manylinux_(\d+_\d+)", wheel.name)]
    assert tags
    assert max(needed_versions(path).get("GLIBC", ()) for path in libraries) <= min(tags)
    if IS_FOR_RELEASES:
        assert min(tags) <= OLDEST["GLIBC"]


def test_what_it_needs_is_in_it_or_everywhere(libraries: list[Path]) -> None:
    names = {path.name for path in libraries}
    missing = {
        name for path in libraries for name in needed_libraries(path) if name not in names and not SYSTEM.fullmatch(name)
    }
    assert missing == set()


def test_others_see_nothing_of_the_engine(engine: Path) -> None:
    assert defined_symbols(engine) == ["PyInit__engine"]


def test_a_symbol_that_is_too_new_is_found(tmp_path: Path) -> None:
    """libstdc++ has had another condition_variable::wait since GCC 12, the oldest compiler these tests run with."""
    source, library = tmp_path / "wait.cpp", tmp_path / "libwait.so"
    source.write_text(
        "#include <condition_variable>\n"
        "void wait(std::condition_variable& on, std::unique_lock<std::mutex>& lock) { on.wait(lock); }\n"
    )
    output("g++", "-std=c++20", "-shared", "-fPIC", source, "-o", library)
    assert too_new(library)["GLIBCXX"] == (3, 4, 30)
    assert "_Z4waitRSt18condition_variableRSt11unique_lockISt5mutexE" in defined_symbols(library)
