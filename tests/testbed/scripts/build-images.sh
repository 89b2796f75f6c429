#!/bin/bash
# Makes postgres:15 (on debian:bookworm-slim) from Debian packages, without a registry, and keeps both in a compressed file.
# Usage: build-images.sh CACHE_FILE
set -euo pipefail
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
if [ -s "$cache" ]; then
  zstd -dcq "$cache" | docker load -q
  exit
fi
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
slim=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*')
if ! docker image inspect debian:bookworm-slim >/dev/null 2>&1; then
  # Servers must not start while their packages are installed.
  # shellcheck disable=SC2016  # the hook's $1 is mmdebstrap's
  mmdebstrap --quiet --variant=minbase "${slim[@]}" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --customize-hook='printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"; chmod +x "$1/usr/sbin/policy-rc.d"' \
    bookworm - "$mirror" | docker import -c 'CMD ["bash"]' - debian:bookworm-slim
fi
DOCKER_BUILDKIT=0 docker build -q -t postgres:15 "$here/postgres"
docker save debian:bookworm-slim postgres:15 | zstd -T0 -6 -q -f -o "$cache.new"
mv "$cache.new" "$cache"
