#!/bin/sh
# Door to the task runner in build/: ./build.sh build | test | demo | bench | soak | help | pack
set -eu
cd "$(dirname "$0")"
for dotnet in dotnet "${DOTNET_ROOT:-/nowhere}/dotnet" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    command -v "$dotnet" >/dev/null 2>&1 && exec "$dotnet" run --project build -c Release -v quiet -- "$@"
done
echo "The .NET 10 SDK is needed and was not found: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
exit 2
