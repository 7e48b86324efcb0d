# Sourced by the scripts beside it: where things are, which versions, how to speak.
# shellcheck shell=bash disable=SC2034 # variables for those scripts

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Built tools and Python packages live here, so that every checkout and `git clean` keeps them.
CACHE=${ROWGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rowgate}

WORKER_BUILD_VERSION=0.8.7

say() {
  printf '%s\n' "rowgate: $*" >&2
}

die() {
  say "$*"
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# help "$@": with --help, prints the comment that the script begins with, and all options where
# its Python has them, and ends it.
help() {
  case " $* " in
  *' --help '* | *' -h '*) ;;
  *) return 0 ;;
  esac
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
  local python options
  python=$(python_environment)/bin/python
  options=$(tr - _ <<<"${0##*/}").py
  if [ -x "$python" ] && grep -qs argparse "$ROOT/bench/$options"; then
    echo
    WRK=$WRK MYDUMPER=$MYDUMPER "$python" "$ROOT/bench/$options" --help
  fi
  exit 0
}

# The version of a crate in Cargo.lock.
locked_version() {
  awk -v name="name = \"$1\"" '
    $0 == name { getline; gsub(/version = |"/, ""); print; found = 1; exit }
    END { exit !found }
  ' "$ROOT/Cargo.lock" || die "Cargo.lock names no $1"
}

# wasm-bindgen's command must be of the very version that the Worker links.
WASM_BINDGEN_VERSION=$(locked_version wasm-bindgen)

# The version is part of the path: a new one is simply not there yet.
WORKER_BUILD=$CACHE/worker-build-$WORKER_BUILD_VERSION/bin/worker-build
WASM_BINDGEN=$CACHE/wasm-bindgen-cli-$WASM_BINDGEN_VERSION/bin/wasm-bindgen

# Where scripts/install-wasm-split puts it, unless the machine has one.
WASM_SPLIT=${WASM_SPLIT:-$(command -v wasm-split || echo "$CACHE/wasm-split-debian-13/bin/wasm-split")}

# python_environment [FILE]: where the Python environment for today's requirements is, those of the
# tests unless another file is named; other requirements, another folder.
python_environment() {
  echo "$CACHE/python-$(cksum <"$ROOT/${1:-tests/requirements.txt}" | tr ' ' -)"
}

# Where scripts/install-mydumper puts its two programs, under bin.
MYDUMPER=$CACHE/mydumper-debian-12

# Where scripts/install-wrk puts its program, under bin.
WRK=$CACHE/wrk-debian-12

# What the scripts in bench/peers use that is no test's; scripts/install-peers installs it.
PEERS_REQUIREMENTS=bench/peers/requirements.txt

# Where scripts/install-gungraun puts what counts instructions: its runner must be of the very
# version that the benchmarks link.
GUNGRAUN_VERSION=$(locked_version gungraun)
GUNGRAUN_RUNNER=$CACHE/gungraun-runner-$GUNGRAUN_VERSION/bin/gungraun-runner
VALGRIND=$CACHE/valgrind-debian-12
