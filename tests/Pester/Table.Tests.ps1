BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    if (Test-Server) {
        Import-Module $manifestPath
        $work = [IO.Directory]::CreateTempSubdirectory('drp-pester-').FullName
        $env:DRP_STATE = "$work/state"
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $plan = New-TestPlan $server "$work/shop" shop
        Set-Content $plan (Get-Content $plan -Raw).Replace('canary: true', "canary: true`n    pointInTime: {}") -NoNewline
        $null = Invoke-DrpBackup -Plan $plan -Kind base
        Invoke-Sql $server shop 'DELETE FROM orders WHERE id > 100'
        Invoke-Sql $server shop "INSERT INTO orders VALUES (9000, 1, 'later'); UPDATE customer SET name = 'all'"
        Send-Wal $server $plan
        function Get-Orders { [int](Invoke-Sql $server shop 'SELECT count(*) FROM orders') }
    }
}

AfterAll {
    Stop-TestServer $server
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Restore-DrpTable' -Skip:$noServer {
    It '-WhatIf counts and changes nothing' {
        $report = Find-DrpRecoveryPoint orders -Plan $plan | Restore-DrpTable -Into Missing -WhatIf
        $report | Should -BeOfType AskTrust.Drp.TableRestoreReport
        $report.Status | Should -Be Planned
        $report.Tables[0].Missing, $report.Tables[0].Changed, $report.Tables[0].New | Should -Be 400, 0, 1
        ($report | Out-String) | Should -Match '400 missing'
        Get-Orders | Should -Be 101
    }
    It 'puts the rows beside, and does not overwrite what is there' {
        $point = Find-DrpRecoveryPoint orders -Plan $plan
        $report = $point | Restore-DrpTable
        $report.Tables[0].Place | Should -Be 'recovered.orders'
        [int](Invoke-Sql $server shop 'SELECT count(*) FROM recovered.orders') | Should -Be 500
        Get-Orders | Should -Be 101
        $e = Get-ErrorOf { Restore-DrpTable orders -To $point.Target -Plan $plan }
        $e.FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.RestoreDrpTableCommand'
        $e.ErrorDetails.RecommendedAction | Should -Match 'DROP TABLE'
    }
    It 'puts missing rows back as a job' {
        $point = Find-DrpRecoveryPoint orders -Plan $plan
        $report = Restore-DrpTable orders $point.Target -Into Missing -Plan $plan -AsJob | Receive-Job -Wait -AutoRemoveJob
        $report.Tables[0].Put | Should -Be 400
        Get-Orders | Should -Be 501
    }
    It 'replaces with -Force only, where nobody can be asked' {
        $point = Find-DrpRecoveryPoint customer Update -Plan $plan
        $script = "Import-Module '$manifestPath'; `$env:DRP_STATE = '$env:DRP_STATE'; try { Restore-DrpTable customer '$($point.Target)' -Into Replace -Plan '$plan' } catch { 'refused' }"
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be refused
        $report = Restore-DrpTable customer $point.Target -Into Replace -Force -Plan $plan
        $report.Tables[0].Changed, $report.Tables[0].Removed | Should -Be 20, 20
        Invoke-Sql $server shop 'SELECT count(DISTINCT name) FROM customer' | Should -Be 20
        [int](Invoke-Sql $server shop "SELECT count(*) FROM $($report.Tables[0].Kept)") | Should -Be 20
    }
    It 'says which table is not there' {
        (Get-ErrorOf { Restore-DrpTable nobody latest -Plan $plan }).FullyQualifiedErrorId | Should -Be 'RepositoryMissing,AskTrust.Drp.PowerShell.Commands.RestoreDrpTableCommand'
    }
}
