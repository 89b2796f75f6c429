# Jobs, their times, and the gate before a deployment, as they are used from scripts. Files need no server.
BeforeAll {
    . "$PSScriptRoot/common.ps1"
    Import-Module $manifestPath
    # Not in TestDrive, which is emptied after each block: one block looks at what another left.
    $work = [IO.Directory]::CreateTempSubdirectory('drp-jobs-').FullName
    $env:DRP_STATE = "$work/state"
    $null = New-Item -ItemType Directory "$work/files", "$work/one", "$work/two"
    Set-Content "$work/files/a.txt" 'a'
    $plan = "$work/drp.yaml"
    Set-Content $plan @'
version: 1
name: jobs
components: { uploads: { type: files, path: files } }
repositories: { one: { type: directory, path: one }, two: { type: directory, path: two } }
encryption: none
jobs:
  nightly: { schedule: '0 3 * * *', timeZone: Europe/Paris, keep: { last: 5 }, do: [backup, verify, prune] }
  asked: { keep: { last: 5 } }
maintenance: { proxy: traefik, snippet: proxy/jobs.yml }
'@
}
AfterAll {
    $env:DRP_STATE = $null
    Remove-Item -LiteralPath $work -Recurse -Force
}

Describe 'Invoke-DrpJob' {
    It 'writes nothing with -WhatIf' {
        $report = Invoke-DrpJob nightly -Plan $plan -WhatIf
        $report.Status | Should -Be Planned
        $report | Out-String | Should -Match 'nothing was changed'
        Get-Trace "$work/one", "$work/two" | Should -BeNullOrEmpty
    }
    It 'does each step and gives one report' {
        $report = Invoke-DrpJob nightly -Plan $plan -Reason 'by hand'
        $report.Status | Should -Be Succeeded
        $report.Steps.Action -join ' ' | Should -Be 'Backup Verify Prune'
        (Get-DrpBackup -Plan $plan -Latest).Reason | Should -Be 'by hand'
    }
    It 'writes an error for the step that failed, with its number as id' {
        Rename-Item "$work/files" gone
        try { $report = Invoke-DrpJob nightly -Plan $plan -ErrorAction SilentlyContinue -ErrorVariable errors }
        finally { Rename-Item "$work/gone" files }
        $report.Status | Should -Be Failed
        $report.Steps.Status -join ' ' | Should -Be 'Failed Skipped Skipped'
        @($errors).Count | Should -Be 1
        $errors[0].FullyQualifiedErrorId | Should -Match "^$($report.Code),"
    }
    It 'names the jobs there are' {
        (Get-ErrorOf { Invoke-DrpJob nothing -Plan $plan }).FullyQualifiedErrorId | Should -Match '^PlanInvalid,'
    }
}

Describe 'Register-DrpSchedule, Get-DrpSchedule, Unregister-DrpSchedule' {
    It 'writes, shows and takes away' {
        $at = @{ Plan = $plan; Manager = 'CronFolder'; Folder = "$work/cron.d" }
        (Register-DrpSchedule @at -Program /bin/true -WhatIf).Status | Should -Be Planned
        Test-Path "$work/cron.d" | Should -BeFalse
        (Register-DrpSchedule @at -Program /bin/true).Status | Should -Be Succeeded
        (Register-DrpSchedule @at -Program /bin/true).Status | Should -Be Skipped
        $schedule = Get-DrpSchedule @at
        $schedule.Job | Should -Be nightly
        $schedule.State | Should -Be Current
        $schedule.LastStatus | Should -Be Failed
        $schedule.NextRun | Should -BeGreaterThan ([DateTimeOffset]::UtcNow)
        $schedule | Out-String | Should -Match 'Europe/Paris'
        (Unregister-DrpSchedule @at -Confirm:$false).Status | Should -Be Succeeded
        (Get-DrpSchedule @at).State | Should -Be Missing
    }
    It 'refuses a job without a schedule' {
        (Get-ErrorOf { Register-DrpSchedule asked -Plan $plan -Manager Systemd -Folder "$work/units" -Program /bin/true }).FullyQualifiedErrorId | Should -Match '^PlanInvalid,'
    }
}

Describe 'Invoke-DrpBackup as a gate' {
    It 'takes a set that is young enough for one' {
        $set = Get-DrpBackup -Plan $plan -Latest
        $gate = Invoke-DrpBackup -Plan $plan -MaxAge 1h -Reason release
        $gate.Status | Should -Be Skipped
        $gate.Id | Should -Be $set.Id
    }
    It 'takes and proves one where none is proven' {
        Start-Sleep -Milliseconds 1100
        $gate = Invoke-DrpBackup -Plan $plan -MaxAge 1h -RequireProven
        $gate.Status | Should -Be Succeeded
        (Get-DrpBackup -Plan $plan -Id $gate.Id).Proven | Should -Not -BeNullOrEmpty
    }
}

Describe 'Enable-DrpMaintenance, Get-DrpMaintenance, Disable-DrpMaintenance' {
    It 'goes on and off, and says how it stands' {
        (Enable-DrpMaintenance -Plan $plan -WhatIf).Status | Should -Be Planned
        Test-Path "$work/proxy" | Should -BeFalse
        $report = Enable-DrpMaintenance -Plan $plan -Reason move
        $report.Status | Should -Be Succeeded
        Get-Content "$work/proxy/jobs.yml" -Raw | Should -Be $report.Text
        $status = Get-DrpMaintenance -Plan $plan
        $status.On | Should -BeTrue
        $status.Reason | Should -Be move
        (Disable-DrpMaintenance -Plan $plan).Status | Should -Be Succeeded
        (Get-DrpMaintenance -Plan $plan).On | Should -BeFalse
        (Disable-DrpMaintenance -Plan $plan).Status | Should -Be Skipped
    }
}
