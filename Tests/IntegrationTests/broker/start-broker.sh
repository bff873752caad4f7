#!/bin/sh
# Starts a small Kafka-protocol broker for the integration tests, on loopback, in the background:
#
#     start-broker.sh [CACHE_FOLDER]
#     start-broker.sh --again PORT FOLDER
#
# The second form starts one that was ended with SIGTERM again, where it was.
#
# It is noida-db, a single binary from PyPI. It lives in a virtual environment in CACHE_FOLDER (else
# $MILLRACE_CACHE, else .build-test-broker in the repository), which is made when it is not there.
# Prints, and nothing else on standard output:
#
#     bootstrap=127.0.0.1:PORT
#     pid=PID
#     data=FOLDER
#
# The caller stops it with `kill PID` and then removes FOLDER.
set -eu

version=0.2.3
ready_within_seconds=20

again=
attempts=3
if [ "${1-}" = --again ]; then
    again=yes
    attempts=50
    port=$2
    data=$3
    shift 3
fi

root=$(cd "$(dirname "$0")/../../.." && pwd)
cache=${1:-${MILLRACE_CACHE:-$root/.build-test-broker}}
environment=$cache/noida-db-$version

fail() {
    echo "start-broker: $*" >&2
    exit 1
}

find_binary() {
    find "$environment" -type f -path '*/noida_db/noida-db' 2>/dev/null | head -n 1
}

# Two test runs may begin at once: each installs beside, and the first to be done is kept.
install_broker() {
    command -v python3 >/dev/null || fail "python3 is needed to install the test broker"
    mkdir -p "$cache"
    staging=$(mktemp -d "$cache/installing.XXXXXX")
    {
        python3 -m venv "$staging/venv" &&
            "$staging/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
                "noida-db==$version"
    } >&2 || {
        rm -rf "$staging"
        fail "noida-db $version could not be installed with pip (is python3-venv installed?)"
    }
    mv -T "$staging/venv" "$environment" 2>/dev/null || true
    rm -rf "$staging"
}

free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

accepts() {
    python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()' "$1" 2>/dev/null
}

binary=$(find_binary)
if [ -z "$binary" ]; then
    install_broker
    binary=$(find_binary)
    [ -n "$binary" ] || fail "the wheel of noida-db $version holds no binary for this machine"
fi
[ -x "$binary" ] || chmod +x "$binary"

# Starts the broker on a port that was free a moment ago; sets `port`, `data` and `pid`. Its Python
# wrapper does not pass signals on, so the binary is started directly.
start_broker() {
    [ -n "$again" ] || port=$(free_port)
    [ -n "$again" ] || data=$(mktemp -d "$cache/data.XXXXXX")
    "$binary" start --only kafka --kafka-port "$port" --data-dir "$data" \
        >"$data/broker.log" 2>&1 </dev/null &
    pid=$!
}

# Fails when the broker ended: another process may have taken the port in between.
await_broker() {
    deadline=$(($(date +%s) + ready_within_seconds))
    until accepts "$port"; do
        kill -0 "$pid" 2>/dev/null || return 1
        if [ "$(date +%s)" -ge "$deadline" ]; then
            kill "$pid" 2>/dev/null || true
            fail "the broker did not answer within $ready_within_seconds s; see $data/broker.log"
        fi
        sleep 0.05
    done
    kill -0 "$pid" 2>/dev/null
}

# The port of a broker that was there may take a moment to be free.
attempt=1
start_broker
until await_broker; do
    [ "$attempt" -lt "$attempts" ] || fail "the broker ended at once: $(tail -n 5 "$data/broker.log")"
    attempt=$((attempt + 1))
    if [ -n "$again" ]; then sleep 0.2; else rm -rf "$data"; fi
    start_broker
done

echo "bootstrap=127.0.0.1:$port"
echo "pid=$pid"
echo "data=$data"
