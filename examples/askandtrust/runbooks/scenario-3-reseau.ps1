# Scénario 3, réseau : ce qui répond et ce qui ne répond pas, puis le Caddyfile d'hier s'il ne vaut plus rien. RTO 1 h.
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param([switch] $Caddyfile)
$ErrorActionPreference = 'Stop'
Test-DrpHealth -Kind Http
if ($Caddyfile) { Restore-DrpComponent latest -Component config -Force }
