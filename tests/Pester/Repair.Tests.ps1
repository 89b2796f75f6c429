BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

Describe 'Repair-DrpDatabase' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        Invoke-Sql $server shop "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_pkey'::regclass"
        $env:DRP_PLAN = New-TestPlan $server "$TestDrive/shop" shop
    }
    AfterAll {
        Stop-TestServer $server
        $env:DRP_STATE = $env:DRP_PLAN = $null
    }

    It 'only looks with -WhatIf' {
        $report = Repair-DrpDatabase -WhatIf
        $report.Status | Should -Be Planned
        $report.Actions.Sql | Should -Contain 'REINDEX INDEX CONCURRENTLY public.orders_pkey'
        Invoke-Sql $server shop "SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'" | Should -Be 0
    }

    It 'rebuilds what is not valid, as a job, too' {
        $report = Repair-DrpDatabase db -AsJob | Receive-Job -Wait -AutoRemoveJob
        $report.Status | Should -Be Succeeded
        $report.After.Checked | Should -BeTrue
        $report.After.InvalidIndexes | Should -BeNullOrEmpty
        (Repair-DrpDatabase db -NoAnalyze).Actions | Should -BeNullOrEmpty
    }
}
