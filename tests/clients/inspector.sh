#!/usr/bin/env bash
# Drives two real sidecars on two real relays with the MCP Inspector's command line, in both eras of the protocol.
#
# The Inspector starts a new process for every call and cannot ask its user, so the owner approves at a terminal, which
# `script` stands in for. Needs mcp-inspector and node (22.19 or newer) on the PATH, and A2A_BIN and A2A_RELAY_BIN.
# Ends with "N passed, N failed" and a status to match.
set -euo pipefail

: "${A2A_BIN:?}" "${A2A_RELAY_BIN:?}"
FOLDER=$(mktemp -d -t a2a-inspector-XXXXXX)
RELAYS=()
passed=0
trap 'kill "${RELAYS[@]}" 2>/dev/null || true; rm -rf "$FOLDER"' EXIT

fail() {
  printf 'FAILED  %s\n%d passed, 1 failed\n' "$*" "$passed"
  exit 1
}

ok() {
  passed=$((passed + 1))
  printf 'ok      %s\n' "$*"
}

# field PATH: reads one field, such as `messages.0.body`, of the JSON on stdin.
field() {
  node -e '
    const value = process.argv[1].split(".").reduce((at, key) => at?.[key], JSON.parse(require("fs").readFileSync(0)));
    process.stdout.write(value === undefined ? "" : String(value));
  ' "$1"
}

# relay NAME: starts a relay that takes everyone; its address goes to $URL.
relay() {
  local folder="$FOLDER/relay-$1"
  mkdir -p "$folder"
  HOME="$folder" "$A2A_RELAY_BIN" serve --listen 127.0.0.1:0 --store "sqlite:$folder/relay.db" --registration open \
    >"$folder/out" 2>"$folder/err" &
  RELAYS+=("$!")
  for _ in $(seq 600); do
    URL=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$folder/out" | head -1)
    [ -n "$URL" ] && return 0
    sleep 0.1
  done
  fail "the relay did not start: $(cat "$folder/err")"
}

# person NAME: lays out a machine.
person() {
  mkdir -p "$FOLDER/$1"
  printf '%s opens this vault' "$1" >"$FOLDER/$1/passphrase"
}

# inspect NAME ARGUMENTS…: one run of the Inspector on that machine; prints its JSON.
inspect() {
  local name="$1"
  shift
  HOME="$FOLDER/$name" mcp-inspector --cli \
    -e "HOME=$FOLDER/$name" -e "A2A_HOME=$FOLDER/$name/home" -e "A2A_PASSPHRASE_FILE=$FOLDER/$name/passphrase" \
    -e A2A_ARGON2_MIB=64 -e BROWSER=true \
    "$A2A_BIN" mcp --protocol-era "$ERA" -q --format json "$@"
}

# call NAME TOOL JSON: a tool call that has to succeed; prints its structured result.
call() {
  local answer
  answer=$(inspect "$1" --method tools/call --tool-name "$2" --tool-args-json "$3") || fail "$1 $2 $3: $answer"
  printf '%s' "$answer" | node -e '
    const { result } = JSON.parse(require("fs").readFileSync(0));
    process.stdout.write(JSON.stringify(result.structuredContent));
  '
}

# approve NAME ACTION: the owner says yes at a terminal.
approve() {
  env -i PATH="$PATH" TERM=dumb HOME="$FOLDER/$1" A2A_HOME="$FOLDER/$1/home" \
    A2A_PASSPHRASE_FILE="$FOLDER/$1/passphrase" A2A_ARGON2_MIB=64 \
    timeout 60 script --quiet --return --flush --command "'$A2A_BIN' approve $2" /dev/null < <(patient_yes) \
    >"$FOLDER/$1/terminal" || fail "$1 approves $2: $(cat "$FOLDER/$1/terminal")"
}

# Types "y" until the terminal is gone, since nothing tells when the question is there.
patient_yes() {
  while sleep 1 && echo y 2>/dev/null; do :; done
}

# with_owner NAME TOOL JSON: the call, the owner's approval, and the same call again.
with_owner() {
  local first
  first=$(call "$1" "$2" "$3")
  [ "$(field status <<<"$first")" = pending_owner ] || fail "$1 $2 did not wait for the owner: $first"
  approve "$1" "$(field action_id <<<"$first")"
  call "$1" "$2" "$3"
}

# eventually WHAT COMMAND…: until the command succeeds.
eventually() {
  local what="$1"
  shift
  for _ in $(seq 30); do
    "$@" && return 0
    sleep 0.5
  done
  fail "waited for $what"
}

received() {
  call "$1" a2a_check_inbox '{}' >"$FOLDER/$1/inbox"
  grep -qF "$2" "$FOLDER/$1/inbox"
}

refused() {
  ! inspect "$1" --method tools/call --tool-name "$2" --tool-args-json "$3" >"$FOLDER/$1/refusal" 2>&1 &&
    grep -qF "$4" "$FOLDER/$1/refusal"
}

conversation() {
  local alice="alice-$ERA" bob="bob-$ERA" invite done sent
  person "$alice"
  person "$bob"

  inspect "$alice" --method tools/list --strict >"$FOLDER/tools" || fail "tools/list --strict: $(cat "$FOLDER/tools")"
  [ "$(field result.tools.length <"$FOLDER/tools")" = 11 ] || fail "not eleven tools"
  ok "tools/list --strict ($ERA)"

  call "$alice" a2a_register "{\"name\":\"alice\",\"relay\":\"$RELAY_A\"}" >/dev/null
  call "$bob" a2a_register "{\"name\":\"bob\",\"relay\":\"$RELAY_B\"}" >/dev/null
  ok "register ($ERA)"

  invite=$(with_owner "$bob" a2a_invite '{"scopes":["scheduling"]}' | field invite)
  case "$invite" in */invite#*) ok "invite ($ERA)" ;; *) fail "no invite: $invite" ;; esac

  done=$(with_owner "$alice" a2a_authorize "{\"peer\":\"$invite\"}")
  [ "$(field status <<<"$done")" = paired ] || fail "not paired: $done"
  ok "authorize ($ERA)"

  # names repeat at the relays in the second era, so petnames are asked for
  local to_bob to_alice
  to_bob=$(field peer <<<"$done")
  sent=$(call "$alice" a2a_send_message "{\"recipient_id\":\"$to_bob\",\"body\":\"thursday 2pm? ($ERA)\"}")
  [ "$(field status <<<"$sent")" = queued ] || fail "not queued: $sent"
  ok "send ($ERA)"

  eventually "the question" received "$bob" "thursday 2pm? ($ERA)"
  ok "check ($ERA)"
  to_alice=$(call "$bob" a2a_list_peers '{}' | field pairs.0.petname)
  call "$bob" a2a_send_message "{\"recipient_id\":\"$to_alice\",\"body\":\"two is fine ($ERA)\",\"reply_to\":\"$(field messages.0.message_id <"$FOLDER/$bob/inbox")\"}" >/dev/null
  eventually "the answer" received "$alice" "two is fine ($ERA)"
  ok "reply ($ERA)"

  inspect "$bob" --method resources/read --uri "a2a://thread/$to_alice" | grep -qF "thursday 2pm" || fail "no thread resource"
  inspect "$bob" --method prompts/get --prompt-name network | grep -qF a2a_list_peers || fail "no prompt"
  ok "resources and prompts ($ERA)"

  [ "$(call "$bob" a2a_revoke "{\"peer\":\"$to_alice\"}" | field status)" = revoked ] || fail "not revoked"
  eventually "the refusal" refused "$alice" a2a_send_message "{\"recipient_id\":\"$to_bob\",\"body\":\"hello?\"}" "no longer accepts"
  ok "revoke ($ERA)"
}

relay a
RELAY_A="$URL"
relay b
RELAY_B="$URL"
for ERA in legacy modern; do
  conversation
done
printf '%d passed, 0 failed\n' "$passed"
