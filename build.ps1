#!/usr/bin/env pwsh
# Door to the task runner in build/: ./build.ps1 build | test | demo | bench | soak | help | pack
$candidates = @('dotnet', "$env:DOTNET_ROOT/dotnet", "$HOME/.dotnet/dotnet", '/usr/share/dotnet/dotnet', '/usr/lib/dotnet/dotnet')
$dotnet = Get-Command -Name $candidates -CommandType Application -ErrorAction Ignore | Select-Object -First 1
if (-not $dotnet) {
    [Console]::Error.WriteLine('The .NET 10 SDK is needed and was not found: https://dotnet.microsoft.com/download/dotnet/10.0')
    exit 2
}
& $dotnet run --project ([IO.Path]::Combine($PSScriptRoot, 'build')) -c Release -v quiet -- @args
exit $LASTEXITCODE
