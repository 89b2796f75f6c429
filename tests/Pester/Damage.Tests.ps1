BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

Describe 'Get-DrpDamage' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $env:DRP_PLAN = New-TestPlan $server "$TestDrive/shop" shop
        $null = Invoke-DrpBackup
    }
    AfterAll {
        Stop-TestServer $server
        $env:DRP_STATE = $env:DRP_PLAN = $null
    }

    It 'finds nothing where nothing is wrong, and writes nothing' {
        $before = Get-Trace "$TestDrive/shop"
        $report = Get-DrpDamage
        $report.Findings | Where-Object Verdict -EQ Failed | Should -BeNullOrEmpty
        $report.Components[0].Loss | Should -BeLessThan $report.Components[0].ObjectiveRpo
        Get-Trace "$TestDrive/shop" | Should -Be $before
    }

    It 'tells what is gone and gives a command that brings it back' {
        Invoke-Sql $server shop 'TRUNCATE orders'
        $report = Get-DrpDamage db -NoSearch
        $report.Verdict | Should -Be Failed
        $report.Findings.Where({ $_.Kind -eq 'TableEmpty' })[0].Gone | Should -Be 500
        $way = $report.Options | Where-Object Recommended
        $way.Method | Should -Be RestoreBeside
        $way.Predicted | Should -BeNullOrEmpty -Because 'it was never measured'
        Invoke-Expression "$($way.Cmdlet) -Confirm:`$false" | Should -Not -BeNullOrEmpty
        Invoke-Sql $server shop_recovered 'SELECT count(*) FROM orders' | Should -Be 500
        $report | Format-List | Out-String | Should -BeLike '*Restore-DrpDatabase*'
    }

    It 'names a component that the plan has not' { (Get-ErrorOf { Get-DrpDamage nobody }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid*' }
}
