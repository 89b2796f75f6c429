BeforeAll {
    . "$PSScriptRoot/common.ps1"
    Import-Module $manifestPath
    $manifest = Import-PowerShellDataFile $manifestPath

    # Runs a script in a new pwsh, for what a process does only once.
    function Invoke-New([string] $Script) { & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command $Script }
}

Describe 'The module' {
    It 'has a valid manifest' { (Test-ModuleManifest $manifestPath).Version | Should -Be ([version]$manifest.ModuleVersion) }

    It 'exports what the manifest lists, and nothing else' {
        (Get-Command -Module AskTrust.Drp).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        (Get-Module AskTrust.Drp).ExportedFunctions.Count | Should -Be 0
        (Get-Module AskTrust.Drp).ExportedAliases.Count | Should -Be 0
    }

    It 'uses only approved verbs' {
        (Get-Command -Module AskTrust.Drp).Verb | Where-Object { $_ -notin (Get-Verb).Verb } | Should -BeNullOrEmpty
    }

    It 'gives the cmdlets back on a second import, and they work' {
        $out = Invoke-New "
            Import-Module '$manifestPath'; Import-Module '$manifestPath' -Force
            (Get-Command -Module AskTrust.Drp).Count
            try { Get-DrpPlan -Plan /nowhere/drp.yaml } catch { `$_.FullyQualifiedErrorId }"
        $out[0] | Should -Be $manifest.CmdletsToExport.Count
        $out[1] | Should -BeLike '*,AskTrust.Drp.PowerShell.Commands.GetDrpPlanCommand'
    }

    It 'can be removed and imported again' {
        Invoke-New "Import-Module '$manifestPath'; Remove-Module AskTrust.Drp; Import-Module '$manifestPath'; (Get-Command -Module AskTrust.Drp).Count" | Should -Be $manifest.CmdletsToExport.Count
    }

    It 'loads from any path, by its name too' {
        $folder = Join-Path $TestDrive 'modules with space/AskTrust.Drp'
        $null = New-Item -ItemType Directory $folder -Force
        Copy-Item ("$root/AskTrust.Drp.psd1", "$root/AskTrust.Drp.psm1", "$root/AskTrust.Drp.Format.ps1xml", "$root/bin", "$root/en-US", "$root/fr-FR") $folder -Recurse
        $out = Invoke-New "
            `$env:PSModulePath = '$(Split-Path $folder)' + [IO.Path]::PathSeparator + `$env:PSModulePath
            `$null = Get-Command Get-DrpPlan; (Get-Module AskTrust.Drp -ListAvailable)[0].ModuleBase
            (Get-Help Get-DrpPlan).Synopsis; [AskTrust.Drp.ModuleLoadContext].Assembly.Location"
        $out[0] | Should -Be $folder
        $out[1] | Should -Be 'Reads and validates a plan.'
    }

    It 'says so when this process already holds another copy' {
        $folder = Join-Path $TestDrive 'second'
        $null = New-Item -ItemType Directory $folder
        Copy-Item ("$root/AskTrust.Drp.psd1", "$root/AskTrust.Drp.psm1", "$root/AskTrust.Drp.Format.ps1xml", "$root/bin") $folder -Recurse
        Invoke-New "Import-Module '$manifestPath'; Import-Module '$folder/AskTrust.Drp.psd1' 3>&1 | Out-String -Width 500" | Out-String | Should -BeLike '*start a new pwsh*'
    }

    It 'does not ship System.Management.Automation' {
        Get-ChildItem "$root/bin" -Recurse -Filter System.Management.Automation.dll | Should -BeNullOrEmpty
    }

    It 'says what to do when it was not built' {
        $folder = Join-Path $TestDrive 'unbuilt'
        $null = New-Item -ItemType Directory $folder
        Copy-Item ("$root/AskTrust.Drp.psd1", "$root/AskTrust.Drp.psm1", "$root/AskTrust.Drp.Format.ps1xml") $folder
        { Import-Module "$folder/AskTrust.Drp.psd1" } | Should -Throw '*build.sh build*'
    }
}

Describe 'The load context' {
    It 'keeps its packages to itself and shares the model' {
        Set-Content (Join-Path $TestDrive 'bad.yaml') "version: 1`nname: x"
        $null = Get-ErrorOf { Get-DrpPlan -Plan (Join-Path $TestDrive 'bad.yaml') }      # loads YamlDotNet
        $contexts = [Runtime.Loader.AssemblyLoadContext]
        $ours = ($contexts::All | Where-Object Name -EQ 'AskTrust.Drp').Assemblies.ForEach({ $_.GetName().Name })
        $theirs = $contexts::Default.Assemblies.ForEach({ $_.GetName().Name })
        $ours | Should -Contain 'AskTrust.Drp.Engine'
        $ours | Should -Contain 'YamlDotNet'
        $ours | Should -Not -Contain 'AskTrust.Drp.Model'
        $ours | Should -Not -Contain 'System.Management.Automation'
        $theirs | Should -Contain 'AskTrust.Drp.Model'
        foreach ($private in 'AskTrust.Drp.Engine', 'AskTrust.Drp.PowerShell', 'YamlDotNet', 'Npgsql', 'AWSSDK.S3', 'AWSSDK.Core', 'Polly.Core') {
            $theirs | Should -Not -Contain $private
        }
        'YamlDotNet.Serialization.Deserializer' -as [type] | Should -BeNullOrEmpty
        [AskTrust.Drp.BackupSet].Assembly.GetName().Name | Should -Be 'AskTrust.Drp.Model'
    }

    It 'speaks French where the session does' {
        Set-Content (Join-Path $TestDrive 'bad.yaml') "version: 1`nname: x"
        $script = "Import-Module '$manifestPath'; [Globalization.CultureInfo]::CurrentUICulture = '{0}'; try {{ Get-DrpPlan -Plan '$TestDrive/bad.yaml' }} catch {{ `"`$_`" }}; try {{ Get-DrpBackup -Before nonsense }} catch {{ `"`$_`" }}"
        $english = Invoke-New ($script -f 'en-US')
        $french = Invoke-New ($script -f 'fr-FR')
        $english[-1] | Should -BeLike '*is no moment*'
        $french[-1] | Should -BeLike '*est pas un moment*'
        $french[0] | Should -Not -Be $english[0]
    }
}

Describe 'Help' {
    BeforeDiscovery {
        Import-Module ([IO.Path]::Combine($PSScriptRoot, '..', '..', 'AskTrust.Drp.psd1'))
        $cmdlets = (Get-Command -Module AskTrust.Drp).Name | ForEach-Object { @{ Name = $_ } }
    }

    It 'of <Name> shows the parameters it has' -ForEach $cmdlets {
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        $help = Get-Help $Name -Full
        $help.Synopsis | Should -Not -BeLike "$Name*"
        $help.parameters.parameter.name | Sort-Object | Should -Be ((Get-Command $Name).Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object)
        $help.parameters.parameter | ForEach-Object { $_.description.Text | Should -Not -BeNullOrEmpty -Because $_.name }
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
    }

    It 'has the topic <_>' -ForEach 'about_AskTrust_Drp', 'about_Drp_Plan', 'about_Drp_Repositories', 'about_Drp_Errors' {
        Get-Help $_ | Out-String | Should -BeLike "*$_*"
    }
}

Describe 'Completion' {
    It 'never throws and offers nothing without a plan' {
        $found = [Management.Automation.CommandCompletion]::CompleteInput("Get-DrpBackup -Plan $TestDrive/none.yaml -Component ", 'Get-DrpBackup -Plan  -Component '.Length + "$TestDrive/none.yaml".Length, $null)
        $found.CompletionMatches.Count | Should -Be 0
    }

    It 'offers the values of an enumeration' {
        $line = 'Test-DrpBackup -Depth '
        [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches.CompletionText | Should -Be 'Archive', 'Content', 'Present'
    }
}
