#!/usr/bin/env bash
# soak.sh [OPTION]…: runs tests/soak/soak.py, which says what it does, with the tests' Python and the system's PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/with_postgres.sh "$(scripts/venv.sh tests/requirements.txt)/bin/python" tests/soak/soak.py "$@"
