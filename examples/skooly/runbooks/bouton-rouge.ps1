# Le bouton rouge, sur un VPS neuf avec Docker, ce dossier, .env et la clé privée : la base jusqu'à la dernière seconde archivée.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $To = 'latest', [string] $Repository)
$ErrorActionPreference = 'Stop'
Get-DrpRecoveryWindow   # un dépôt perdu se dit, et n'arrête rien tant qu'un autre répond
$from = $Repository ? @{ Repository = $Repository } : @{}
Restore-DrpDatabase -To $To -Service db -Force @from
Test-DrpHealth -Kind Http | Tee-Object -Variable pages
if ($pages.Status -contains 'Failed') { throw 'Le site ne répond pas.' }
