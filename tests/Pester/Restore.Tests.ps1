BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    if (Test-Server) {
        Import-Module $manifestPath
        # Not TestDrive: it forgets at the end of each Describe what was written there.
        $work = [IO.Directory]::CreateTempSubdirectory('drp-pester-').FullName
        $env:DRP_STATE = "$work/state"
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $plan = New-TestPlan $server "$work/shop" shop
        $repositories = "$work/shop/one", "$work/shop/two"
        $set = Invoke-DrpBackup -Plan $plan

        function Get-Databases { Invoke-Sql $server postgres 'SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1' }
        function Get-Orders([string] $Database) { [int](Invoke-Sql $server $Database 'SELECT count(*) FROM orders') }
    }
}

AfterAll {
    Stop-TestServer $server
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Restore-DrpDatabase' -Skip:$noServer {
    It '-WhatIf shows the steps and touches nothing' {
        $before = Get-Trace $repositories
        $databases = Get-Databases
        $report = $set | Restore-DrpDatabase -Force -WhatIf
        $report.Status | Should -Be Planned
        $report.Steps.Count | Should -BeGreaterThan 0
        Get-Trace $repositories | Should -Be $before
        Get-Databases | Should -Be $databases
        Get-Orders shop | Should -Be 500
    }
    It 'asks, and without an answer does nothing' {
        $script = "Import-Module '$manifestPath'; `$env:DRP_STATE = '$env:DRP_STATE'; try { Restore-DrpDatabase latest -Plan '$plan' -Database asked } catch { 'asked' }"
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be asked
        Get-Databases | Should -Not -Contain asked
    }
    It 'restores beside the live database' {
        $report = Restore-DrpDatabase latest -Plan $plan -Database shop_copy -Confirm:$false
        $report | Should -BeOfType AskTrust.Drp.RestoreReport
        $report.Status | Should -Be Succeeded
        Get-Orders shop_copy | Should -Be 500
    }
    It 'refuses a database that is not empty' {
        Invoke-Sql $server shop 'DELETE FROM orders WHERE id > 100'
        $e = Get-ErrorOf { Restore-DrpDatabase latest -Plan $plan -Confirm:$false }
        $e.FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.RestoreDrpDatabaseCommand'
        $e.CategoryInfo.Category | Should -Be PermissionDenied
        $e.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-Orders shop | Should -Be 100
    }
    It '-IfEmpty does nothing then' {
        (Restore-DrpDatabase latest -Plan $plan -IfEmpty -Confirm:$false).Status | Should -Be Skipped
        Get-Orders shop | Should -Be 100
    }
    It '-Force replaces it after a safety backup, and Undo-DrpRestore goes back' {
        $report = Get-DrpBackup -Plan $plan -Kind full -Latest | Restore-DrpDatabase -Force -Confirm:$false
        Get-Orders shop | Should -Be 500
        (Get-DrpBackup -Plan $plan -Kind safety).Id | Should -Be $report.SafetyId

        $planned = $report | Undo-DrpRestore -WhatIf
        $planned.Status | Should -Be Planned
        Get-Orders shop | Should -Be 500

        $undone = $report | Undo-DrpRestore -Confirm:$false
        $undone.Status | Should -Be Succeeded
        Get-Orders shop | Should -Be 100
    }
    It 'takes foreign dumps, compressed ones too, from the pipe' {
        & "$($server.Bin)/pg_dump" -h $server.Socket -p $server.Port -U postgres -f "$work/foreign.sql" shop_copy
        & gzip -k "$work/foreign.sql"
        $report = Get-Item "$work/foreign.sql.gz" | Restore-DrpDatabase -Plan $plan -Component db -Database foreign_gz -Confirm:$false
        $report.Status | Should -Be Succeeded
        Get-Orders foreign_gz | Should -Be 500
        $null = Restore-DrpDatabase -Path "$work/foreign.s?l" -Plan $plan -Component db -Database foreign_plain -Confirm:$false
        Get-Orders foreign_plain | Should -Be 500
    }
    It 'wants wildcards to fit one file' {
        (Get-ErrorOf { Restore-DrpDatabase -Path "$work/foreign.*" -Plan $plan -Database never -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid,*'
    }
    It 'takes a server and a credential' {
        Invoke-Sql $server postgres "CREATE ROLE clerk LOGIN SUPERUSER PASSWORD 'p w'"
        $rules = Invoke-Sql $server postgres 'SHOW hba_file'
        Set-Content $rules (@('host all clerk 127.0.0.1/32 scram-sha-256') + (Get-Content $rules))
        $null = Invoke-Sql $server postgres 'SELECT pg_reload_conf()'
        $there = @{ Plan = $plan; TargetUrl = "postgresql://127.0.0.1:$($server.Port)/postgres"; Database = 'elsewhere'; Confirm = $false }

        $wrong = [pscredential]::new('clerk', (ConvertTo-SecureString 'wrong' -AsPlainText -Force))
        (Get-ErrorOf { Restore-DrpDatabase latest @there -TargetCredential $wrong }).FullyQualifiedErrorId | Should -BeLike 'KeyOrPassphrase,*'

        $right = [pscredential]::new('clerk', (ConvertTo-SecureString 'p w' -AsPlainText -Force))
        $report = Restore-DrpDatabase latest @there -TargetCredential $right
        $report.Status | Should -Be Succeeded
        Get-Orders elsewhere | Should -BeGreaterThan 0
        $report | ConvertTo-Json -Depth 5 | Should -Not -BeLike '*p w*'
    }
    It 'writes over a data directory only what differs, and only when asked' {
        $base = Invoke-DrpBackup -Plan $plan -Kind base
        # The server's user must get there; $work is ours alone.
        $folder = New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/drp-pester-delta-$PID"
        $there = @{ Plan = $plan; To = 'immediate'; Base = $base.Id; DataDirectory = "$folder/data"; Confirm = $false }
        (Restore-DrpDatabase @there).Delta | Should -BeNullOrEmpty
        (Restore-DrpDatabase @there -Delta -WhatIf).Steps -join "`n" | Should -BeLike '*only what differs*'
        $report = Restore-DrpDatabase @there -Delta
        $report.Delta.KeptBytes | Should -BeGreaterThan (10 * $report.Delta.RewrittenBytes)
        $report | Format-List | Out-String | Should -BeLike '*Kept in place*rewritten*'
        (Get-ErrorOf { Undo-DrpRestore $report.RestoreId -Plan $plan -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget,*'
        Remove-Item $folder -Recurse -Force
    }
    It 'takes one place for a cluster: a folder, a container or a service' {
        (Get-ErrorOf { Restore-DrpDatabase -Plan $plan -To latest -Container drp-none -Service db -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'AmbiguousParameterSet,*'
        $sets = (Get-Command Restore-DrpDatabase).ParameterSets
        ($sets | Where-Object Name -eq Service).Parameters.Name | Should -Contain Project
        ($sets | Where-Object Name -eq Container).Parameters.Name | Should -Not -Contain DataDirectory
    }
    It 'does not take a plan for a dump' {
        # A plan has a property Path; it must not bind to -Path.
        $script = "Import-Module '$manifestPath'; try { Get-DrpPlan -Plan '$plan' | Restore-DrpDatabase -Confirm:`$false } catch { `$_.FullyQualifiedErrorId }"
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script 2>&1 | Out-String | Should -BeLike '*Mandatory*'
    }
}

Describe 'Test-DrpRestore and Export-DrpReport' -Skip:$noServer {
    It 'prove the newest set in one line' {
        $files = Get-DrpBackup -Plan $plan -Kind full -Latest | Test-DrpRestore | Export-DrpReport "$work/reports"
        $files | Should -BeOfType AskTrust.Drp.ReportFile
        $files.Format | ForEach-Object ToString | Sort-Object | Should -Be Html, Json, Markdown
        $files.Verdict | Sort-Object -Unique | Should -Be Ok
        $files.Path | ForEach-Object { $_ | Should -Exist }
        (Get-DrpBackup -Plan $plan -Kind full -Latest).Proven | Should -Not -BeNullOrEmpty
    }
    It 'measure time and point of recovery' {
        $result = Test-DrpRestore -Plan $plan -Id $set.Id -NegativeControl
        $result.Verdict | Should -Be Ok
        $result.NegativeControl | Should -BeTrue
        $result.MeasuredRpo | Should -Not -BeNullOrEmpty
        $result.Assertions.Name | Should -Contain 'orders are there'
        $result.Phases.Count | Should -BeGreaterThan 1
        $result | Format-List | Out-String | Should -BeLike '*Assertions*'
    }
    It 'report a failed test as object, error and report' {
        $failing = "$work/shop/failing.yaml"
        (Get-Content $plan -Raw).Replace('atLeast: 1 ', 'atLeast: 501 ') | Set-Content $failing
        $files = Test-DrpRestore -Plan $failing -Id $set.Id -ErrorAction SilentlyContinue -ErrorVariable errors | Export-DrpReport "$work/failed" -Format Markdown -Language fr
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'VerificationFailed,*'
        $errors[0].TargetObject | Should -BeOfType AskTrust.Drp.RestoreTestResult
        $files.Verdict | Should -Be Failed
        Get-Content $files.Path -Raw | Should -BeLike '*restauration*'
        { Test-DrpRestore -Plan $failing -Id $set.Id -ErrorAction Stop } | Should -Throw
    }
    It '-WhatIf of the report writes nothing' {
        Export-DrpReport "$work/none" -Plan $plan -Last 1 -WhatIf | Should -BeNullOrEmpty
        "$work/none" | Should -Not -Exist
    }
    It 'report from the ledger without a fresh test' {
        (Export-DrpReport "$work/history" -Plan $plan -Last 1 -Format Json).Path | Should -Exist
    }
    It 'run as a job' {
        $job = Test-DrpRestore -Plan $plan -Id $set.Id -AsJob
        ($job | Receive-Job -Wait -AutoRemoveJob).Verdict | Should -Be Ok
    }
    It 'say when the set does not exist' {
        (Get-ErrorOf { Test-DrpRestore -Plan $plan -Id 20200101T000000Z-full }).FullyQualifiedErrorId | Should -BeLike 'RepositoryMissing,*'
    }
    It 'leave no server behind' {
        & ps -eo args | Where-Object { $_ -like "*postgres*$env:DRP_STATE*" } | Should -BeNullOrEmpty
    }
}

Describe 'Test-DrpEvidence' -Skip:$noServer {
    It 'proves the chain in every copy' {
        $verdicts = @(Test-DrpEvidence -Plan $plan)
        $verdicts.Count | Should -Be 3
        $verdicts.Verdict | Sort-Object -Unique | Should -Be Ok
        $verdicts[0].Records | Should -BeGreaterThan 3
    }
    It 'finds a record that was changed' {
        $record = Get-ChildItem "$work/shop/one" -Recurse -Filter '000000000002*.json' | Where-Object FullName -Like '*/evidence/*'
        Set-ItemProperty $record IsReadOnly $false
        $text = [IO.File]::ReadAllText($record.FullName)
        [IO.File]::WriteAllText($record.FullName, $text.Replace('"shop"', '"shap"'))
        $verdicts = Test-DrpEvidence -Plan $plan -ErrorAction SilentlyContinue -ErrorVariable errors
        ($verdicts | Where-Object Copy -EQ local).Verdict | Should -Be Failed
        $errors[0].FullyQualifiedErrorId | Should -BeLike 'VerificationFailed,*'
        [IO.File]::WriteAllText($record.FullName, $text)
    }
}

Describe 'Secrets of SecretManagement' -Skip:$noServer {
    BeforeAll {
        # A stand-in for the module, which cannot be installed everywhere: what counts is that Get-Secret is asked.
        function global:Get-Secret { param([string] $Name) if ($Name -eq 'repository passphrase') { ConvertTo-SecureString 's3same' -AsPlainText -Force } else { Write-Error "no secret $Name" } }
        $null = New-Item -ItemType Directory "$work/symmetric"
        $symmetric = "$work/symmetric/drp.yaml"
        (Get-Content $plan -Raw) -replace '(?s)encryption:.*jobs:', "encryption: { passphrase: '`${secret:repository passphrase}' }`njobs:" | Set-Content $symmetric
    }
    AfterAll { Remove-Item function:global:Get-Secret -ErrorAction Ignore }

    It 'are read in the session that runs the cmdlet' {
        $report = Invoke-DrpBackup -Plan $symmetric
        $report.Status | Should -Be Succeeded
        ($report | Test-DrpBackup -Depth Archive).Verdict | Sort-Object -Unique | Should -Be Ok
    }
    It 'are named, never shown, when they cannot be read' {
        $other = "$work/symmetric/other.yaml"
        (Get-Content $symmetric -Raw).Replace('repository passphrase', 'unknown') | Set-Content $other
        $e = Get-ErrorOf { Invoke-DrpBackup -Plan $other }
        $e.FullyQualifiedErrorId | Should -BeLike 'KeyOrPassphrase,*'
        "$e" | Should -BeLike '*unknown*'
    }
}
