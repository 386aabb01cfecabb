#!/usr/bin/env bash
# Makes the Python environment of a requirements file, or brings it up to date, and prints its folder:
#   venv.sh tests/requirements.txt                  → .venv/tests
#   venv.sh tests/wheel/requirements.txt python3.9  → .venv/wheel-3.9, with that interpreter
# A line `# python: 3.11` among the requirements names the Python that they want. Where there is none, python3 is taken.
# Does nothing where the requirements have not changed since.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=$1
folder=$PWD/.venv/$(basename "$(dirname "$requirements")")

# Prints the program. One that is found need not run: it may stand for versions that are not here.
find_python() {
  local version
  version=$(sed -n 's/^# python: *//p' "$requirements")
  if [[ -n $version ]] && "python$version" -c '' 2>/dev/null; then command -v "python$version"; else command -v python3; fi
}

python=${2:-$(find_python)}
[[ -z ${2:-} ]] || folder+=-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
stamp=$folder/requirements.sha256
wanted=$(sha256sum "$requirements" | cut -d ' ' -f 1)

if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]]; then
  echo "setup: Python packages of $requirements" >&2
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  if command -v uv >/dev/null; then
    uv venv --quiet --python "$python" "$folder" >&2
    VIRTUAL_ENV=$folder uv pip install --quiet -r "$requirements" >&2
  else
    "$python" -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet -r "$requirements" >&2
  fi
  echo "$wanted" >"$stamp"
fi
echo "$folder"
