#!/usr/bin/env bash
# Makes the Python environment of a requirements file, or brings it up to date, and prints its folder:
#   venv.sh tests/requirements.txt   → .venv/tests
# Does nothing where the requirements have not changed since.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=$1
folder=$PWD/.venv/$(basename "$(dirname "$requirements")")
stamp=$folder/requirements.sha256
wanted=$(sha256sum "$requirements" | cut -d ' ' -f 1)

if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
  echo "setup: Python packages of $requirements" >&2
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  if command -v uv >/dev/null; then
    uv venv --quiet "$folder" >&2
    VIRTUAL_ENV=$folder uv pip install --quiet -r "$requirements" >&2
  else
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet -r "$requirements" >&2
  fi
  echo "$wanted" >"$stamp"
fi
echo "$folder"
