# Remplace « export des variables d'environnement (masquées) » : chaque fichier de configuration avec ses clés, sans ses valeurs.
param([string] $Path = 'masked')
$ErrorActionPreference = 'Stop'
Export-DrpConfig $Path -Force
