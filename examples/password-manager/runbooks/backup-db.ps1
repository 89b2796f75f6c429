# Remplace scripts/backup-db.sh (et son cron) : sauvegarde, puis rotation 7 jours, 4 semaines, 12 mois selon le plan.
param([string] $Reason)
$ErrorActionPreference = 'Stop'
Invoke-DrpBackup -Job nightly @PSBoundParameters
Invoke-DrpRetention -Confirm:$false
