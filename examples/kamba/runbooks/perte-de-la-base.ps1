# Remplace « Perte complète de base de données » : le dernier état que le WAL connaît, dans le volume du service.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $To = 'latest')
$ErrorActionPreference = 'Stop'
Get-DrpRecoveryWindow   # un dépôt perdu se dit, et n'arrête rien tant qu'un autre répond
Restore-DrpDatabase -To $To -Service db -Force
