#!/usr/bin/env bash
# install_wheel.sh ENVIRONMENT: the Python package, as it is now, into an environment of scripts/venv.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=$1
wheel=$(PYTHON=$environment/bin/python scripts/wheel.sh)
if command -v uv >/dev/null; then
  VIRTUAL_ENV=$environment uv pip install --quiet --no-deps --reinstall-package pgfeed "$wheel"
else
  "$environment/bin/pip" install --quiet --no-deps --force-reinstall "$wheel"
fi
