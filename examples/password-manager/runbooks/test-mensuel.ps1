# Le test de restauration de chaque mois : serveur jetable, assertions du plan, contre-épreuve, rapport.
param([string] $Report = 'reports')
$ErrorActionPreference = 'Stop'
Test-DrpRestore -NegativeControl | Tee-Object -Variable proof
$proof | Export-DrpReport -Path $Report -Language fr
