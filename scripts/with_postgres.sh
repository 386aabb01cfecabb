#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own: with_postgres.sh COMMAND [ARGUMENT]…
# The server lives in a temporary folder, on a free port of 127.0.0.1 and on a Unix socket in that folder, and is
# stopped and deleted when the command ends, however it ends. The command finds it by PGHOST (the socket's folder),
# PGPORT, PGUSER and PGDATABASE. The socket trusts everyone; over TCP a password is asked for.
# PGFEED_TEST_POSTGRES says which server: a major version (13), or the folder of its programs; else the newest of the
# system. The command finds the folder there.
# Not durable: for tests only. The exit code is the command's.
set -euo pipefail

if [[ $# -eq 0 ]]; then
  echo "usage: with_postgres.sh COMMAND [ARGUMENT]..." >&2
  exit 2
fi

find_programs() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t / -k 5 -rn) $(dirname "$(command -v initdb || echo /none/initdb)"); do
    if [[ -x $folder/initdb && -x $folder/pg_ctl ]]; then echo "$folder"; return; fi
  done
  echo "with_postgres.sh: no PostgreSQL server programs found: apt-get install postgresql" >&2
  return 1
}

# PostgreSQL refuses to run as root.
as_server() { if [[ $(id -u) == 0 ]]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

free_port() {
  python3 -c 'import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])'
}

case ${PGFEED_TEST_POSTGRES:-} in
  '') programs=$(find_programs) ;;
  */*) programs=$PGFEED_TEST_POSTGRES ;;
  *) programs=$("$(dirname "$0")/postgres_binaries.sh" "$PGFEED_TEST_POSTGRES") ;;
esac
folder=$(mktemp -d /tmp/pgfeed-postgres.XXXXXX)
command_pid=

finish() {
  local status=$?
  trap - EXIT
  trap '' INT TERM HUP
  [[ -z $command_pid ]] || kill "$command_pid" 2>/dev/null || true
  [[ ! -f $folder/data/postmaster.pid ]] || as_server "$programs/pg_ctl" -D "$folder/data" -m immediate -s -w stop || true
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

chmod 755 "$folder"
[[ $(id -u) != 0 ]] || chown postgres "$folder"
as_server "$programs/initdb" -D "$folder/data" -U postgres --encoding=UTF8 --locale=C.UTF-8 --no-sync \
  --auth-local=trust --auth-host=scram-sha-256 >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

as_server tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
shared_buffers = 128MB
max_wal_size = 2GB
max_connections = 60
CONF

# Someone else may take the port between the look and the start.
for attempt in 1 2 3; do
  port=$(free_port)
  if as_server "$programs/pg_ctl" -D "$folder/data" -o "-p $port" -l "$folder/server.log" -s -w start >/dev/null 2>&1; then break; fi
  if [[ $attempt == 3 ]]; then
    cat "$folder/server.log" >&2
    exit 1
  fi
done

unset PGSERVICE PGPASSFILE PGPASSWORD PGOPTIONS PGHOSTADDR PGSSLMODE
export PGHOST=$folder PGPORT=$port PGUSER=postgres PGDATABASE=postgres PGFEED_TEST_POSTGRES=$programs
# In the background, so that a signal to this script ends the wait; standard input is kept.
"$@" <&0 &
command_pid=$!
status=0
wait "$command_pid" || status=$?
command_pid=
exit "$status"
