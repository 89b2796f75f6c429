# Redis and Docker volumes: saved together, brought back, taken back.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server) -or @('docker', 'redis-server', 'redis-cli' | Where-Object { -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) }).Count -gt 0 -and $env:CI -ne 'true'
}

Describe 'Redis and volumes' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $env:DRP_PESTER_REDIS = 'pester-s3cret'
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $port = $listener.LocalEndpoint.Port
        $listener.Stop()
        $null = New-Item -ItemType Directory "$TestDrive/data"
        # The test bed makes sure of an engine and of the image.
        $stack = Start-TestStack "drpparts$PID"
        $volume = "drpparts${PID}_state"
        function Invoke-Redis { $env:REDISCLI_AUTH = $env:DRP_PESTER_REDIS; & redis-cli -p $port @args }
        function Start-Redis {
            $null = Start-Child redis-server @('--port', $port, '--bind', '127.0.0.1', '--dir', "$TestDrive/data", '--requirepass', $env:DRP_PESTER_REDIS, '--repl-diskless-sync-delay', '0', '--save', '')
            $until = [datetime]::UtcNow.AddSeconds(20)
            while ((Invoke-Redis PING 2>$null) -ne 'PONG' -and [datetime]::UtcNow -lt $until) { [Threading.Tasks.Task]::Delay(50).Wait() }
        }
        function Invoke-InVolume([string] $Script) { & docker run --rm -v "${volume}:/v" debian:bookworm-slim sh -c $Script }
        Start-Redis
        $null = Invoke-Redis MSET a 1 b 2 c 3
        Invoke-InVolume 'echo one > /v/one'
        $plan = "$TestDrive/drp.yaml"
        Set-Content $plan @"
version: 1
name: shop
components:
  cache: { type: redis, url: 'redis://127.0.0.1:$port', password: '`${env:DRP_PESTER_REDIS}', dataDirectory: $TestDrive/data }
  uploads: { type: volume, volume: $volume }
repositories:
  local: { type: directory, path: $TestDrive/repository }
encryption: { passphrase: '`${env:DRP_PESTER_REDIS}' }
"@
        $set = Invoke-DrpBackup -Plan $plan
    }
    AfterAll {
        if ($port) { $null = Invoke-Redis SHUTDOWN NOSAVE 2>$null }
        Stop-TestServer $stack
        $env:DRP_STATE = $env:DRP_PESTER_REDIS = $env:REDISCLI_AUTH = $null
    }

    It 'Invoke-DrpBackup saves both, and says how far they lie apart' {
        $set.Status | Should -Be Succeeded
        $set.Skew | Should -BeGreaterThan ([timespan]::Zero)
        (Get-DrpBackup -Plan $plan).Skew | Should -Be $set.Skew
    }
    It '-WhatIf shows the steps and touches nothing' {
        $started = & docker ps --format '{{.Names}} {{.CreatedAt}}' --filter "volume=$volume"
        $report = $set | Restore-DrpComponent -Component uploads -WhatIf
        $report.Status | Should -Be Planned
        $report.Steps.Count | Should -BeGreaterThan 1
        # A server that runs would be refused, and so it is told.
        (Get-ErrorOf { $set | Restore-DrpComponent -Component cache -WhatIf }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget,*'
        Invoke-Redis DBSIZE | Should -Be 3
        Invoke-InVolume 'ls -A /v' | Should -Be one
        & docker ps --format '{{.Names}} {{.CreatedAt}}' --filter "volume=$volume" | Should -Be $started
        Get-ChildItem "$TestDrive/data" -Filter 'drp-*' | Should -BeNullOrEmpty
    }
    It 'refuses what is not empty, and a server that runs' {
        $e = Get-ErrorOf { Restore-DrpComponent latest -Plan $plan -Component uploads -Confirm:$false }
        $e.FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.RestoreDrpComponentCommand'
        $e.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $e = Get-ErrorOf { Restore-DrpComponent latest -Plan $plan -Component cache -Force -Confirm:$false }
        $e.FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.RestoreDrpComponentCommand'
        $e.Exception.Message | Should -Match ([regex]::Escape("$TestDrive/data"))
    }
    It 'names a server and a volume that are not there' {
        Set-Content "$TestDrive/other.yaml" (Get-Content -Raw $plan).Replace($volume, 'drp-no-such-volume').Replace(":$port'", ":1'")
        (Get-ErrorOf { Invoke-DrpBackup -Plan "$TestDrive/other.yaml" -Component uploads }).FullyQualifiedErrorId | Should -BeLike 'Unreachable,*'
        (Get-ErrorOf { Invoke-DrpBackup -Plan "$TestDrive/other.yaml" -Component cache }).FullyQualifiedErrorId | Should -BeLike 'Unreachable,*'
    }
    It 'brings the volume back by the pipe, and takes it back' {
        Invoke-InVolume 'echo spoiled > /v/one'
        $report = Get-DrpBackup -Plan $plan | Restore-DrpComponent -Component uploads -Force -Confirm:$false
        $report | Should -BeOfType AskTrust.Drp.RestoreReport
        $report.Files | Should -Be 1
        Invoke-InVolume 'cat /v/one' | Should -Be one
        $null = $report | Undo-DrpRestore -Plan $plan -Confirm:$false
        Invoke-InVolume 'cat /v/one' | Should -Be spoiled
    }
    It 'brings the server back once it stands still' {
        $null = Invoke-Redis FLUSHALL
        $null = Invoke-Redis SHUTDOWN NOSAVE
        (Restore-DrpComponent latest -Plan $plan -Component cache -Force -Confirm:$false).Keys | Should -Be 3
        Start-Redis
        Invoke-Redis GET b | Should -Be 2
    }
    It 'proves both' {
        $proofs = 'cache', 'uploads' | ForEach-Object { Test-DrpRestore -Plan $plan -Component $_ }
        $proofs.Verdict | Should -Be Ok, Ok
        $proofs[0].Keys | Should -Be 3
    }
}
