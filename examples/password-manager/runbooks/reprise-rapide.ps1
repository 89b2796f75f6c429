# Remplace « 1) Reprise rapide », après git clone, la remise en place de .env.prod et docker compose up -d :
# la base si elle est vide, et la trousse. Relancé, il ne touche pas à une base qui contient quelque chose.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $Id = 'latest')
$ErrorActionPreference = 'Stop'
Restore-DrpDatabase $Id -Component db -IfEmpty
if (-not (Test-Path kit)) { Restore-DrpComponent $Id -Component kit }
Test-DrpHealth -Kind Http | Tee-Object -Variable pages
if ($pages.Status -contains 'Failed') { throw 'Le site ne répond pas.' }
