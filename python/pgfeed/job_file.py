"""The script that ``spark-submit`` is given to run a job."""

from __future__ import annotations

from pathlib import Path

JOB_SCRIPT = "pgfeed_job.py"


def job_file() -> str:
    """Its path: ``spark-submit "$(python -c 'import pgfeed; print(pgfeed.job_file())')" -m orders.yaml …``."""
    # In a folder of its own: Python puts the script's folder first among those of its modules.
    return str(Path(__file__).with_name("scripts") / JOB_SCRIPT)
