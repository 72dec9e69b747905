#!/bin/sh
# A job of several machines, tried on this one: a Redis that loses nothing, a sandbox in the place of
# Clerk, and three workers, the first of which adds the people of a CSV file.
#
#   sh start.sh people.csv
#
# It needs redis-server. LUA is the interpreter (lua5.4), REDIS_PORT where Redis listens (6399).
set -eu

here=$(dirname "$0")
people=${1:?"usage: start.sh FILE"}
lua=${LUA:-lua5.4}
store=redis://127.0.0.1:${REDIS_PORT:-6399}/0

folder=$(mktemp -d)
started=
# Ends what has been started here, however this script ends.
finish() {
  kill $started 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

touch "$folder/sandbox" "$folder/log"
redis-server --port "${REDIS_PORT:-6399}" --bind 127.0.0.1 --dir "$folder" --save '' \
  --appendonly yes --appendfsync always >"$folder/log" &
started=$!
"${CONVOKE_SANDBOX_LUA:-$lua}" -e 'require("convoke.sandbox").main { "--shell" }' \
  >"$folder/sandbox" &
started="$started $!"
until grep -q CLERK_SECRET_KEY "$folder/sandbox" && grep -q 'Ready to accept' "$folder/log"; do
  for server in $started; do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 3; }
  done
  sleep 0.1
done
. "$folder/sandbox"

"$lua" "$here/worker.lua" "$store" &
second=$!
started="$started $second"
"$lua" "$here/worker.lua" "$store" &
third=$!
started="$started $third"
status=0
"$lua" "$here/worker.lua" "$store" "$people" || status=$?
[ $status -ne 3 ] || exit 3 # no rows were added, for which the others wait
wait $second || status=$?
wait $third || status=$?
exit $status
