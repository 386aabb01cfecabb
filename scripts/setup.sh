#!/usr/bin/env bash
# Installs what is missing for a goal: setup.sh [build|test|bench|lint|wheel]… (default: build and test).
# Debian 12 and 13 were tried; as root or with sudo. Where nothing is missing it installs nothing and asks no one.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()

have_command() { command -v "$1" >/dev/null; }
want_command() { have_command "$1" || missing+=("$2"); }
want_package() { [[ $installed == *" $1 "* ]] || missing+=("$1"); }

want_build() {
  want_command g++ g++
  want_command cmake cmake
  want_command ninja ninja-build
  want_command make make
  want_command pkg-config pkg-config
  want_command ccache ccache
  local package
  for package in libpq-dev libsimdjson-dev libyaml-cpp-dev libfmt-dev libcli11-dev nlohmann-json3-dev tzdata; do want_package "$package"; done
  # The private server needs PostgreSQL's server programs; any version will do.
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have_command initdb || missing+=(postgresql)
}

want_python() {
  have_command python3 || missing+=(python3)
  have_command uv || python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
}

# The headers of $PYTHON; for one that is not the system's we cannot know who has them.
want_python_headers() {
  local python=${PYTHON:-python3}
  have_command "$python" && "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null ||
    missing+=(python3-dev)
}

# For Spark, which wants Java 17 or 21.
want_java() { want_command java default-jre-headless; }

# CMake configures the tests with the rest, so GoogleTest is wanted by test, lint and bench alike.
want_googletest() { want_package libgtest-dev; want_package libgmock-dev; }

# Sets `clang` to the version that is wanted. A fresh system knows no packages before its first update.
want_clang() {
  clang=$(scripts/clang.sh) || { have_command apt-get && as_root apt-get -qq update; clang=$(scripts/clang.sh) || clang=16; }
  want_command "clang++-$clang" "clang-$clang"
}

want_goal() {
  want_build
  case $1 in
    build) ;;
    test)
      want_googletest; want_python
      want_clang
      want_package "libclang-rt-$clang-dev"
      want_command mvn maven  # for postgres_binaries.sh
      want_java
      ;;
    lint)
      want_googletest; want_python
      want_clang
      want_command "clang-tidy-$clang" "clang-tidy-$clang"
      ;;
    wheel)
      want_python; want_python_headers
      ;;
    bench)
      want_python
      want_java
      ;;
    *) echo "setup.sh: no such goal: $1 (build, test, bench, lint, wheel)" >&2; exit 2 ;;
  esac
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"
  elif have_command sudo; then sudo -- "$@"
  else echo "setup.sh: not root, and there is no sudo; install by hand: ${missing[*]}" >&2; exit 1
  fi
}

# Debian's package makes a cluster `main` and starts it. Nobody asked for that one.
without_main_cluster() {
  local folder=/etc/postgresql-common/createcluster.d file
  file=$folder/pgfeed-setup.conf
  as_root mkdir -p "$folder"
  echo 'create_main_cluster = false' | as_root tee "$file" >/dev/null
  local status=0
  "$@" || status=$?
  as_root rm -f "$file"
  return "$status"
}

install_missing() {
  echo "setup: installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { as_root apt-get -qq update &&
         without_main_cluster as_root env DEBIAN_FRONTEND=noninteractive \
           apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install "${missing[@]}"
       } >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    echo "setup.sh: could not install: ${missing[*]}" >&2
    exit 1
  fi
  rm -f "$log"
}

main() {
  [[ $# -gt 0 ]] || set -- build test
  installed=' '
  if have_command dpkg-query; then
    # shellcheck disable=SC2016  # dpkg-query's own variables
    installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ') "
  fi
  local goal
  for goal; do want_goal "$goal"; done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if ! have_command apt-get; then
    echo "setup: no apt-get here; the build needs what Debian calls: ${missing[*]}" >&2
    return 0  # CMake says what it does not find
  fi
  install_missing
}

main "$@"
