# Primary and standby change places, as an operator does it.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

Describe 'Primary and standby' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $server = Start-TestServer shop
        $null = New-TestPlan $server "$TestDrive/shop" shop
        $pair = Start-TestPair $server "$TestDrive/shop/drp.yaml"
        Push-Location "$TestDrive/shop"
    }
    AfterAll {
        Pop-Location
        Stop-TestPair $pair
        Stop-TestServer $server
        $env:DRP_STATE = $null
    }

    It 'tells who is who' {
        $status = Get-DrpPrimary
        $status.Primary | Should -Be a
        $status.Standby | Should -Be b
        $status.Verdict | Should -Be Ok
    }

    It '-WhatIf shows each step and touches nothing' {
        $planned = Switch-DrpPrimary -WhatIf
        $planned.Status | Should -Be Planned
        $planned.Steps.Step | Should -Contain fence
        ($planned | Format-List | Out-String) | Should -Match 'nothing was changed'
        (Get-DrpPrimary).Primary | Should -Be a
    }

    It 'changes places without loss' {
        $report = Switch-DrpPrimary -Confirm:$false
        $report.Status | Should -Be Succeeded
        $report.LossFree | Should -BeTrue
        $report.Standby | Should -Be Following
        (Get-DrpPrimary).Primary | Should -Be b
    }

    It 'refuses what makes no sense, with its number' {
        (Get-ErrorOf { Switch-DrpPrimary -To b -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid*'
        (Get-ErrorOf { Switch-DrpPrimary -UnfencedReason x -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid*'
        (Repair-DrpStandby -Confirm:$false).Status | Should -Be Skipped
    }
}
