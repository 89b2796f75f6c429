# Files: saved, brought back beside and in place, taken back.
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
        $null = New-Item -ItemType Directory "$work/uploads/invoices"
        Set-Content "$work/uploads/logo.svg" '<svg/>'
        Set-Content "$work/uploads/invoices/1.txt" 'paid'
        Set-Content "$work/drp.yaml" @"
version: 1
name: shop
components:
  uploads: { type: files, path: uploads }
repositories:
  local: { type: directory, path: one }
encryption: none
jobs:
  nightly: { schedule: '0 3 * * *', keep: { daily: 7 } }
"@
        $plan = "$work/drp.yaml"
        $set = Invoke-DrpBackup -Plan $plan
    }
}

AfterAll {
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Restore-DrpComponent' -Skip:$noServer {
    It '-WhatIf shows the steps and touches nothing' {
        $before = Get-Trace "$work/uploads"
        $report = $set | Restore-DrpComponent -WhatIf
        $report.Status | Should -Be Planned
        $report.Steps.Count | Should -BeGreaterThan 1
        Get-Trace "$work/uploads" | Should -Be $before
    }
    It 'restores beside' {
        $report = Restore-DrpComponent latest -Plan $plan -Destination "$work/beside" -Confirm:$false
        $report | Should -BeOfType AskTrust.Drp.RestoreReport
        $report.Files | Should -Be 2
        Get-Content "$work/beside/invoices/1.txt" | Should -Be paid
    }
    It '-Include brings back only what is asked for' {
        (Restore-DrpComponent latest -Plan $plan -Destination "$work/some" -Include '*.txt' -Confirm:$false).Files | Should -Be 1
        "$work/some/logo.svg" | Should -Not -Exist
    }
    It '-Include puts selected files back in place, and Undo-DrpRestore takes them out again' {
        Set-Content "$work/uploads/invoices/1.txt" 'lost'
        Set-Content "$work/uploads/newer" 'newer'
        $report = Restore-DrpComponent latest -Plan $plan -Include '*.txt' -Force -Confirm:$false
        $report.Files | Should -Be 1
        Get-Content "$work/uploads/invoices/1.txt" | Should -Be paid
        Get-Content "$work/uploads/newer" | Should -Be newer
        $null = Undo-DrpRestore -Plan $plan -Confirm:$false
        Get-Content "$work/uploads/invoices/1.txt" | Should -Be lost
        Set-Content "$work/uploads/invoices/1.txt" 'paid'
        Remove-Item "$work/uploads/newer"
    }
    It 'refuses a folder that is not empty' {
        $e = Get-ErrorOf { Restore-DrpComponent latest -Plan $plan -Confirm:$false }
        $e.FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.RestoreDrpComponentCommand'
        $e.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
    It 'replaces in place, and Undo-DrpRestore goes back' {
        Set-Content "$work/uploads/invoices/1.txt" 'forged'
        $null = Restore-DrpComponent latest -Plan $plan -Force -Confirm:$false
        Get-Content "$work/uploads/invoices/1.txt" | Should -Be paid
        $null = Undo-DrpRestore -Plan $plan -Confirm:$false
        Get-Content "$work/uploads/invoices/1.txt" | Should -Be forged
    }
    It 'works as a job' {
        $job = Restore-DrpComponent latest -Plan $plan -Destination "$work/job" -Confirm:$false -AsJob
        ($job | Wait-Job -Timeout 120 | Receive-Job).Status | Should -Be Succeeded
        $job | Remove-Job
    }
}

Describe 'Test-DrpRestore with files' -Skip:$noServer {
    It 'proves the set' {
        $proof = Test-DrpRestore -Plan $plan -NegativeControl
        $proof.Verdict | Should -Be Ok
        $proof.NegativeControl | Should -BeTrue
        $proof.Files | Should -Be 2
    }
    It 'Test-DrpBackup reads the archive to its end' {
        (Test-DrpBackup -Plan $plan -Depth Content).Verdict | Should -Be Ok
    }
}

Describe 'Invoke-DrpBackup of files that are saved incrementally' -Skip:$noServer {
    It 'saves everything once, then what changed; -Kind full asks for everything' {
        $text = (Get-Content -Raw "$work/drp.yaml").Replace('path: uploads }', 'path: uploads, full: 7d }').Replace('path: one', 'path: two')
        Set-Content "$work/incremental.yaml" $text
        (Invoke-DrpBackup -Plan "$work/incremental.yaml").Id | Should -BeLike '*-full'
        Set-Content "$work/uploads/second" 'second'
        $second = Invoke-DrpBackup -Plan "$work/incremental.yaml"
        $second.Id | Should -BeLike '*-incremental'
        $listed = Get-DrpBackup -Plan "$work/incremental.yaml" -Kind incremental
        $listed.Base | Should -BeLike '*-full'
        $listed.Files | Should -Be 3
        (Restore-DrpComponent $second.Id -Plan "$work/incremental.yaml" -Destination "$work/point" -Confirm:$false).Files | Should -Be 3
        (Test-DrpBackup $second.Id -Plan "$work/incremental.yaml" -Depth Archive).Verdict | Should -Be @('Ok', 'Ok')
        (Invoke-DrpBackup -Plan "$work/incremental.yaml" -Kind full).Id | Should -BeLike '*-full'
        Remove-Item "$work/uploads/second"
    }
}
