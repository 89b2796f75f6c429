# « Un admin efface la table Users en prod » : trouve la transaction dans le WAL, et ne remet que cette table.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([Parameter(Mandatory)] [string] $Table)
$ErrorActionPreference = 'Stop'
$accident = Find-DrpRecoveryPoint $Table | Select-Object -First 1
if (-not $accident) { throw "Rien dans le WAL qui ait effacé $Table." }
$accident
$accident | Restore-DrpTable -Into Missing
