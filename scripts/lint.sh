#!/usr/bin/env bash
# lint.sh: clang-format, clang-tidy, ruff and mypy over the project.
#   --format-only   clang-format alone, changes nothing (part of `make test`)
#   --fix           writes the form that clang-format and ruff want
set -euo pipefail
cd "$(dirname "$0")/.."

# The folders that hold the project's own code, and never what was built or installed.
files() { find include src python tests scripts examples bench "$@" -type f -print 2>/dev/null | sort; }
mapfile -t cpp < <(files -name '*.[ch]pp')
mapfile -t python < <(files -name '*.py')

# Names only: the form itself is a `make format` away.
check_form() {
  local file failed=0
  for file in "${cpp[@]}"; do
    "$tools/clang-format" --dry-run -Werror "$file" 2>/dev/null || { echo "not formatted (make format): $file"; failed=1; }
  done
  return "$failed"
}

case ${1:-} in
  --format-only) ;;
  --fix | '') scripts/setup.sh lint ;;
  *) echo "lint.sh: [--format-only | --fix]" >&2; exit 2 ;;
esac
# clang-format is a Python package here, for every version of it has another form in mind and no system offers all.
tools=$(scripts/venv.sh scripts/requirements.txt)/bin

case ${1:-} in
  --format-only)
    check_form
    exit
    ;;
  --fix)
    "$tools/clang-format" -i "${cpp[@]}"
    "$tools/ruff" check --fix "${python[@]}"
    "$tools/ruff" format "${python[@]}"
    exit
    ;;
esac

failed=0
check_form || failed=1

"$tools/ruff" check "${python[@]}" || failed=1
"$tools/ruff" format --check "${python[@]}" || failed=1
# In runs of their own where a module's name stands twice.
"$tools/mypy" scripts tests/common tests/cli tests/soak || failed=1
"$tools/mypy" tests/spark examples/lab || failed=1
"$tools/mypy" python/pgfeed tests/wheel || failed=1

# clang-tidy takes ten to thirty seconds for a file. As a part of a build with Clang it looks only at what changed since the
# last time, and goes on where it was interrupted.
clang=$(scripts/clang.sh)
[[ build-tidy/build.ninja -nt .clang-tidy ]] || rm -rf build-tidy
cmake -S . -B build-tidy -G Ninja -DCMAKE_CXX_COMPILER="clang++-$clang" -DCMAKE_CXX_CLANG_TIDY="clang-tidy-$clang;--quiet" \
  -DCMAKE_BUILD_TYPE=Debug -DPGFEED_TESTS=OFF --log-level=WARNING
cmake --build build-tidy --target pgfeed -- -k 0 || failed=1
exit "$failed"
