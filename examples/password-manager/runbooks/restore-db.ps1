# Remplace scripts/restore-db.sh : un lot à nous, ou un fichier .sql, .sql.gz ou .dump fait par n'importe qui.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $Id = 'latest', [string] $Path)
$ErrorActionPreference = 'Stop'
if ($Path) { Restore-DrpDatabase -Path $Path -Component db -Force }
else { Restore-DrpDatabase $Id -Component db -Force }
