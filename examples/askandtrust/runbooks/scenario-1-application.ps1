# Scénario 1, panne de l'application : redémarrage sélectif, dans l'ordre, jusqu'à ce que tout réponde. RTO 30 min.
# Sans -Service, c'est emergency-restart.sh : tout le projet. Les volumes sont contrôlés, jamais supprimés.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([string[]] $Service = @('backend', 'frontend', 'nginx'))
$ErrorActionPreference = 'Stop'
Restart-DrpService $Service
Test-DrpHealth -Kind Http | Tee-Object -Variable pages
if ($pages.Status -contains 'Failed') { throw 'Le site ne répond pas.' }
