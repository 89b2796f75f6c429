# Remplace test-restore.sh et monthly-drp-test.sh : serveur jetable, assertions, requête chronométrée, contre-épreuve, rapport.
param([string] $Report = '/home/reports')
$ErrorActionPreference = 'Stop'
Test-DrpRestore -Component db -NegativeControl | Tee-Object -Variable proof
$proof | Export-DrpReport -Path $Report -Language fr
