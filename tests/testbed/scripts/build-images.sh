#!/bin/bash
# Makes postgres:MAJOR on debian:SUITE-slim from Debian packages, without a registry, and keeps both in a compressed file.
# Usage: build-images.sh CACHE_FILE [MAJOR SUITE]     default: 15 bookworm
set -euo pipefail
cache=$1 major=${2:-15} suite=${3:-bookworm}
here=$(cd "$(dirname "$0")" && pwd)
if [ -s "$cache" ]; then
  zstd -dcq "$cache" | docker load -q
  exit
fi
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
slim=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*')
if ! docker image inspect "debian:$suite-slim" >/dev/null 2>&1; then
  # Servers must not start while their packages are installed.
  # shellcheck disable=SC2016  # the hook's $1 is mmdebstrap's
  mmdebstrap --quiet --variant=minbase "${slim[@]}" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --customize-hook='printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"; chmod +x "$1/usr/sbin/policy-rc.d"' \
    "$suite" - "$mirror" | docker import -c 'CMD ["bash"]' - "debian:$suite-slim"
fi
DOCKER_BUILDKIT=0 docker build -q --build-arg "BASE=debian:$suite-slim" --build-arg "PG_MAJOR=$major" -t "postgres:$major" "$here/postgres"
docker save "debian:$suite-slim" "postgres:$major" | zstd -T0 -6 -q -f -o "$cache.new"
mv "$cache.new" "$cache"
