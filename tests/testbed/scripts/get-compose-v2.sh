#!/bin/bash
# Compose v2 from Debian's next release, without touching this machine's apt configuration; needs libc6 of this one only.
# Usage: get-compose-v2.sh FILE
set -euo pipefail
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
chmod 755 "$t"
mkdir -p "$t"/{state/lists/partial,cache/archives/partial} "$(dirname "$1")"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" > "$t/s.list"
options=(-o Dir::Etc::sourcelist="$t/s.list" -o Dir::Etc::sourceparts=- -o Dir::State="$t/state" -o Dir::Cache="$t/cache"
  -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o APT::Sandbox::User=root -qq)
apt-get "${options[@]}" update
cd "$t"
apt-get "${options[@]}" download docker-compose
dpkg-deb -x docker-compose_*.deb x
install -m755 x/usr/libexec/docker/cli-plugins/docker-compose "$1.new"
mv "$1.new" "$1"
