# full-system-restore.sh : sur un serveur neuf avec Docker, drp.yaml, la clé privée et un dépôt. Une commande.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $Repository)
$ErrorActionPreference = 'Stop'
Restore-DrpSystem latest -Force @PSBoundParameters
