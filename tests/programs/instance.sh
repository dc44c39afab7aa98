# A private instance for one test; sourced by the programs beside this file.
#
#   . "$(dirname "$0")/instance.sh"
#   start_instance
#   add_account alice@example.test
#   ...
#
# start_instance makes it in a folder of its own, on ports of its own, and
# waits until every daemon answers.  When the test ends, however it does, the
# instance is stopped by its process id and the folder is removed.  Set
# KEEP=1 to look at the folder afterwards.  What the test took besides, its
# function give_back, if it has one, returns.
#
# Sets: repo, bin (programs), work (the test's folder), instance, config, log,
# base (of the ports), maild (its process id).
set -eu

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${BIN:-$repo/build/bin}
work=$(mktemp -d /tmp/staunch-test.XXXXXX)
chmod 755 "$work"
instance=$work/instance
config=$instance/mail.toml
log=$work/log
domain=example.test
password=test-password
maild=
export LC_ALL=C.UTF-8

# Debian's own; another python3 may come first in PATH.
python=/usr/bin/python3

fail() {
  echo "FAILED: $*" >&2
  [ ! -s "$log" ] || { echo "--- the end of the log:" && tail -n 40 "$log"; } >&2
  exit 1
}

# Tries a command until it holds, for at most so many seconds.
wait_for() {
  local seconds=$1 last
  shift
  last=$(($(date +%s%N) / 1000000 + seconds * 1000))
  until "$@" >/dev/null 2>&1; do
    [ $(($(date +%s%N) / 1000000)) -lt $last ] || return 1
    sleep 0.02
  done
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_base() {
  local try port
  for try in 0 1 2 3 4 5 6 7 8 9; do
    base=$((10000 + 1000 * (($$ + try) % 20)))
    for port in 24 25 143 465 587 993; do
      port_free $((base + port)) || continue 2
    done
    return
  done
  fail "no free ports"
}

# Started by root, the daemons run as another user, who must get at them.
reach_programs() {
  [ "$(id -u)" = 0 ] || return 0
  setpriv --reuid=65534 --regid=65534 --clear-groups \
    test -x "$bin/maild" 2>/dev/null && return
  cp -r "$bin" "$work/bin"
  bin=$work/bin
}

mailctl() { "$bin/mailctl" -c "$config" "$@"; }

add_account() {  # address [password]
  echo "${2:-$password}" | mailctl account add "$1" --password-stdin >/dev/null
}

make_instance() {
  choose_base
  reach_programs
  "$bin/mailctl" init "$instance" --domain $domain --ports "$base" >/dev/null
}

start_daemons() {
  local seen
  : >>"$log"
  seen=$(grep -c 'event=ready program=maild' "$log" || true)
  "$bin/maild" -c "$config" >>"$log" 2>&1 &
  maild=$!
  ready_again() {
    kill -0 $maild 2>/dev/null || return 0
    [ "$(grep -c 'event=ready program=maild' "$log")" -gt "$seen" ]
  }
  wait_for 20 ready_again || fail "the daemons do not get ready"
  kill -0 $maild 2>/dev/null || fail "maild has ended"
}

start_instance() {
  make_instance
  start_daemons
}

stop_daemons() {
  [ -n "$maild" ] || return 0
  kill -TERM "$maild" 2>/dev/null || true
  wait "$maild" 2>/dev/null || true
  maild=
}

# What a test has started besides; it says so by a function of its own.
end_more() { true; }

end_test() {
  local code=$?
  trap - EXIT
  end_more
  stop_daemons
  if declare -F give_back >/dev/null; then give_back; fi
  [ -n "${KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
  exit $code
}
trap end_test EXIT
trap 'exit 130' INT TERM
