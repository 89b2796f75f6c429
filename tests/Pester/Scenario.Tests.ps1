BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

Describe 'From a plan to a disaster and back' -Skip:$noServer {
    It 'reads like a runbook' {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $server = Start-TestServer shop
        try {
            Initialize-Shop $server shop
            $env:DRP_PLAN = New-TestPlan $server "$TestDrive/shop" shop

            # Before: the plan works here, a backup is taken and proven.
            $checks = Test-DrpPlan
            $failed = $checks | Where-Object Verdict -EQ Failed | ForEach-Object { "$($_.Subject), $($_.Check): $($_.Message) $($_.Hint)" }
            $failed | Should -BeNullOrEmpty -Because ($failed -join '; ')
            Test-DrpPlan -Quiet | Should -BeTrue
            $proof = Invoke-DrpBackup nightly -Reason 'before the release' | Test-DrpRestore -NegativeControl
            $proof.Verdict | Should -Be Ok
            $proof.RecoveryTime | Should -BeLessThan $proof.ObjectiveRto

            # The disaster, and later work that a restore would lose.
            Invoke-Sql $server shop 'DROP TABLE orders CASCADE; CREATE TABLE later (note text)'

            # Back to the proven set. What was there is in the safety backup.
            $restore = Get-DrpBackup -Proven -Latest | Restore-DrpDatabase -Force -Confirm:$false
            Invoke-Sql $server shop 'SELECT count(*) FROM orders' | Should -Be 500
            Invoke-Sql $server shop "SELECT to_regclass('later') IS NULL" | Should -Be t
            $null = Restore-DrpDatabase $restore.SafetyId -Database aside -Confirm:$false
            Invoke-Sql $server aside "SELECT to_regclass('later') IS NOT NULL" | Should -Be t

            # Afterwards: tidy up, and everything is on record.
            (Invoke-DrpRetention -Confirm:$false | Where-Object Id -EQ $proof.Id).Action | Sort-Object -Unique | Should -Be Keep
            (Test-DrpEvidence).Verdict | Sort-Object -Unique | Should -Be Ok
            $page = Export-DrpReport "$TestDrive/reports" -Last 1 -Format Html -Language fr
            Get-Content $page.Path -Raw | Should -BeLike "*$($proof.Id)*"
        }
        finally {
            Stop-TestServer $server
            $env:DRP_STATE = $env:DRP_PLAN = $null
        }
    }
}
