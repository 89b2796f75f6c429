BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $noServer = -not (Test-Server)
}

# One scene: a server that works, one that is dead, one that takes the connection and never says a word.
Describe 'Test-DrpHealth and Get-DrpDiagnostics' -Skip:$noServer {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        Import-Module $manifestPath
        $env:DRP_STATE = Join-Path $TestDrive 'state'
        $env:DRP_TEST_EYES = 'planted-password-of-a-plan'
        $silent, $dead = 1..2 | ForEach-Object { [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0) }
        $silent, $dead | ForEach-Object Start
        $gone = $dead.LocalEndpoint.Port
        $dead.Stop()
        $server = Start-TestServer shop
        Initialize-Shop $server shop
        $env:DRP_PLAN = New-TestPlan $server "$TestDrive/shop" shop
        Set-Content "$TestDrive/shop/app.log" "$([DateTime]::UtcNow.ToString('yyyy-MM-dd HH:mm:ss')) UTC fatal: password=planted-password-in-a-log ${env:DRP_TEST_EYES}"
        (Get-Content $env:DRP_PLAN -Raw).Replace('repositories:', @"
  dead: { type: postgresql, url: 'postgresql://me@127.0.0.1:$gone/x', password: '`${env:DRP_TEST_EYES}' }
  silent: { type: postgresql, url: 'postgresql://me@127.0.0.1:$($silent.LocalEndpoint.Port)/x' }
repositories:
"@) + @"
health:
  logs:
    app: { file: app.log }
  limits: { transaction: 1h }
"@ | Set-Content $env:DRP_PLAN
        $null = Invoke-DrpBackup -Component db
    }
    AfterAll {
        Stop-TestServer $server
        if ($silent) { $silent.Stop() }
        $env:DRP_STATE = $env:DRP_PLAN = $env:DRP_TEST_EYES = $null
    }

    Context 'Test-DrpHealth' {
        It 'gives an object for each check, with what to do about those that are not well' {
            $checks = Test-DrpHealth -Timeout 2s
            $checks | Should -BeOfType ([AskTrust.Drp.HealthCheck])
            $by = $checks | Group-Object Name -AsHashTable
            $by['db'].Status | Should -Be Ok
            $by['db'].Measured | Should -BeLessThan $by['db'].Threshold
            $by['db backup'].Status | Should -Be Ok
            $by['dead'].Code | Should -Be Unreachable
            $by['dead'].Advice | Should -Not -BeNullOrEmpty
            $by['silent'].Message | Should -Be 'timed out after 2.0s'
            $by['dead backup'].Code | Should -Be ObjectiveBreached
            $by['app'].Status | Should -Be Warning
            $checks | Out-String | Should -BeLike '*dead*'
        }

        It 'binds a name by place, kinds as a list and the plan from the pipe' {
            (Test-DrpHealth app).Kind | Should -Be Log
            (Test-DrpHealth -Kind PostgreSql, Log -Name db).Kind | Select-Object -Unique | Should -Be PostgreSql
            (Get-DrpPlan | Test-DrpHealth app).Plan | Should -Be $env:DRP_PLAN
            { Test-DrpHealth -Quiet -Watch } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
            { Test-DrpHealth -Interval 1s } | Should -Throw
            { Test-DrpHealth -Timeout never } | Should -Throw
        }

        It 'is quiet when it is told to: true as long as nothing has failed' {
            Test-DrpHealth app -Quiet | Should -BeTrue -Because 'a warning is no failure'
            Test-DrpHealth dead -Quiet | Should -BeFalse
        }

        It 'names what the plan has not' { (Get-ErrorOf { Test-DrpHealth nobody }).FullyQualifiedErrorId | Should -BeLike 'PlanInvalid*' }

        It 'watches until it is stopped, in the middle of a round, too' {
            # The second plan has only what hangs: it is always in the middle of a round.
            (Get-Content $env:DRP_PLAN -Raw) -replace '(?m)^health:', "health:`n  timeout: 1m" | Set-Content "$TestDrive/shop/slow.yaml"
            foreach ($what in @{ Command = 'Test-DrpHealth app -Watch -Interval 100ms'; Rounds = 2 }, @{ Command = "Test-DrpHealth silent -Kind PostgreSql -Watch -Plan '$TestDrive/shop/slow.yaml'"; Rounds = 0 }) {
                $out = [Management.Automation.PSDataCollection[psobject]]::new()
                $shell = [powershell]::Create().AddScript("Import-Module '$manifestPath'; 'begun'; $($what.Command)")
                $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $out)
                $until = [DateTime]::UtcNow.AddSeconds(30)
                while ($out.Count -le $what.Rounds -and [DateTime]::UtcNow -lt $until) { Start-Sleep -Milliseconds 50 }
                if (-not $what.Rounds) { Start-Sleep -Milliseconds 500 } # no sign tells that a probe hangs now
                $run.IsCompleted | Should -BeFalse
                $watch = [Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                $watch.Elapsed.TotalSeconds | Should -BeLessThan 10
                $shell.InvocationStateInfo.State | Should -Be Stopped
                $out.Count | Should -BeGreaterThan $what.Rounds
                $shell.Streams.Error | Should -BeNullOrEmpty
                $shell.Dispose()
            }
        }

        It 'speaks the language of the session, and writes numbers alike in both' {
            $was = [cultureinfo]::CurrentUICulture, [cultureinfo]::CurrentCulture
            try {
                [cultureinfo]::CurrentUICulture = [cultureinfo]::CurrentCulture = 'fr-FR'
                $check = Test-DrpHealth silent -Kind PostgreSql -Timeout 300ms
            }
            finally { [cultureinfo]::CurrentUICulture, [cultureinfo]::CurrentCulture = $was }
            $check.Message | Should -BeLike '*300 ms*'
            $check.Message | Should -Not -BeLike '*timed out*'
        }
    }

    Context 'Get-DrpDiagnostics' {
        BeforeAll { $report = Get-DrpDiagnostics -Bundle "$TestDrive/case.zip" }

        It 'answers in time with a dead server and one that never speaks' {
            # The promise is three seconds on a machine with nothing else to do.
            $report.Elapsed.TotalSeconds | Should -BeLessThan 5
            $by = $report.Sections() | Group-Object Section -AsHashTable
            $by['silent'].Message | Should -Be 'timed out after 2.0s'
            $by['dead'].Status | Should -Be Failed
            $by['dead'].Elapsed.TotalSeconds | Should -BeLessThan 2.5
            foreach ($name in 'host', 'disk /', 'processes', 'db', 'repository local', 'health', 'evidence', 'log app') { $by[$name].Status | Should -Be Ok -Because $name }
        }

        It 'has a type for each section' {
            $report | Should -BeOfType ([AskTrust.Drp.DiagnosticReport])
            $report.Machine | Should -BeOfType ([AskTrust.Drp.HostDiagnostics])
            $report.Machine.MemoryTotal | Should -BeGreaterThan 0
            ($report.PostgreSql | Where-Object Section -EQ db).Databases.Name | Should -Contain shop
            $report.ContainerLoad | Should -BeOfType ([AskTrust.Drp.ContainerLoadDiagnostics])
            $report.EngineDisk | Should -BeOfType ([AskTrust.Drp.EngineDiskDiagnostics])
            $report.Repositories[0].Sets | Should -Be 1
            $report.Evidence.Records[0].Operation | Should -Be backup
            $report.Logs[0].Errors | Should -Be 1
            $report | Out-String | Should -BeLike '*timed out*'
        }

        It 'lets no secret out, neither in the object nor in the bundle' {
            $folder = "$TestDrive/case"
            [IO.Compression.ZipFile]::ExtractToDirectory($report.Bundle, $folder)
            (Get-ChildItem $folder).Name | Sort-Object | Should -Be 'diagnostics.json', 'plan.yaml'
            if (-not $IsWindows) { [IO.File]::GetUnixFileMode($report.Bundle) | Should -Be 'UserWrite, UserRead' }
            foreach ($text in ($report | ConvertTo-Json -Depth 8), (Get-Content "$folder/*" -Raw | Out-String)) {
                $text | Should -BeLike '*fatal: password=`*`*`**'
                $text | Should -Not -BeLike '*planted-password*'
            }
            Get-Content "$folder/plan.yaml" -Raw | Should -BeLike '*${env:DRP_TEST_EYES}*'
        }

        It 'overwrites nothing, and takes only what makes sense' {
            (Get-ErrorOf { Get-DrpDiagnostics "$TestDrive/case.zip" }).FullyQualifiedErrorId | Should -BeLike 'UnsafeTarget*'
            { Get-DrpDiagnostics -Lines -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
        }
    }
}
