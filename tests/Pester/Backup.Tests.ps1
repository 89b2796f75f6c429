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
        $server = Start-TestServer shop, large
        Initialize-Shop $server shop
        $plan = New-TestPlan $server "$work/shop" shop
        $repositories = "$work/shop/one", "$work/shop/two"
    }
}

AfterAll {
    Stop-TestServer $server
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Invoke-DrpBackup' -Skip:$noServer {
    It '-WhatIf shows the steps and touches nothing' {
        $before = Get-Trace $repositories
        $report = Invoke-DrpBackup -Plan $plan -WhatIf
        $report.Status | Should -Be Planned
        $report.Steps.Count | Should -BeGreaterThan 0
        $report | Out-String | Should -BeLike '*Planned: nothing was changed*'
        $report.Code | Should -Be None
        Get-Trace $repositories | Should -Be $before
        Invoke-Sql $server shop "SELECT count(*) FROM pg_namespace WHERE nspname = 'drp_canary'" | Should -Be 0
    }
    It 'backs up into every repository and returns the report' {
        $report = Invoke-DrpBackup -Plan $plan -Reason 'pester' -Verbose:$false
        $report | Should -BeOfType AskTrust.Drp.BackupReport
        $report.Status | Should -Be Succeeded
        $report.Repositories.Repository | Should -Be local, offsite
        $report.Rows | Should -BeGreaterOrEqual 520
        $set = Get-DrpBackup -Plan $plan -Id $report.Id
        $set.Reason | Should -Be pester
        $set.Repositories | Should -Be local, offsite
    }
    It 'takes one component and one repository' {
        $report = Invoke-DrpBackup -Plan $plan -Component db -Repository local
        $report.Repositories.Repository | Should -Be local
    }
    It 'refuses what the plan does not have' -ForEach @{ Arguments = @{ Component = 'nothing' } }, @{ Arguments = @{ Repository = 'nowhere' } }, @{ Arguments = @{ Job = 'never' } }, @{ Arguments = @{ Full = $true } } {
        $e = Get-ErrorOf { Invoke-DrpBackup -Plan $plan @Arguments }
        $e.FullyQualifiedErrorId | Should -Match '^(PlanInvalid|RepositoryMissing),AskTrust\.Drp\.PowerShell\.Commands\.InvokeDrpBackupCommand$'
        $e.CategoryInfo.Category | Should -Not -Be NotSpecified
    }
    It 'names a repository that failed, and keeps the others' {
        $broken = New-TestPlan $server "$work/broken" shop
        Remove-Item "$work/broken/two" -Recurse
        Set-Content "$work/broken/two" 'a file where the folder should be'
        $planned = Invoke-DrpBackup -Plan $broken -WhatIf -ErrorAction SilentlyContinue -ErrorVariable errors
        ($planned.Status, $planned.Code) | Should -Be 'Planned', 'Incomplete'
        @($errors | Where-Object FullyQualifiedErrorId -Like 'Incomplete,*').TargetObject.Repository | Should -Be offsite
        $errors[0].Exception.Message | Should -BeLike '*would not get*'
        $report = Invoke-DrpBackup -Plan $broken -ErrorAction SilentlyContinue -ErrorVariable errors
        $report.Status | Should -Be Incomplete
        @($errors | Where-Object FullyQualifiedErrorId -Like 'Incomplete,*').TargetObject.Repository | Should -Be offsite
        $errors[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        (Get-DrpBackup -Plan $broken -Repository local).Id | Should -Be $report.Id
    }
    It 'says what a careful operator wants to know with -Verbose' {
        $said = Invoke-DrpBackup -Plan $plan -Repository local -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        $said.Count | Should -BeGreaterThan 0
    }
    It 'does not reach a server that is not there' {
        $dead = New-TestPlan $server "$work/dead" shop
        (Get-Content $dead -Raw) -replace '%2F.*?(&|'')', '%2Fnowhere$1' | Set-Content $dead
        $e = Get-ErrorOf { Invoke-DrpBackup -Plan $dead }
        $e.FullyQualifiedErrorId | Should -BeLike 'Unreachable,*'
        $e.CategoryInfo.Category | Should -Be ConnectionError
    }
    It 'runs as a job' {
        $job = Invoke-DrpBackup -Plan $plan -Repository local -AsJob
        $job.PSJobTypeName | Should -Be DrpJob
        Get-Job -Id $job.Id | Should -Be $job
        $report = $job | Receive-Job -Wait -AutoRemoveJob
        $report.Status | Should -Be Succeeded
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
    }
    It 'fails as a job with the error in its stream' {
        $job = Invoke-DrpBackup -Plan $plan -Component nothing -AsJob
        $null = Wait-Job $job
        $job.State | Should -Be Failed
        $job.Error[0].FullyQualifiedErrorId | Should -Match '^(PlanInvalid|RepositoryMissing)'
        Remove-Job $job
    }
}

Describe 'Get-DrpBackup' -Skip:$noServer {
    BeforeAll {
        $ids = @(Get-DrpBackup -Plan $plan).Id
    }
    It 'lists newest first' {
        $ids.Count | Should -BeGreaterThan 2
        $ids | Should -Be ($ids | Sort-Object -Descending)
    }
    It 'finds by id, wildcard and latest' {
        (Get-DrpBackup -Plan $plan $ids[1]).Id | Should -Be $ids[1]
        @(Get-DrpBackup -Plan $plan '2*').Count | Should -Be $ids.Count
        (Get-DrpBackup -Plan $plan latest).Id | Should -Be $ids[0]
        (Get-DrpBackup -Plan $plan -Latest).Id | Should -Be $ids[0]
    }
    It 'filters by time, repository, kind and proof' {
        Get-DrpBackup -Plan $plan -Before 1h | Should -BeNullOrEmpty
        @(Get-DrpBackup -Plan $plan -After 1h).Count | Should -Be $ids.Count
        @(Get-DrpBackup -Plan $plan -After (Get-DrpBackup -Plan $plan -Latest)).Id | Should -Be $ids[0]
        @(Get-DrpBackup -Plan $plan -Repository offsite).Count | Should -BeLessThan $ids.Count
        Get-DrpBackup -Plan $plan -Kind safety | Should -BeNullOrEmpty
        Get-DrpBackup -Plan $plan -Proven | Should -BeNullOrEmpty
        @(Get-DrpBackup -Plan $plan -Proven:$false).Count | Should -Be $ids.Count
    }
    It 'can be stopped after the first' {
        @(Get-DrpBackup -Plan $plan | Select-Object -First 1).Id | Should -Be $ids[0]
    }
    It 'shows a table and a list' {
        Get-DrpBackup -Plan $plan -Latest | Format-Table | Out-String | Should -Match 'Id\s+Kind\s+Components\s+Repositories\s+Size\s+Proven'
        Get-DrpBackup -Plan $plan -Latest | Format-List | Out-String | Should -BeLike '*Artifacts*'
    }
    It 'is completed by its ids' {
        $line = "Get-DrpBackup -Plan '$plan' -Id 2"
        [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText | Should -Contain $ids[0]
    }
}

Describe 'Test-DrpBackup' -Skip:$noServer {
    It 'looks at each repository of what comes down the pipe' {
        $results = Get-DrpBackup -Plan $plan -Repository offsite -Latest | Test-DrpBackup -Depth Archive
        $results | Should -BeOfType AskTrust.Drp.VerificationResult
        $results.Repository | Sort-Object | Should -Be local, offsite
        $results.Verdict | Sort-Object -Unique | Should -Be Ok
    }
    It 'tells a damaged set as a result and as an error, and goes on' {
        $set = Get-DrpBackup -Plan $plan -Repository offsite -Latest
        $file = Get-ChildItem "$work/shop/two" -Recurse -Filter '*.dump*' | Where-Object FullName -Like "*$($set.Id)*" | Select-Object -First 1
        $copy = [IO.File]::ReadAllBytes($file.FullName)
        $bad = $copy.Clone()
        $bad[$bad.Length / 2] = $bad[$bad.Length / 2] -bxor 1
        [IO.File]::WriteAllBytes($file.FullName, $bad)
        try {
            $results = $set | Test-DrpBackup -ErrorAction SilentlyContinue -ErrorVariable errors
            ($results | Where-Object Repository -EQ offsite).Verdict | Should -Be Failed
            ($results | Where-Object Repository -EQ local).Verdict | Should -Be Ok
            $errors[0].FullyQualifiedErrorId | Should -BeLike 'VerificationFailed,*'
            $errors[0].CategoryInfo.Category | Should -Be InvalidData
            { $set | Test-DrpBackup -ErrorAction Stop } | Should -Throw
        }
        finally { [IO.File]::WriteAllBytes($file.FullName, $copy) }
    }
    It 'says when there is no such set' {
        (Get-ErrorOf { Test-DrpBackup -Plan $plan -Id 20200101T000000Z-full }).FullyQualifiedErrorId | Should -BeLike 'RepositoryMissing,*'
    }
}

Describe 'Sync-DrpRepository' -Skip:$noServer {
    It '-WhatIf lists and touches nothing' {
        $before = Get-Trace $repositories
        $planned = @(Sync-DrpRepository -Plan $plan -WhatIf)
        $planned.Count | Should -BeGreaterThan 0
        $planned.Status | Sort-Object -Unique | Should -Be Planned
        Get-Trace $repositories | Should -Be $before
    }
    It 'copies what is missing' {
        $done = @(Sync-DrpRepository -Plan $plan)
        $done.Repository | Sort-Object -Unique | Should -Be offsite
        $done.Status | Sort-Object -Unique | Should -Be Succeeded
        @(Get-DrpBackup -Plan $plan -Repository offsite).Count | Should -Be @(Get-DrpBackup -Plan $plan).Count
        $done | Test-DrpBackup -Depth Content | ForEach-Object Verdict | Sort-Object -Unique | Should -Be Ok
    }
    It 'has nothing to do then' { Sync-DrpRepository -Plan $plan | Should -BeNullOrEmpty }
}

Describe 'Set-DrpBackup' -Skip:$noServer {
    It '-WhatIf touches nothing' {
        $before = Get-Trace $repositories
        $null = Get-DrpBackup -Plan $plan -Latest | Set-DrpBackup -Pin -WhatIf
        Get-Trace $repositories | Should -Be $before
        (Get-DrpBackup -Plan $plan -Latest).Pinned | Should -BeFalse
    }
    It 'keeps a set from retention until it is unpinned' {
        $oldest = Get-DrpBackup -Plan $plan | Select-Object -Last 1
        ($oldest | Set-DrpBackup -Pin -Reason 'end of year').Pinned | Should -BeTrue
        $kept = Invoke-DrpRetention -Plan $plan -KeepLast 1 -WhatIf | Where-Object Id -EQ $oldest.Id
        $kept.Action | Sort-Object -Unique | Should -Be Keep
        ($oldest | Set-DrpBackup -Unpin).Pinned | Should -BeFalse
        $gone = Invoke-DrpRetention -Plan $plan -KeepLast 1 -WhatIf | Where-Object Id -EQ $oldest.Id
        $gone.Action | Sort-Object -Unique | Should -Be Delete
    }
}

Describe 'Remove-DrpBackup and Invoke-DrpRetention' -Skip:$noServer {
    It '-WhatIf of both tells and touches nothing' {
        $before = Get-Trace $repositories
        $removed = Get-DrpBackup -Plan $plan | Select-Object -Last 1 | Remove-DrpBackup -WhatIf
        $removed.Planned | Sort-Object -Unique | Should -BeTrue
        $decisions = @(Invoke-DrpRetention -Plan $plan -KeepLast 1 -WhatIf)
        $decisions.Action | Should -Contain Delete
        $decisions.Action | Should -Contain Keep
        Get-Trace $repositories | Should -Be $before
    }
    It 'asks, and a no stops it before any work' {
        # Without a user to answer, the question itself is the error.
        $script = "Import-Module '$manifestPath'; `$env:DRP_STATE = '$env:DRP_STATE'; try { Get-DrpBackup -Plan '$plan' | Select-Object -Last 1 | Remove-DrpBackup } catch { 'asked' }"
        $count = @(Get-DrpBackup -Plan $plan).Count
        & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $script | Should -Be asked
        @(Get-DrpBackup -Plan $plan).Count | Should -Be $count
    }
    It 'deletes one set from one repository' {
        $oldest = Get-DrpBackup -Plan $plan | Select-Object -Last 1
        $gone = $oldest | Remove-DrpBackup -Repository offsite -Confirm:$false
        $gone.Action | Should -Be Delete
        (Get-DrpBackup -Plan $plan $oldest.Id).Repositories | Should -Be local
    }
    It 'does what -WhatIf said' {
        $said = Invoke-DrpRetention -Plan $plan -KeepLast 2 -WhatIf | ForEach-Object { "$($_.Repository) $($_.Id) $($_.Action)" } | Sort-Object
        $done = Invoke-DrpRetention -Plan $plan -KeepLast 2 -Confirm:$false | ForEach-Object { "$($_.Repository) $($_.Id) $($_.Action)" } | Sort-Object
        $done | Should -Be $said
        @(Get-DrpBackup -Plan $plan).Count | Should -BeLessOrEqual 3
    }
    It 'never takes the last good set by mistake' {
        Invoke-DrpRetention -Plan $plan -KeepLast 1 -Confirm:$false | Out-Null
        $last = @(Get-DrpBackup -Plan $plan)
        $errors = @()
        try { $last | Remove-DrpBackup -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable errors | Out-Null } catch { $errors = @($_) }
        @(Get-DrpBackup -Plan $plan).Id | Should -Contain $last[0].Id
    }
}

Describe 'Stopping' -Skip:$noServer {
    BeforeAll {
        Initialize-Shop $server large 400000
        $slow = New-TestPlan $server "$work/slow" large 300KiB/s

        # Starts a command in a runspace of its own, and waits until it writes.
        function Start-Stoppable([string] $Script, [string] $Folder) {
            $shell = [powershell]::Create().AddScript("Import-Module '$manifestPath'; $Script")
            $run = $shell.BeginInvoke()
            $until = [DateTime]::UtcNow.AddSeconds(60)
            while (-not (Get-ChildItem $Folder -Recurse -File -Force | Where-Object Length -GT 100000)) {
                if ($run.IsCompleted) { throw "ended early: $($shell.Streams.Error) $($shell.EndInvoke($run))" }
                if ([DateTime]::UtcNow -gt $until) { throw 'the command wrote nothing' }
                Start-Sleep -Milliseconds 100
            }
            $shell
        }

        # Programs we started that still run (the server's own children do not count).
        function Get-Leftover { & ps -eo pid,ppid,args | Where-Object { $_ -match "^\s*\d+\s+$PID\s" -and $_ -match 'pg_dump|gpg|zstd' } }
    }

    It 'mid-run leaves no set, no lock, no temporary folder and no process' {
        $shell = Start-Stoppable "Invoke-DrpBackup -Plan '$slow'" "$work/slow/one"
        Get-Leftover | Should -Not -BeNullOrEmpty -Because 'programs run now'
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 30
        $shell.InvocationStateInfo.State | Should -Be Stopped
        Get-DrpBackup -Plan $slow | Should -BeNullOrEmpty
        Get-ChildItem "$work/slow/one", "$work/slow/two" -Recurse -File | Where-Object FullName -Like '*/locks/*' | Should -BeNullOrEmpty
        Get-ChildItem "$env:DRP_STATE/tmp*" -Directory -Recurse -ErrorAction Ignore | Where-Object { Get-ChildItem $_ -Force } | Should -BeNullOrEmpty
        Get-Leftover | Should -BeNullOrEmpty
        $shell.Dispose()
    }
    It 'a job cancels it and waits' {
        $job = Invoke-DrpBackup -Plan $slow -AsJob
        Start-Sleep -Seconds 2
        Stop-Job $job
        $job.State | Should -Be Stopped
        Get-DrpBackup -Plan $slow | Should -BeNullOrEmpty
        Get-Leftover | Should -BeNullOrEmpty
        Remove-Job $job
    }
    It 'leaves the way free for the next run' {
        (Get-Content $slow -Raw).Replace(', uploadLimit: 300KiB/s', '') | Set-Content $slow
        (Invoke-DrpBackup -Plan $slow).Status | Should -Be Succeeded
    }
    It 'downstream cancels the engine too' {
        (Get-Content $slow -Raw).Replace('path: one', 'path: one, downloadLimit: 300KiB/s') | Set-Content $slow
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $first = Get-DrpBackup -Plan $plan | Select-Object -First 1
        $first | Should -Not -BeNullOrEmpty
        $results = @(Test-DrpBackup -Plan $slow -Depth Present | Select-Object -First 1)
        $results.Count | Should -Be 1
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 20
        Get-Leftover | Should -BeNullOrEmpty
    }
}
