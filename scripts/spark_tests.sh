#!/usr/bin/env bash
# spark_tests.sh REQUIREMENTS [ARGUMENT]…: the tests with Spark, in the Python environment of a requirements file, into which
# the wheel is installed: driver and executors have the same. The arguments are pytest's.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=$(scripts/venv.sh "$1")
shift
scripts/install_wheel.sh "$environment"
[[ $# -gt 0 ]] || set -- tests/spark
exec scripts/with_postgres.sh "$environment/bin/python" -m pytest -q "$@"
