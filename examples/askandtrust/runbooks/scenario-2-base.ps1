# Scénario 2, base corrompue : services arrêtés, état corrompu gardé à part, dernier bon lot, services relancés. RTO 2 h.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string] $Id = 'latest')
$ErrorActionPreference = 'Stop'
Restore-DrpSystem $Id -Only db -Force
Test-DrpHealth -Kind Http, PostgreSql
# Le lot de sécurité contient la base corrompue : Restore-DrpSystem -Undo y revient.
