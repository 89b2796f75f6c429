BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    Import-Module $manifestPath
    $env:DRP_STATE = Join-Path $TestDrive 'state'
    $saved = $env:DRP_PLAN
    $env:DRP_PLAN = $null

    $good = Join-Path $TestDrive 'good'
    $null = New-Item -ItemType Directory $good, $good/one, $good/two
    Set-Content "$good/drp.yaml" @'
version: 1
name: shop
components:
  db: { type: postgresql, url: 'postgresql://app@127.0.0.1:1/shop', password: '${env:NOT_SET_ANYWHERE}' }
repositories:
  local: { type: directory, path: one }
  my repository: { type: directory, path: two }
encryption: none
jobs:
  nightly: { schedule: '0 3 * * *', keep: { daily: 7 } }
'@.Replace('my repository', 'offsite')
    Set-Content "$TestDrive/bad.yaml" "version: 1`nname: shop`ncomponent:`n  db: {}`nencryption: none`nrepositories:`n  local: { type: directory, path: 5, colour: red }"
}

AfterAll { $env:DRP_STATE = $null; $env:DRP_PLAN = $saved }

Describe 'Which plan' {
    AfterEach { $env:DRP_PLAN = $null }

    It 'is a file' { (Get-DrpPlan -Plan "$good/drp.yaml").Name | Should -Be shop }
    It 'is a folder with drp.yaml' { (Get-DrpPlan -Plan $good).Name | Should -Be shop }
    It 'is a file object' { (Get-DrpPlan -Plan (Get-Item "$good/drp.yaml")).Name | Should -Be shop }
    It 'is what Get-DrpPlan wrote' { (Get-DrpPlan -Plan (Get-DrpPlan -Plan $good)).Name | Should -Be shop }
    It 'comes down the pipe' { (Get-DrpPlan -Plan $good | Get-DrpPlan).Path | Should -Be "$good/drp.yaml" }
    It 'is drp.yaml of the current location, not of the process' {
        Push-Location $good
        try { (Get-DrpPlan).Path | Should -Be "$good/drp.yaml" } finally { Pop-Location }
    }
    It 'is the file of $env:DRP_PLAN' {
        $env:DRP_PLAN = "$good/drp.yaml"
        (Get-DrpPlan).Name | Should -Be shop
    }
    It 'may be on a drive of PowerShell' {
        $null = New-PSDrive -Name plans -PSProvider FileSystem -Root $good
        (Get-DrpPlan -Plan plans:/drp.yaml).Path | Should -Be "$good/drp.yaml"
    }
    It 'must be a file' {
        $e = Get-ErrorOf { Get-DrpPlan -Plan Env:/PATH }
        $e.FullyQualifiedErrorId | Should -Be 'PlanInvalid,AskTrust.Drp.PowerShell.Commands.GetDrpPlanCommand'
        $e.CategoryInfo.Category | Should -Be InvalidArgument
    }
    It 'must be there' {
        $e = Get-ErrorOf { Get-DrpPlan -Plan "$TestDrive/none.yaml" }
        $e.FullyQualifiedErrorId | Should -BeLike 'PlanInvalid,*'
        "$e" | Should -BeLike '*none.yaml*'
    }
}

Describe 'Get-DrpPlan' {
    It 'returns components, repositories and jobs by name' {
        $plan = Get-DrpPlan -Plan $good
        $plan | Should -BeOfType AskTrust.Drp.DrpPlan
        $plan.Components['db'].Type | Should -Be postgresql
        $plan.Jobs['nightly'].Keep.Daily | Should -Be 7
    }
    It 'explains as YAML, secrets as references' { Get-DrpPlan -Plan $good -AsYaml | Should -BeLike '*NOT_SET_ANYWHERE*' }
    It 'gives a JSON Schema without a plan' { (Get-DrpPlan -Schema | ConvertFrom-Json -AsHashtable).properties.Keys | Should -Contain components }
    It 'reports every error of a plan with its place' {
        $all = @()
        try { $null = Get-DrpPlan -Plan "$TestDrive/bad.yaml" -ErrorVariable all -ErrorAction SilentlyContinue } catch { $last = $_ }
        $places = @($all | Where-Object { $_.TargetObject -is [AskTrust.Drp.PlanProblem] })
        $places.Count | Should -BeGreaterThan 2
        "$($places[0])" | Should -Match 'bad\.yaml:\d+:\d+: '
        $last.FullyQualifiedErrorId | Should -BeLike 'PlanInvalid,*'
        $last.Exception.Problems.Count | Should -Be $places.Count
    }
    It 'goes on with the next plan of a pipe' {
        $found = @([pscustomobject]@{ Plan = "$TestDrive/bad.yaml" }, [pscustomobject]@{ Plan = $good } | Get-DrpPlan -ErrorAction SilentlyContinue -ErrorVariable errors)
        $found.Name | Should -Be shop
        $errors.Count | Should -BeGreaterThan 0
    }
    It 'shows a table and a list' {
        Get-DrpPlan -Plan $good | Format-Table | Out-String | Should -Match 'Name\s+Components\s+Repositories\s+Jobs'
        Get-DrpPlan -Plan $good | Format-List | Out-String | Should -BeLike '*db (postgresql)*'
    }
}

Describe 'Test-DrpPlan' {
    It 'turns errors of the plan into failed checks' {
        $checks = @(Test-DrpPlan -Plan "$TestDrive/bad.yaml")
        $checks.Count | Should -BeGreaterThan 2
        $checks.Verdict | Should -Not -Contain Ok
        $checks[0].Code | Should -Be PlanInvalid
        Test-DrpPlan -Plan "$TestDrive/bad.yaml" -Quiet | Should -BeFalse
    }
    It 'finds a server that does not answer, and says what to do' {
        $checks = @(Test-DrpPlan -Plan $good)
        $checks | Should -BeOfType AskTrust.Drp.PlanCheck
        $failed = @($checks | Where-Object Verdict -EQ Failed)
        $failed.Subject | Should -Contain 'component db'
        Test-DrpPlan -Plan $good -Quiet | Should -BeFalse
    }
    Context 'with a server' -Skip:$noServer {
        BeforeAll {
            $server = Start-TestServer shop
            Initialize-Shop $server shop
            $plan = New-TestPlan $server "$TestDrive/live" shop
        }
        AfterAll { Stop-TestServer $server }

        It 'finds nothing wrong with a plan that works' {
            Test-DrpPlan -Plan $plan | Where-Object Verdict -EQ Failed | ForEach-Object { "$($_.Subject): $($_.Message)" } | Should -BeNullOrEmpty
            Test-DrpPlan -Plan $plan -Quiet | Should -BeTrue
        }
        It 'changes nothing' {
            $before = Get-Trace $TestDrive/live
            $null = Test-DrpPlan -Plan $plan
            Get-Trace $TestDrive/live | Should -Be $before
        }
    }
}

Describe 'New-DrpPlan' {
    BeforeAll {
        $compose = Join-Path $TestDrive 'docker-compose.yml'
        Set-Content $compose "services:`n  db:`n    image: postgres:15`n    environment:`n      POSTGRES_USER: app`n      POSTGRES_DB: shop`n      POSTGRES_PASSWORD: hunter2`n"
    }

    It 'writes a plan that can be read, without the password' {
        $file = New-DrpPlan -ComposeFile $compose -Path "$TestDrive/new/drp.yaml" -Name shop
        $file | Should -BeOfType IO.FileInfo
        $text = Get-Content $file -Raw
        $text | Should -Not -BeLike '*hunter2*'
        $text | Should -Match '(?m)^\s*#'
    }
    It 'takes what Get-Item writes' {
        (Get-Item $compose | New-DrpPlan -Path "$TestDrive/piped.yaml").FullName | Should -Be "$TestDrive/piped.yaml"
    }
    It 'does not overwrite unless forced' {
        Set-Content "$TestDrive/kept.yaml" 'mine'
        $e = Get-ErrorOf { New-DrpPlan -ComposeFile $compose -Path "$TestDrive/kept.yaml" }
        $e.FullyQualifiedErrorId | Should -BeLike '*,AskTrust.Drp.PowerShell.Commands.NewDrpPlanCommand'
        Get-Content "$TestDrive/kept.yaml" | Should -Be 'mine'
        $null = New-DrpPlan -ComposeFile $compose -Path "$TestDrive/kept.yaml" -Force
        Get-Content "$TestDrive/kept.yaml" | Should -Not -Be 'mine'
    }
    It '-WhatIf returns the text and touches nothing' {
        New-DrpPlan -ComposeFile $compose -Path "$TestDrive/whatif.yaml" -WhatIf | Should -BeLike '*postgresql*'
        "$TestDrive/whatif.yaml" | Should -Not -Exist
    }
    It 'wants one of its two sources' {
        (Get-ErrorOf { New-DrpPlan -ComposeFile $compose -ConnectionString postgresql://h/d }).FullyQualifiedErrorId | Should -BeLike 'AmbiguousParameterSet*'
    }
}

Describe 'Completion of names' {
    BeforeAll {
        function Complete([string] $Line) { [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText }
    }
    It 'offers components, repositories and jobs of the plan' {
        Complete "Get-DrpBackup -Plan '$good' -Component " | Should -Be db
        Complete "Get-DrpBackup -Plan '$good' -Repository " | Should -Be local, offsite
        Complete "Get-DrpBackup -Plan '$good' -Repository of" | Should -Be offsite
        Complete "Invoke-DrpBackup -Plan '$good' -Job n" | Should -Be nightly
    }
    It 'offers the plan files of a folder' {
        Push-Location $good
        try { Complete 'Get-DrpPlan -Plan ./d' | Should -BeLike '*drp.yaml' } finally { Pop-Location }
    }
    It 'says nothing about a broken plan' { Complete "Get-DrpBackup -Plan '$TestDrive/bad.yaml' -Component " | Should -BeNullOrEmpty }
}

Describe 'Moments and durations' {
    It 'refuses what two readers read differently' {
        (Get-ErrorOf { Get-DrpBackup -Plan $good -Before '01/02/2026' }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
        (Get-ErrorOf { Get-DrpBackup -Plan $good -Before 7 }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
        (Get-ErrorOf { Invoke-DrpRetention -Plan $good -KeepWithin 7 -WhatIf }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError*'
    }
    It 'takes 7d and 30s as typed, though PowerShell sees numbers in them' {
        { Invoke-DrpRetention -Plan $good -KeepWithin 7d -WhatIf -ErrorAction Ignore } | Should -Not -Throw
        { Get-DrpBackup -Plan $good -After 30s -Before '1h' -ErrorAction Ignore } | Should -Not -Throw
        { Get-DrpBackup -Plan $good -After 2h } | Should -Not -Throw
    }
}
