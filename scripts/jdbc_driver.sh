#!/usr/bin/env bash
# Prints the path of PostgreSQL's JDBC driver, for measurements beside Spark's JDBC writer. Fetched once, from Maven Central.
set -euo pipefail
cd "$(dirname "$0")/.."

release=42.7.8
folder=$PWD/.cache
jar=$folder/postgresql-$release.jar
if [[ ! -f $jar ]]; then
  echo "setup: PostgreSQL's JDBC driver" >&2
  command -v mvn >/dev/null || scripts/setup.sh test >&2
  mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -DoutputDirectory="$folder" \
    -Dartifact="org.postgresql:postgresql:$release" >&2
fi
echo "$jar"
