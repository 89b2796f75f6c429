# Runs the suites of this folder in this (new) process and writes the counts for the task runner.
param([Parameter(Mandatory)] [string] $Summary, [string[]] $Name = @('*'))
$ErrorActionPreference = 'Stop'
$Name = $Name -split ',' # -File hands a list over as one word
Import-Module Pester -MinimumVersion 5.3

$configuration = New-PesterConfiguration
$configuration.Run.Path = @(Get-ChildItem -Path $PSScriptRoot -Filter '*.Tests.ps1' | Where-Object { $file = $_; $Name | Where-Object { $file.BaseName -like "$_*" } } | ForEach-Object FullName)
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$result = Invoke-Pester -Configuration $configuration

# A container that could not be read or a block whose setup failed holds tests that never ran: they are failures too.
$remarks = @(
    $result.Failed | ForEach-Object { 'FAILED:  Pester: {0}: {1}' -f $_.ExpandedPath, (($_.ErrorRecord | Select-Object -First 1) -split "`n")[0] }
    $result.FailedBlocks | ForEach-Object { 'FAILED:  Pester: {0}: {1}' -f $_.ExpandedPath, (($_.ErrorRecord | Select-Object -First 1) -split "`n")[0] }
    $result.FailedContainers | ForEach-Object { 'FAILED:  Pester: {0}: {1}' -f $_.Item, (($_.ErrorRecord | Select-Object -First 1) -split "`n")[0] }
    $result.Skipped | ForEach-Object { 'skipped: Pester: {0}' -f $_.ExpandedPath }
)
@{
    Passed  = $result.PassedCount
    Failed  = $result.FailedCount + $result.FailedContainersCount + $result.FailedBlocksCount
    Skipped = $result.SkippedCount + $result.InconclusiveCount
    Remarks = $remarks
} | ConvertTo-Json | Set-Content -LiteralPath $Summary
exit [int]($result.Result -ne 'Passed')
