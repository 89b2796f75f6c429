# Les certificats d'un lot, et ceux d'aujourd'hui : ceux qui expirent bientôt.
param([string] $Id = 'latest')
Get-DrpCertificate -Id $Id
Get-DrpCertificate
