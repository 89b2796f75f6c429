# Remplace backup.sh : base, fichiers, copie hors site, contrôle et rotation. Une copie qui manque : « Incomplete ».
$ErrorActionPreference = 'Stop'
$set = Invoke-DrpBackup -Job nightly
$set
$set | Test-DrpBackup
Invoke-DrpRetention -Confirm:$false
