#!/usr/bin/env bash
# Every test, from an empty clone: installs what is missing, builds, runs all suites and counts their cases.
# A suite that fails does not stop the others. The last line is "N passed, N failed"; the exit code says the same.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$PWD/build/test-results
rm -rf "$results"
mkdir -p "$results"

# suite NAME COMMAND…: runs a suite. What it leaves in its results folder (GoogleTest's JSON, pytest's JUnit XML) and
# its exit code are counted by test_summary.py.
suite() {
  local name=$1 status=0
  shift
  mkdir -p "$results/$name"
  printf '\n== %s\n' "$name"
  SUITE_RESULTS=$results/$name GTEST_OUTPUT=json:$results/$name/ GTEST_BRIEF=1 "$@" || status=$?
  echo "$status" >"$results/$name/exit_code"
}

# gtests LABEL [COMMAND…]: the programs with a label, under a command. Beside GoogleTest's own reports ctest says which programs
# failed: one that crashes leaves none.
gtests() {
  local label=$1
  shift
  "$@" ctest --test-dir build --no-tests=error --output-on-failure --timeout 600 --label-regex "^$label\$" \
    --output-junit "$SUITE_RESULTS/programs.ctest"
}
build_release() { cmake --preset release -DPGFEED_TESTS=ON --log-level=WARNING && cmake --build build -- -k 0; }
# python_tests REQUIREMENTS FOLDER: the tests in a folder, with the Python of a requirements file.
python_tests() {
  local environment
  environment=$(scripts/venv.sh "$1") &&
    scripts/with_postgres.sh "$environment/bin/python" -m pytest "$2" -q --junitxml "$SUITE_RESULTS/pytest.xml"
}
wheel_tests() {
  local folder
  folder=$(scripts/venv.sh tests/wheel/requirements.txt) && "$folder/bin/python" -m pytest tests/wheel -q --junitxml "$SUITE_RESULTS/pytest.xml"
}
spark_tests() { scripts/spark_tests.sh "$@" --junitxml "$SUITE_RESULTS/pytest.xml"; }

scripts/setup.sh build test wheel || exit 1
suite build build_release
suite unit gtests unit
suite postgres gtests postgres scripts/with_postgres.sh
# The oldest and the newest version; the suite above has the system's.
for version in 13 18; do
  suite "postgres$version" gtests postgres env "PGFEED_TEST_POSTGRES=$version" scripts/with_postgres.sh
done
suite cli python_tests tests/requirements.txt tests/cli
suite wheel wheel_tests
suite spark spark_tests tests/spark/requirements.txt tests/spark
# Of Spark 3.5 what differs there: what goes through Python, and how nodes fail.
suite spark35 spark_tests tests/spark35/requirements.txt tests/spark/test_{ranges,partitions,tables,streams,nodes,lab}.py
suite soak scripts/soak.sh --seconds 120
suite asan scripts/sanitize.sh asan
suite tsan scripts/with_postgres.sh scripts/sanitize.sh tsan
suite format scripts/lint.sh --format-only
python3 scripts/test_summary.py "$results" | tee "$results/summary"
exit "${PIPESTATUS[0]}"
