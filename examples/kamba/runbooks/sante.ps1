# Remplace health_check et les « métriques à surveiller » : pages, base, réplication, disque des sauvegardes > 85 %, sauvegarde de moins de 24 h.
$ErrorActionPreference = 'Stop'
Test-DrpHealth
Get-DrpReplication
