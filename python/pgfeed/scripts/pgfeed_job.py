"""What spark-submit runs: pgfeed-job, or one sentence where this Python has no pgfeed."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit code of the job; 2 where pgfeed is missing."""
    try:
        from pgfeed.job import main as run_job
    except ImportError as error:
        return _complain(error)
    return run_job()


def _complain(error: ImportError) -> int:
    import platform
    import socket

    what = "there is no pgfeed for" if error.name == "pgfeed" else f"pgfeed cannot be used ({error}) by"
    sys.stderr.write(
        f"pgfeed: node {socket.gethostname()}, which runs the driver: {what} its Python {platform.python_version()} "
        f"({sys.executable}): install the wheel there, or submit with pgfeed-submit --wheel\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
