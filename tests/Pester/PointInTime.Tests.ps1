BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    if (Test-Server) {
        Import-Module $manifestPath
        $work = [IO.Directory]::CreateTempSubdirectory('drp-pitr-').FullName
        $env:DRP_STATE = "$work/state"
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $plan = New-TestPlan $server "$work/shop" shop
        (Get-Content $plan -Raw).Replace('canary: true', "canary: true`n    pointInTime: {}") | Set-Content $plan -NoNewline
        function Get-Slots { [int](Invoke-Sql $server postgres 'SELECT count(*) FROM pg_replication_slots') }
    }
}

AfterAll {
    Stop-TestServer $server
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Enable-DrpPointInTime and Disable-DrpPointInTime' -Skip:$noServer {
    It '-WhatIf examines and touches nothing' {
        $report = Enable-DrpPointInTime -Plan $plan -WhatIf
        $report | Should -BeOfType AskTrust.Drp.PointInTimeReport
        $report.Status | Should -Be Planned
        $report.Findings.Check | Should -Contain wal_level
        $report.Findings.Check | Should -Contain pg_hba.conf
        $report | Out-String | Should -BeLike '*nothing was changed*pg_create_physical_replication_slot*'
        Get-Slots | Should -Be 0
    }
    It 'makes the slot, and a second time does nothing' {
        $report = Enable-DrpPointInTime db -Plan $plan
        $report.Status | Should -Be Succeeded
        Get-Slots | Should -Be 1
        (Enable-DrpPointInTime -Plan $plan).Status | Should -Be Skipped
    }
    It 'is an error, besides its report, while something is left to the operator' {
        $lacking = "$work/shop/lacking.yaml"
        (Get-Content $plan -Raw).Replace('pointInTime: {}', '') | Set-Content $lacking
        $report = Enable-DrpPointInTime -Plan $lacking -ErrorAction SilentlyContinue -ErrorVariable errors
        $report.Status | Should -Be Incomplete
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'Incomplete,*'
        ($report.Findings | Where-Object Verdict -EQ Failed).Hint | Should -BeLike '*pointInTime: { window: 7d }*'
    }
    It 'goes back' {
        (Disable-DrpPointInTime -Plan $plan -WhatIf).Steps | Should -BeLike '*pg_drop_replication_slot*'
        Get-Slots | Should -Be 1
        (Enable-DrpPointInTime -Plan $plan | Disable-DrpPointInTime -Confirm:$false).Status | Should -Be Succeeded
        Get-Slots | Should -Be 0
        (Disable-DrpPointInTime -Plan $plan -Confirm:$false).Status | Should -Be Skipped
    }
}

Describe 'Register-DrpService, Get-DrpService, Unregister-DrpService' -Skip:$noServer {
    It '-WhatIf shows the unit and writes nothing' {
        $report = Register-DrpService -Plan $plan -Folder "$work/units" -Program /bin/true -WhatIf
        $report.Status | Should -Be Planned
        $report | Out-String | Should -BeLike '*ExecStart=*wal receive*'
        "$work/units" | Should -Not -Exist
    }
    It 'write, tell and remove a unit' {
        $report = Register-DrpService db -Plan $plan -Folder "$work/units" -Program /bin/true -Credential SHOP=/etc/shop.secret
        $report.Status | Should -Be Succeeded
        $report.File | Should -Exist
        Get-Content $report.File -Raw | Should -BeLike '*LoadCredential=SHOP:/etc/shop.secret*'
        (Get-DrpService -Plan $plan -Folder "$work/units").State | Should -Be Current
        (Unregister-DrpService -Plan $plan -Folder "$work/units" -Confirm:$false).Status | Should -Be Succeeded
        (Get-DrpService -Plan $plan -Folder "$work/units").State | Should -Be Missing
    }
    It 'leave alone what is not ours' {
        Set-Content "$work/units/drp-wal-shop-db.service" '[Unit]'
        (Get-ErrorOf { Register-DrpService -Plan $plan -Folder "$work/units" -Program /bin/true }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget,*'
        (Get-ErrorOf { Unregister-DrpService -Plan $plan -Folder "$work/units" -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget,*'
        Get-Content "$work/units/drp-wal-shop-db.service" | Should -Be '[Unit]'
    }
}

Describe 'Find-DrpRecoveryPoint' -Skip:$noServer {
    It 'runs as a job' {
        $null = Invoke-DrpBackup -Plan $plan -Kind base
        $null = Invoke-Sql $server shop 'DELETE FROM orders WHERE id > 400'
        Send-Wal $server $plan
        $found = Find-DrpRecoveryPoint orders -Plan $plan -AsJob | Receive-Job -Wait -AutoRemoveJob
        $found.Rows | Should -Be 100
    }
}
