#!/usr/bin/env bash
# Make .venv and install Phosphene into it, unless that was done for this pyproject.toml in this place already.
# usage: setup.sh run|dev     (dev adds what the tests and linters need)
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1-}
case $wanted in run | dev) ;; *) echo "usage: setup.sh run|dev" >&2 && exit 2 ;; esac
place="$PWD $(cksum <pyproject.toml)"
stamp=.venv/installed
log=.venv/pip.log

fail() {
  echo "$*" >&2
  exit 1
}

is_installed() { # a dev installation serves as a run installation too
  [ -e "$stamp" ] || return 1
  grep -qxF "dev $place" "$stamp" || { [ "$wanted" = run ] && grep -qxF "run $place" "$stamp"; }
}

is_recent() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local name
  for name in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
    is_recent "$name" && echo "$name" && return
  done
  fail "Phosphene needs Python 3.11 or newer, and no python3 here is: install one, or name it with PYTHON=/path/to/python3."
}

make_venv() {
  local python
  python=$(find_python)
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments: install its venv package (on Debian and Ubuntu: python3-venv)."
  echo "Making .venv with $("$python" --version) ..."
  "$python" -m venv --clear .venv || fail "Making .venv failed; is there room on the disk?"
}

report_progress() { # every 15 seconds, what pip is at; until the script that started it is gone
  local start=$SECONDS now
  while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    now=$(grep -oE '(Downloading|Building|Preparing|Collecting|Installing collected packages)( [^ :]+)?( \([^)]*\))?' "$log" | tail -n 1) || true
    echo "  $((SECONDS - start)) s: ${now:-starting}" | sed "s/Installing collected packages/unpacking everything/"
  done
}

install() {
  report_progress &
  trap "kill $! 2>/dev/null || true" EXIT
  .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off -e "$1" >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "pip could not install it (the whole of what it said is in $log)."
  }
  echo "Installed."
}

is_installed && exit 0
# A venv names its own place in every script, so one that was moved or whose Python went away is made anew.
if grep -qsF "$PWD/.venv" .venv/bin/activate && is_recent .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
  echo "Bringing .venv up to date ..."
else
  make_venv
  echo "Installing Phosphene into it. Some 3 GB are downloaded once (nearly all is PyTorch); it takes a few minutes ..."
fi
install "$([ "$wanted" = run ] && echo . || echo '.[dev]')"
echo "$wanted $place" >"$stamp"
