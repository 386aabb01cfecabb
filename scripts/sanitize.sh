#!/usr/bin/env bash
# sanitize.sh asan: the unit tests under ASan and UBSan, and each fuzz target for FUZZ_SECONDS (10).
# sanitize.sh tsan: the worker tests under TSan; they want the server of with_postgres.sh.
# Only what is run is built: half of the machine's time in `make test` goes into compiling here.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
folder=build-$preset
case $preset in
  asan) which=(--label-regex '^unit$') ;;
  tsan) which=(--tests-regex '^(unit|postgres)_load$') ;;
  *) echo "sanitize.sh: asan or tsan" >&2; exit 2 ;;
esac

# A test has the name of its program (tests/CMakeLists.txt).
test_programs() { ctest --test-dir "$folder" -N "${which[@]}" | sed -n 's/^ *Test *#[0-9]*: //p'; }

fuzz() {
  local name=$1 status=0
  local corpus=$folder/fuzz/$name seeds=tests/fuzz/corpus/$name
  mkdir -p "$corpus"
  local folders=("$corpus")
  [[ ! -d $seeds ]] || folders+=("$seeds")
  "$folder/tests/$name" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
    -artifact_prefix="$corpus-" "${folders[@]}" >"$corpus.log" 2>&1 || status=$?
  if [[ $status == 0 ]]; then echo "fuzz $name: passed"; else tail -n 60 "$corpus.log"; echo "fuzz $name: failed"; fi
  [[ -z ${SUITE_RESULTS:-} ]] || echo "$status" >"$SUITE_RESULTS/$name.exit_code"
  return "$status"
}

cmake --preset "$preset" -DCMAKE_CXX_COMPILER="clang++-$(scripts/clang.sh)" --log-level=WARNING
fuzzers=()
if [[ $preset == asan ]]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    [[ ! -f $source ]] || fuzzers+=("$(basename "$source" .cpp)")
  done
fi
mapfile -t programs < <(test_programs)
if [[ ${#programs[@]} == 0 ]]; then
  echo "sanitize.sh: no tests for $preset" >&2
  exit 1
fi
failed=0
cmake --build "$folder" --target "${programs[@]}" ${fuzzers[@]+"${fuzzers[@]}"} -- -k 0 || failed=1

export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1
ctest --test-dir "$folder" "${which[@]}" --output-on-failure --timeout 900 \
  --output-junit "${SUITE_RESULTS:-$PWD/$folder}/programs.ctest" || failed=1
for name in ${fuzzers[@]+"${fuzzers[@]}"}; do fuzz "$name" || failed=1; done
exit "$failed"
