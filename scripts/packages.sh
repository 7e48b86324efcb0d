# Sourced after lib.sh: packages of crates.io, npm and PyPI, pinned by version, lock file or
# requirements.
# shellcheck shell=bash

# Where a script builds tools; two that run side by side have two.
TOOLS_TARGET=$CACHE/cargo-target-$$

# install_cargo_tool PROGRAM CRATE VERSION [OPTION...]
#
# An unoptimised build takes half the time, and these tools run for a second or two.
install_cargo_tool() {
  local program=$1 crate=$2 version=$3
  shift 3
  [ ! -x "$program" ] || return 0

  say "building $crate $version, once for this user (a minute or two)"
  CARGO_TARGET_DIR=$TOOLS_TARGET CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
    cargo install --quiet --locked --debug --root "$CACHE/$crate-$version" \
    --version "$version" --bin "$(basename "$program")" "$@" "$crate"
}

# install_npm_packages FOLDER WHAT: into the folder's node_modules.
install_npm_packages() (
  local what=$2
  cd "$ROOT/$1"
  # A copy of the lock file that node_modules was made from; npm is not asked when it is the same.
  local stamp=node_modules/.rowgate-lock
  ! cmp -s package-lock.json "$stamp" || return 0

  say "installing npm packages ($what)"
  # No package here needs its install script: each only checks or copies a program it ships.
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  cp package-lock.json "$stamp"
)

# install_python_packages REQUIREMENTS: into an environment of their own (see python_environment).
install_python_packages() {
  local environment
  environment=$(python_environment "$1")
  [ ! -f "$environment/.complete" ] || return 0

  say "installing Python packages ($1)"
  rm -rf "$environment"
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$ROOT/$1" ||
    die "pip could not install $1"
  touch "$environment/.complete"
}
