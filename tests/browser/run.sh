#!/bin/sh
# Runs the journeys of web/ui/tests/browser in Chromium against a demonstration of its own.
#   NIYAM_BIN   the binary (default target/debug/niyam, built first)
#   NIYAM_PORT  the port on 127.0.0.1 (default: a free one)
#   CHROMIUM    the browser (default /usr/bin/chromium)
# Exit code: 0 when every check holds, else 1.
set -eu
cd "$(dirname "$0")/../.."

# Seconds that the server may take until it answers, and that all journeys may take together.
READY_SECONDS=120
JOURNEY_SECONDS=1500

fail() {
  echo "browser: $1" >&2
  [ -z "${log:-}" ] || tail -n 20 "$log" >&2
  exit 1
}

bin=${NIYAM_BIN:-target/debug/niyam}
[ -f web/ui/dist/index.html ] || fail "the screens are not built: cd web/ui && npm ci && npm run build"
# Without a binary named, cargo builds it, or finds that it is up to date.
[ -n "${NIYAM_BIN:-}" ] || "${CARGO:-cargo}" build --locked -p niyam-web --target-dir target
[ -x "$bin" ] || fail "$bin cannot be run"

folder=$(mktemp -d)
server=""
cleanup() {
  if [ -n "$server" ] && kill -0 "$server" 2>/dev/null; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

port=${NIYAM_PORT:-$(node -e 'const s=require("node:net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')}
base="http://127.0.0.1:$port"
log="$folder/server.log"
"$bin" serve --demo --data "$folder/data" --listen "127.0.0.1:$port" >"$log" 2>&1 &
server=$!

# Asks /healthz again and again until it answers, the time is over or the server has ended.
node web/ui/tests/browser/ready.mjs --base "$base" --seconds "$READY_SECONDS" --pid "$server" || fail "the server did not get ready on $base"

code=0
timeout "$JOURNEY_SECONDS" node web/ui/tests/browser/run.mjs --base "$base" || code=$?
if [ "$code" -eq 124 ]; then fail "the journeys took more than $JOURNEY_SECONDS s"; fi
if [ "$code" -ne 0 ]; then fail "journeys failed; last lines of the server:"; fi
log=""
echo "browser: all journeys hold"
