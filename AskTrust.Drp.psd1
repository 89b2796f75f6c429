@{
    RootModule           = 'AskTrust.Drp.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6d0f7a53-3a1c-4f0e-9b7e-5b1c1c2c9d41'
    Author               = 'AskTrust'
    CompanyName          = 'AskTrust'
    Copyright            = '(c) AskTrust. Apache-2.0.'
    Description          = 'Disaster recovery for self-hosted web products: back up, verify, prove and restore PostgreSQL.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('AskTrust.Drp.Format.ps1xml')
    CmdletsToExport      = @(
        'Disable-DrpMaintenance'
        'Disable-DrpPointInTime'
        'Enable-DrpMaintenance'
        'Enable-DrpPointInTime'
        'Export-DrpConfig'
        'Export-DrpRecoveryKit'
        'Export-DrpReport'
        'Find-DrpRecoveryPoint'
        'Get-DrpBackup'
        'Get-DrpCertificate'
        'Get-DrpDiagnostics'
        'Get-DrpMaintenance'
        'Get-DrpDamage'
        'Get-DrpPlan'
        'Get-DrpPrimary'
        'Get-DrpRecoveryWindow'
        'Get-DrpReplication'
        'Get-DrpSchedule'
        'Get-DrpService'
        'Invoke-DrpBackup'
        'Invoke-DrpJob'
        'Invoke-DrpRetention'
        'New-DrpPlan'
        'Register-DrpSchedule'
        'Register-DrpService'
        'Remove-DrpBackup'
        'Repair-DrpDatabase'
        'Repair-DrpStandby'
        'Restart-DrpService'
        'Restore-DrpComponent'
        'Restore-DrpDatabase'
        'Restore-DrpSystem'
        'Restore-DrpTable'
        'Set-DrpBackup'
        'Switch-DrpPrimary'
        'Sync-DrpRepository'
        'Test-DrpBackup'
        'Test-DrpEvidence'
        'Test-DrpHealth'
        'Test-DrpPlan'
        'Test-DrpRestore'
        'Undo-DrpRestore'
        'Unregister-DrpSchedule'
        'Unregister-DrpService'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('DisasterRecovery', 'Backup', 'PostgreSQL', 'Restore', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
            ReleaseNotes = 'See CHANGELOG.md'
            Prerelease   = 'preview'
        }
    }
}
