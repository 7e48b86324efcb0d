# Sourced after lib.sh: programs of a Debian release, fetched and unpacked, never installed.
#
# They go into the cache of this user with every library they need, and nothing else on the machine
# changes. Only where Debian's signing keys are missing (Ubuntu) one system package brings them.
# shellcheck shell=bash

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The folder that unpack_debian works in, removed when the script ends.
work=

# unpack_debian SUITE PACKAGE: the package and all it depends on, into $work/tree.
unpack_debian() {
  local suite=$1 package=$2 file
  [ -r "$KEYRING" ] || install_keyring
  mkdir -p "$CACHE"
  work=$(mktemp -d "$CACHE/$package-install.XXXXXX")
  trap 'rm -rf "$work"' EXIT

  mkdir -p "$work"/{lists,cache}/partial "$work"/{cache/archives/partial,tree/bin}
  : >"$work/status"
  echo "deb [signed-by=$KEYRING] http://deb.debian.org/debian $suite main" >"$work/sources.list"
  private_apt update
  # An empty list of installed packages makes it fetch every library as well.
  private_apt install --yes --download-only "$package"
  for file in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$file" "$work/tree"
  done
}

install_keyring() {
  local sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  say "installing with apt-get: debian-archive-keyring"
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq debian-archive-keyring >/dev/null
}

# apt-get with lists, cache and status of its own; the machine's settings (a proxy) hold.
private_apt() {
  apt-get -qq \
    -o Dir::State="$work" -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
    -o Dir::Cache="$work/cache" \
    -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Default-Release= -o APT::Install-Recommends=false -o Acquire::Languages=none \
    -o APT::Sandbox::User= -o Debug::NoLocking=true \
    "$@" >/dev/null
}

# write_starter FILE PROGRAM [OPTION]: runs PROGRAM of the tree; OPTION may speak of "$home".
#
# It brings its libraries, their loader among them; the machine's may be too old for it.
write_starter() {
  cat >"$1" <<STARTER
#!/bin/sh
# Runs this folder's $(basename "$2") with this folder's libraries.
home=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
for libraries in "\$home"/usr/lib/*-linux-gnu*; do
  # Older releases have the loader in /lib.
  loader=\$(echo "\$libraries"/ld-linux*.so.* "\$home"/lib/*-linux-gnu*/ld-linux*.so.* |
    tr ' ' '\\n' | grep -v '\\*' | head -n 1)
  exec "\$loader" --inhibit-cache \\
    --library-path "\$libraries:\$home/lib/\$(basename "\$libraries")" \\
    "\$home/$2" "\$@" ${3:-}
done
STARTER
  chmod +x "$1"
}
