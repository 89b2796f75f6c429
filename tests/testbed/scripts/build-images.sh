#!/bin/bash
# Makes images on debian:SUITE-slim from Debian packages, without a registry, and keeps them in a compressed file.
# Usage: build-images.sh CACHE_FILE [MAJOR SUITE]     postgres:MAJOR, default: 15 bookworm
#        build-images.sh CACHE_FILE services          redis:7, nginx:1, busybox:1; each also as :latest
#        build-images.sh CACHE_FILE systemd           drp-systemd:1, on postgres:15, which must be there
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
export DOCKER_BUILDKIT=0
if [ "$major" = services ]; then
  images=()
  docker build -q --target made -t drp-busybox-made "$here/busybox"
  for image in redis:7 nginx:1 busybox:1; do
    docker build -q -t "$image" -t "${image%%:*}:latest" "$here/${image%%:*}"
    images+=("$image" "${image%%:*}:latest")
  done
  docker rmi -f drp-busybox-made >/dev/null # else it stays, without a name
elif [ "$major" = systemd ]; then
  images=(drp-systemd:1)
  docker build -q -t drp-systemd:1 "$here/systemd"
else
  images=("debian:$suite-slim" "postgres:$major")
  docker build -q --build-arg "BASE=debian:$suite-slim" --build-arg "PG_MAJOR=$major" -t "postgres:$major" "$here/postgres"
fi
docker save "${images[@]}" | zstd -T0 -6 -q -f -o "$cache.new"
mv "$cache.new" "$cache"
