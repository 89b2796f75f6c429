# Remplace restore.sh : analyse, confirmation, arrêt, lot de sécurité, PostgreSQL, Redis, mails, configuration, certificats, relance, contrôles.
# -Only / -Except : --no-redis… ; -NoStop, -NoStart ; -Path : un dossier ou une archive ; -WhatIf : --dry-run.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $Id, [string] $Path, [string[]] $Only, [string[]] $Except, [switch] $NoStop, [switch] $NoStart)
$ErrorActionPreference = 'Stop'
$arguments = @{} + $PSBoundParameters
'WhatIf', 'Confirm' | ForEach-Object { $arguments.Remove($_) }
Restore-DrpSystem @arguments -Force
