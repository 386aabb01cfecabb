#!/usr/bin/env bash
# Writes python/pgfeed/_engine.pyi, the types of the extension module, from the wheel of $PYTHON (python3).
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
wheel=$(scripts/wheel.sh)
tools=$(scripts/venv.sh python/requirements.txt "$python")/bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$tools/python" -m zipfile -e "$wheel" "$folder"
PYTHONPATH=$folder "$tools/python" -m nanobind.stubgen --quiet --module pgfeed._engine --output-file python/pgfeed/_engine.pyi
