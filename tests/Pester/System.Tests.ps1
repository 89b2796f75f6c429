# Services, everything at once, and the recovery kit, as an operator does it.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server) -or -not (Get-Command docker -CommandType Application -ErrorAction Ignore)
}

Describe 'Services and everything' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $project = "drppester$PID"
        $stack = Start-TestStack $project
        $null = New-Item -ItemType Directory "$TestDrive/shop/uploads"
        Set-Content "$TestDrive/shop/uploads/read.txt" 'me' -NoNewline
        Set-Content "$TestDrive/shop/drp.yaml" @"
version: 1
name: shop
components:
  uploads: { type: files, path: uploads }
repositories:
  local: { type: directory, path: $TestDrive/repository }
encryption: none
"@
        Push-Location "$TestDrive/shop"
        $null = Invoke-DrpBackup
    }
    AfterAll {
        Pop-Location
        Stop-TestServer $stack
        $env:DRP_STATE = $null
    }

    It 'shows the order of a restart without touching anything' {
        $planned = Restart-DrpService -Project $project -WhatIf
        $planned.Status | Should -Be Planned
        ($planned.Steps | Select-Object -First 3) | Should -Be 'stop web', 'stop app', 'stop base'
    }

    It 'restarts a service and what needs it' {
        $report = Restart-DrpService app -Project $project -WithDependent -StopTimeout 5s
        $report.Status | Should -Be Succeeded
        $report.Services.Service | Should -Be app, web
        $app = $report.Services | Select-Object -First 1
        ($app.After.Started -gt $app.Before.Started) | Should -BeTrue
        $report.Volumes | Should -Be "${project}_state"
    }

    It 'says which project or service there is not' {
        (Get-ErrorOf { Restart-DrpService -Project nobody }).FullyQualifiedErrorId | Should -BeLike 'Unreachable*'
        (Get-ErrorOf { Restart-DrpService nobody -Project $project }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid*'
    }

    It 'restores everything with its services, and takes it back' {
        Set-Content uploads/read.txt 'spoiled' -NoNewline
        $report = Restore-DrpSystem -Project $project -StopTimeout 5s -Confirm:$false
        $report.Status | Should -Be Succeeded
        $report.Services.Service | Should -Be base, app, web
        Get-Content uploads/read.txt -Raw | Should -Be me
        $null = Restore-DrpSystem -Undo -SystemId $report.SystemId -Confirm:$false
        Get-Content uploads/read.txt -Raw | Should -Be spoiled
    }

    It 'runs as a job' {
        $job = Restore-DrpSystem -Only files -Confirm:$false -AsJob
        ($job | Wait-Job -Timeout 60 | Receive-Job).Status | Should -Be Succeeded
        $job | Remove-Job
        Get-Content uploads/read.txt -Raw | Should -Be me
    }

    It 'has nothing to go on with when nothing was cut off' {
        (Get-ErrorOf { Restore-DrpSystem -Resume -Confirm:$false }).FullyQualifiedErrorId | Should -BeLike 'RepositoryMissing*'
    }

    It 'writes a recovery kit once' {
        $kit = Export-DrpRecoveryKit ./kit
        $kit.Files | Should -Be 'drp.yaml', 'RECOVERY.md'
        Get-Content ./kit/RECOVERY.md -Raw | Should -BeLike '*drp restore-system*'
        (Get-ErrorOf { Export-DrpRecoveryKit ./kit }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget*'
    }
}
