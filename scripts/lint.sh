#!/usr/bin/env bash
# lint.sh: clang-format, clang-tidy, ruff and mypy over the project.
#   --format-only   clang-format alone, changes nothing (part of `make test`)
#   --fix           writes the form that clang-format and ruff want
set -euo pipefail
cd "$(dirname "$0")/.."

# The folders that hold the project's own code, and never what was built or installed.
files() { find include src tests scripts examples bench "$@" -type f -print 2>/dev/null | sort; }
mapfile -t cpp < <(files -name '*.[ch]pp')
mapfile -t python < <(files -name '*.py')

# Names only: the form itself is a `make format` away.
check_form() {
  local file failed=0
  for file in "${cpp[@]}"; do
    clang-format-16 --dry-run -Werror "$file" 2>/dev/null || { echo "not formatted (make format): $file"; failed=1; }
  done
  return "$failed"
}

python_tools() { echo "$(scripts/venv.sh scripts/requirements.txt)/bin"; }

case ${1:-} in
  --format-only)
    check_form
    exit
    ;;
  --fix)
    scripts/setup.sh lint
    clang-format-16 -i "${cpp[@]}"
    tools=$(python_tools)
    "$tools/ruff" check --fix "${python[@]}"
    "$tools/ruff" format "${python[@]}"
    exit
    ;;
  '') ;;
  *) echo "lint.sh: [--format-only | --fix]" >&2; exit 2 ;;
esac

scripts/setup.sh lint
failed=0
check_form || failed=1

tools=$(python_tools)
"$tools/ruff" check "${python[@]}" || failed=1
"$tools/ruff" format --check "${python[@]}" || failed=1
"$tools/mypy" scripts tests/cli || failed=1

# clang-tidy wants Clang's view of the flags, so a compilation database of its own.
cmake -S . -B build-tidy -G Ninja -DCMAKE_CXX_COMPILER=clang++-16 -DCMAKE_EXPORT_COMPILE_COMMANDS=ON --log-level=WARNING
mapfile -t sources < <(files -path 'src/*.cpp')
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-16 -p build-tidy --quiet 2>/dev/null || failed=1
exit "$failed"
