"""How a load shows that it goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

Progress = Callable[[int, int, int, int], None]
"""Called with documents read, documents rejected, bytes read, and bytes in all, or -1."""


@contextmanager
def progress_of(wanted: bool | Progress | None) -> Iterator[Progress | None]:
    """What a load is to call: a function as it is, else a bar, which is closed in the end, or nothing.

    A bar needs the package tqdm; without it there is none.
    """
    if callable(wanted):
        yield wanted
        return
    bar_class = None if wanted is False or (wanted is None and not _is_watched()) else _bar_class()
    if bar_class is None:
        yield None
        return
    bar = bar_class(unit="B", unit_scale=True, unit_divisor=1000, desc="pgfeed", leave=False)

    def show(read: int, rejected: int, size: int, total: int) -> None:
        bar.total = total if total >= 0 else None
        bar.n = size
        bar.set_postfix_str(f"{read:,} documents" + (f", {rejected:,} rejected" if rejected else ""), refresh=False)
        bar.refresh()

    try:
        yield show
    finally:
        bar.close()


def _is_watched() -> bool:
    """Whether someone looks: at a terminal, or at a notebook."""
    shell = sys.modules.get("IPython")
    return sys.stderr.isatty() or (shell is not None and shell.get_ipython() is not None)


def _bar_class() -> Any:  # noqa: ANN401 - tqdm has no types of its own
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm
