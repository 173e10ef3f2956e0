#!/usr/bin/env bash
# Drives the sidecar against a real GNOME Keyring: unlocked, locked, emptied, and without any session bus.
#
#   A2A_BIN=…/a2a A2A_RELAY_BIN=…/a2a-relay tests/clients/keyring.sh
#
# Each case gets a session bus of its own, so it does not matter whether this runs inside one; the keyrings stand in a
# temporary folder, so those of the person who runs this are never touched.
set -uo pipefail

: "${A2A_BIN:?path of the a2a binary}" "${A2A_RELAY_BIN:?path of the a2a-relay binary}"
readonly PATIENCE_SECS=30

root=$(mktemp -d)
relay_pid=
trap 'if [ -n "$relay_pid" ]; then kill "$relay_pid"; fi; rm -rf "$root"' EXIT
passed=0
failed=0

# check WORDS COMMAND…: counts one assertion.
check() {
  local words="$1"
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf 'ok    %s\n' "$words"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$words"
    printf '      exit %s: %s\n' "${status:-}" "$(tr '\n' ' ' <<<"${said:-}")"
  fi
}

# --- machines and sessions -----------------------------------------------------------------------

# session KIND KEYRINGS HOME COMMAND…: runs the command in a new session whose keyrings stand in the folder KEYRINGS.
# KIND: unlocked | locked | no-bus. The answer comes back in $status and $said.
session() {
  local kind="$1" keyrings="$2" home="$3" runtime
  shift 3
  runtime=$(mktemp -d "$root/run.XXXXXX")
  mkdir -p "$root/$keyrings"
  local clean=(env -i PATH="$PATH" HOME="$root/$keyrings" XDG_RUNTIME_DIR="$runtime" A2A_HOME="$root/$home" A2A_ARGON2_MIB=64)
  if [ "$kind" = no-bus ]; then
    said=$("${clean[@]}" timeout "$PATIENCE_SECS" "$@" 2>&1)
  else
    said=$("${clean[@]}" dbus-run-session -- bash -c "$SESSION" "$kind" "$PATIENCE_SECS" "$@" 2>"$root/bus.log")
  fi
  status=$?
}

# What runs inside a bus: unlocks the keyring or leaves it locked, runs the command, ends the daemon.
# shellcheck disable=SC2016
readonly SESSION='
  if [ "$0" = unlocked ]; then
    printf "\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  else
    gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
  fi
  timeout "$@" 2>&1
  status=$?
  exit "$status"'

start_relay() {
  "$A2A_RELAY_BIN" serve --listen 127.0.0.1:0 --store "sqlite:$root/relay.db" --registration open \
    >"$root/relay.out" 2>"$root/relay.err" </dev/null &
  relay_pid=$!
  for _ in $(seq 100); do
    relay=$(grep -oE 'http://[0-9.:]+' "$root/relay.out" | head -n 1)
    if [ -n "$relay" ]; then return 0; fi
    sleep 0.1
  done
  printf 'the relay did not start: %s\n' "$(cat "$root/relay.err")"
  exit 1
}

# --- assertions ----------------------------------------------------------------------------------

succeeds() { [ "$status" = 0 ]; }
# Fails by itself: 124 would be the timeout, 134 and above a crash.
fails_in_words() { [ "$status" -gt 0 ] && [ "$status" -lt 100 ]; }
says() { grep -qiE "$1" <<<"$said"; }
does_not_say() { ! says "$1"; }
agent_id() { grep -oE 'a2a_[a-z0-9]{56}' <<<"$said" | head -n 1; }
is_same_agent() { [ "$(agent_id)" = "$alice" ]; }
# What stands in a home about its identity; empty when there is none.
traces() { cat "$root/$1/keyslots.json" "$root/$1/identity.json" 2>/dev/null; }
is_unchanged() { [ "$(traces home)" = "$before" ]; }
has_no_identity() { [ -z "$(traces "$1")" ] && [ ! -e "$root/$1/store.sqlite" ]; }
is_private() {
  [ "$(stat -c %a "$root/$1")" = 700 ] && [ "$(find "$root/$1" -type f ! -perm 600 | wc -l)" = 0 ]
}
items_in() {
  session unlocked "$1" home secret-tool search --all service a2a
  grep -c '^secret' <<<"$said"
}
holds_items() { [ "$(items_in "$1")" = "$2" ]; }

a2a_in() { # a2a_in KIND KEYRINGS HOME ARGUMENTS…
  local kind="$1" keyrings="$2" home="$3"
  shift 3
  session "$kind" "$keyrings" "$home" "$A2A_BIN" "$@"
}

# --- the cases -----------------------------------------------------------------------------------

start_relay

a2a_in unlocked keyrings home init "$relay" --name alice --json
check "an unlocked keyring: init makes an identity" succeeds
alice=$(agent_id)
check "init tells the agent's id" test -n "$alice"
check "the keyring holds its key and the newest entry of its log" holds_items keyrings 2
check "the home is closed to others" is_private home
before=$(traces home)

a2a_in unlocked keyrings home whoami --json
check "a new session with the same keyring: the same agent" is_same_agent

a2a_in locked keyrings home whoami --json
check "a locked keyring: an error, in time" fails_in_words
check "it names the keychain and how to unlock it" says 'unlock'
a2a_in locked keyrings home init "$relay" --name mallory --json
check "a locked keyring: init does not make another identity" fails_in_words
check "nothing of the identity changed" is_unchanged

a2a_in no-bus keyrings home whoami --json
check "no session bus: an error" fails_in_words
check "it says that no keychain can be reached" says 'no keychain can be reached'

a2a_in unlocked emptied home whoami --json
check "an emptied keyring beside an identity: an error" fails_in_words
check "it says that the key is missing" says 'key is not in the keychain'
a2a_in unlocked emptied home init "$relay" --name mallory --json
check "an emptied keyring beside an identity: init refuses" fails_in_words
check "no secret was put into the emptied keyring" holds_items emptied 0
check "nothing of the identity changed" is_unchanged

printf 'correct horse battery staple\n' >"$root/passphrase"
chmod 600 "$root/passphrase"
said=$(A2A_HOME="$root/home" A2A_PASSPHRASE_FILE="$root/passphrase" timeout "$PATIENCE_SECS" "$A2A_BIN" whoami --json 2>&1)
status=$?
check "a keychain's home is not opened by a passphrase" fails_in_words
check "it says what to unset" says 'unset A2A_PASSPHRASE_FILE'

a2a_in unlocked keyrings home whoami --json
check "after all that, the same agent" is_same_agent

# A person at a terminal says yes to what follows.
at_terminal() { # at_terminal COMMAND…: types y at a pseudo-terminal
  printf 'y\n' | script --quiet --return --flush --command "$(printf '%q ' "$@")" /dev/null
}

# The vault is switched to a passphrase and back; each time the other secret is out of use.
by_passphrase() { # by_passphrase KIND ARGUMENTS…
  local kind="$1"
  shift
  session "$kind" keyrings home env A2A_PASSPHRASE_FILE="$root/passphrase" "$A2A_BIN" "$@"
}
yes_by_passphrase() { # the same, with a yes at a terminal
  local kind="$1"
  shift
  session "$kind" keyrings home env A2A_PASSPHRASE_FILE="$root/passphrase" \
    bash -c "$(declare -f at_terminal); at_terminal \"\$@\"" _ "$A2A_BIN" "$@"
}
a2a_in unlocked keyrings home vault --json
check "vault: the keychain's slot and that of the words" says 'keychain.*|recovery words'
session unlocked keyrings home bash -c "$(declare -f at_terminal); at_terminal \"\$@\"" _ "$A2A_BIN" vault passphrase-file "$root/passphrase"
check "the key moves to a passphrase file" succeeds
by_passphrase no-bus whoami --json
check "the passphrase opens it, without any bus" is_same_agent
a2a_in unlocked keyrings home whoami --json
check "the keychain does not open it any more" fails_in_words
yes_by_passphrase locked vault keychain
check "a locked keyring takes no key" fails_in_words
yes_by_passphrase no-bus vault keychain
check "without a bus no key is moved" fails_in_words
by_passphrase no-bus whoami --json
check "after both the passphrase still opens it" is_same_agent
yes_by_passphrase unlocked vault keychain
check "the key moves back into the keyring" succeeds
a2a_in unlocked keyrings home whoami --json
check "the keyring opens it again" is_same_agent
by_passphrase no-bus whoami --json
check "the passphrase does not open it any more" fails_in_words
check "the home is closed to others" is_private home

for kind in locked no-bus; do
  a2a_in "$kind" fresh "new-$kind" init "$relay" --name bob --json
  check "a new home, $kind: init fails" fails_in_words
  check "it names the passphrase file as the other way" says 'A2A_PASSPHRASE_FILE'
  check "nothing is left behind" has_no_identity "new-$kind"
done

session no-bus fresh headless env A2A_PASSPHRASE_FILE="$root/passphrase" "$A2A_BIN" init "$relay" --name carol --json
check "no bus, passphrase file named: init makes an identity" succeeds
check "the weaker vault is announced" says 'A2A_PASSPHRASE_FILE, not by a keychain'
check "the home is closed to others" is_private headless
a2a_in unlocked keyrings headless whoami --json
check "that home is not opened by the keychain" fails_in_words
check "it says what to set" says 'set A2A_PASSPHRASE_FILE'
printf 'incorrect horse battery staple\n' >"$root/passphrase"
session no-bus fresh headless env A2A_PASSPHRASE_FILE="$root/passphrase" "$A2A_BIN" whoami --json
check "a wrong passphrase is said to be wrong" says 'passphrase is wrong'
check "and is not repeated" does_not_say 'incorrect horse'

printf '\nkeyring: %s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
