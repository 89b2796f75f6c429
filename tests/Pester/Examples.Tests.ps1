# Every example of the help runs, in this order, against one throw-away plan.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
    Import-Module $manifestPath
    $order = 'Get-DrpPlan', 'New-DrpPlan', 'Test-DrpPlan', 'Invoke-DrpBackup', 'Get-DrpBackup', 'Repair-DrpDatabase', 'Get-DrpDamage', 'Test-DrpBackup', 'Sync-DrpRepository', 'Test-DrpRestore',
        'Export-DrpReport', 'Set-DrpBackup', 'Find-DrpRecoveryPoint', 'Restore-DrpTable', 'Restore-DrpDatabase', 'Restore-DrpComponent', 'Undo-DrpRestore', 'Test-DrpEvidence', 'Get-DrpRecoveryWindow', 'Get-DrpReplication', 'Enable-DrpPointInTime', 'Disable-DrpPointInTime', 'Register-DrpService', 'Get-DrpService', 'Unregister-DrpService',
        'Register-DrpSchedule', 'Get-DrpSchedule', 'Invoke-DrpJob', 'Unregister-DrpSchedule', 'Enable-DrpMaintenance', 'Get-DrpMaintenance', 'Disable-DrpMaintenance',
        'Test-DrpHealth', 'Get-DrpDiagnostics', 'Restart-DrpService', 'Export-DrpRecoveryKit', 'Restore-DrpSystem', 'Get-DrpPrimary', 'Switch-DrpPrimary', 'Repair-DrpStandby',
        'Get-DrpCertificate', 'Export-DrpConfig', 'Invoke-DrpRetention', 'Remove-DrpBackup'
    $examples = foreach ($name in $order) {
        foreach ($example in (Get-Help $name -Full).examples.example) { @{ Cmdlet = $name; Title = $example.title.Trim('- '); Code = $example.code } }
    }
    $forgotten = @((Get-Command -Module AskTrust.Drp).Name | Where-Object { $_ -notin $order })
}

Describe 'The examples of the help' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $null = New-TestPlan $server "$TestDrive/shop" shop
        $text = Get-Content "$TestDrive/shop/drp.yaml" -Raw
        # A proxy that needs no program: Traefik reads our file by itself.
        $text = $text.TrimEnd() + "`nmaintenance: { proxy: traefik, snippet: proxy/shop.yml, pageUrl: 'http://127.0.0.1:8087' }`n"
        $text = $text.Replace('canary: true', "canary: true`n    pointInTime: {}`n    baseBackup: { full: 7d }").Replace('repositories:', "  uploads:`n    type: files`n    path: uploads`n  config:`n    type: config`n    paths: [docker-compose.yml]`n  certs:`n    type: certificates`n    paths: [certs]`nrepositories:")
        Set-Content "$TestDrive/shop/drp.yaml" $text -NoNewline
        $null = New-Item -ItemType Directory "$TestDrive/shop/uploads"
        Set-Content "$TestDrive/shop/uploads/read.txt" 'me'
        $null = New-Item -ItemType Directory "$TestDrive/shop/certs"
        New-TestCertificate "$TestDrive/shop/certs" www.example.org 90
        Push-Location "$TestDrive/shop"
        Set-Content docker-compose.yml "services:`n  db:`n    image: postgres:15`n    environment:`n      POSTGRES_PASSWORD: `${DB_PASSWORD}`n"
        & "$($server.Bin)/pg_dump" -h $server.Socket -p $server.Port -U postgres -f foreign.sql shop
        & gzip foreign.sql
        & tar -czf old.tar.gz -C uploads .
        $stack = Start-TestStack shop
        $pair = Start-TestPair $server "$TestDrive/shop/drp.yaml"
        $null = Invoke-DrpBackup
        $archived = $false
    }
    AfterAll {
        Pop-Location
        Stop-TestServer $stack
        Stop-TestPair $pair
        Stop-TestServer $server
        $env:DRP_STATE = $null
    }

    It 'leave out no cmdlet' -ForEach @{ Forgotten = $forgotten } { $Forgotten | Should -BeNullOrEmpty }

    It '<Cmdlet>: <Title>' -ForEach $examples {
        if ($Cmdlet -eq 'Find-DrpRecoveryPoint' -and -not $archived) {
            $null = Invoke-DrpBackup -Kind base
            Send-Wal $server "$TestDrive/shop/drp.yaml"
            $archived = $script:archived = $true
        }
        # Set ids have a resolution of one second.
        if ($Code -match 'Invoke-DrpBackup|Invoke-DrpJob|Restore-DrpDatabase|Undo-') { Start-Sleep -Milliseconds 1100 }
        $errors = @(& { & ([scriptblock]::Create($Code)) 2>&1 } | Where-Object { $_ -is [Management.Automation.ErrorRecord] })
        $errors | Should -BeNullOrEmpty
    }
}
