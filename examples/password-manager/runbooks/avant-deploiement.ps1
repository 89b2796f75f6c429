# Avant toute mise à jour critique : un lot de plus, gardé à part, avec sa raison. En échec, rien ne se déploie.
param([Parameter(Mandatory)] [string] $Reason)
$ErrorActionPreference = 'Stop'
Invoke-DrpBackup -Job nightly -Reason $Reason -Pin
