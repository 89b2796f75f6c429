# Remplace backup.sh. -Component postgresql, mail… : tout sauf le reste (--no-redis --no-certs…) ; -WhatIf : --dry-run ; -Quiet n'existe plus, cron lit le code.
[CmdletBinding(SupportsShouldProcess)]
param([string] $Job = 'nightly', [string[]] $Component = @())
$ErrorActionPreference = 'Stop'
Invoke-DrpBackup -Job $Job -Component $Component
