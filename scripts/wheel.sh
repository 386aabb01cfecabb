#!/usr/bin/env bash
# Builds the Python package's wheel for $PYTHON (python3) into dist/ and prints its path.
# The libraries it needs are packed into it. Does nothing where nothing it is made from has changed since.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
stamp=build-wheel/$tag.sha256

# What the wheel is made from, and with.
sources() {
  find CMakeLists.txt pyproject.toml README.md LICENSE cmake include python src scripts/wheel.sh -type f \
    -not -path "src/cli/*" -not -name "*.pyc"
}
wanted=$(sources | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d ' ' -f 1)
built() { compgen -G "dist/pgfeed-*-$tag-$tag-manylinux_*.whl"; }

if [[ ! -f $stamp || $(cat "$stamp") != "$wanted" ]] || ! built >/dev/null; then
  PYTHON=$python scripts/setup.sh wheel >&2
  tools=$(scripts/venv.sh python/requirements.txt "$python")/bin
  raw=build-wheel/$tag
  rm -rf "$raw"
  # Not in an environment made for each build: its path would change, and the compiler's cache would know nothing.
  PATH=$tools:$PATH "$tools/python" -m build --wheel --no-isolation --outdir "$raw" . >&2
  rm -f dist/pgfeed-*-"$tag-$tag"-*.whl
  PATH=$tools:$PATH "$tools/auditwheel" repair --wheel-dir dist "$raw"/*.whl >&2
  echo "$wanted" >"$stamp"
fi
built
