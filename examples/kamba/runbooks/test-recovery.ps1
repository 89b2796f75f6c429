# Remplace test-recovery.sh : le dernier lot, dans un serveur jetable, jugé par les assertions du plan ; plus une contre-épreuve.
param([string] $Report = 'reports')
$ErrorActionPreference = 'Stop'
Test-DrpRestore -NegativeControl | Tee-Object -Variable proof
$proof | Export-DrpReport -Path $Report -Language fr
