# Remplace restore.sh : base, fichiers ou tout ; en recette (à côté) ou en production (à la place, après confirmation).
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    [string] $Id = 'latest',
    [ValidateSet('db', 'files', 'all')] [string] $Type = 'all',
    [ValidateSet('staging', 'production')] [string] $Environment = 'staging'
)
$ErrorActionPreference = 'Stop'
$staging = $Environment -eq 'staging'
if ($Type -ne 'files') {
    Restore-DrpDatabase $Id -Component db -Force -Database ($staging ? 'kamba_staging' : 'kamba_lhains')
}
if ($Type -ne 'db') {
    foreach ($component in 'images', 'uploads', 'static') {
        $place = $staging ? @{ Destination = "staging/$component" } : @{}
        Restore-DrpComponent $Id -Component $component -Force @place
    }
}
# Rien n'est perdu : Undo-DrpRestore revient à l'état d'avant.
