# Configuration and certificates: saved encrypted, looked at, masked, brought back.
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
        $null = New-Item -ItemType Directory "$work/app", "$work/certs"
        Set-Content "$work/app/.env" 'DB_PASSWORD=hunter2'
        Set-Content "$work/passphrase" 'correct horse battery staple'
        New-TestCertificate "$work/certs" www.example.org 90
        New-TestCertificate "$work/certs" soon.example.org 5
        Set-Content "$work/drp.yaml" @"
version: 1
name: shop
components:
  config: { type: config, paths: [app] }
  certs: { type: certificates, paths: [certs] }
repositories:
  local: { type: directory, path: one }
encryption: { passphrase: '`${file:passphrase}' }
"@
        $plan = "$work/drp.yaml"
        $null = Invoke-DrpBackup -Plan $plan -WarningAction SilentlyContinue
    }
}

AfterAll {
    $env:DRP_STATE = $null
    if ($work) { Remove-Item -LiteralPath $work -Recurse -Force }
}

Describe 'Get-DrpCertificate' -Skip:$noServer {
    It 'tells of files without a plan' {
        $found = Get-DrpCertificate "$work/certs" | Sort-Object Name
        $found | Should -BeOfType AskTrust.Drp.CertificateStatus
        $found.Name | Should -Be 'soon.example.org', 'www.example.org'
        $found.Verdict | Should -Be 'Warning', 'Ok'
        $found[0].DaysLeft | Should -Be 4
        $found[1].Certificate.KeyMatches | Should -BeTrue
    }
    It 'warns as early as it is told' { (Get-DrpCertificate "$work/certs" -Within 400d).Verdict | Should -Be 'Warning', 'Warning' }
    It 'tells of the plan and of a set' {
        (Get-DrpCertificate -Plan $plan).Component | Should -Be certs, certs
        $inside = Get-DrpBackup -Plan $plan -Latest | Get-DrpCertificate
        $inside.Count | Should -Be 2
        $inside[0].Set | Should -Match '-full$'
    }
    It 'wants the password of a PKCS#12 file as a credential' {
        $pem = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPemFile("$work/certs/www.example.org.crt", "$work/certs/www.example.org.key")
        [IO.File]::WriteAllBytes("$work/site.p12", $pem.Export('Pkcs12', 'geheim'))
        (Get-DrpCertificate "$work/site.p12").Certificate.Flaw | Should -Be WrongPassword
        $credential = [pscredential]::new('x', (ConvertTo-SecureString geheim -AsPlainText -Force))
        (Get-DrpCertificate "$work/site.p12" -Credential $credential).Verdict | Should -Be Ok
    }
    It 'looks good as a table' { Get-DrpCertificate "$work/certs" | Format-Table | Out-String | Should -Match 'www.example.org' }
}

Describe 'Export-DrpConfig' -Skip:$noServer {
    It '-WhatIf writes nothing' {
        (Export-DrpConfig "$work/masked" -Plan $plan -WhatIf).Values | Should -Be 1
        "$work/masked" | Should -Not -Exist
    }
    It 'writes keys and no values' {
        $file = Export-DrpConfig "$work/masked" -Plan $plan
        $file | Should -BeOfType AskTrust.Drp.MaskedFile
        Get-Content $file.File | Should -Be 'DB_PASSWORD=***'
    }
    It 'refuses what is there, unless forced' {
        (Get-ErrorOf { Export-DrpConfig "$work/masked" -Plan $plan }).FullyQualifiedErrorId | Should -Be 'UnsafeTarget,AskTrust.Drp.PowerShell.Commands.ExportDrpConfigCommand'
        (Export-DrpConfig "$work/masked" -Plan $plan -Force).Format | Should -Be env
    }
}

Describe 'Restore-DrpComponent of configuration' -Skip:$noServer {
    It 'names what changed since the backup, and puts it back when forced' {
        Set-Content "$work/app/.env" 'DB_PASSWORD=other'
        (Get-ErrorOf { Restore-DrpComponent latest -Plan $plan -Component config -Confirm:$false }).Exception.Message | Should -Match 'changed since the backup'
        $null = Restore-DrpComponent latest -Plan $plan -Component config -Force -Confirm:$false -WarningAction SilentlyContinue
        Get-Content "$work/app/.env" | Should -Be 'DB_PASSWORD=hunter2'
        $null = Undo-DrpRestore -Plan $plan -Confirm:$false
        Get-Content "$work/app/.env" | Should -Be 'DB_PASSWORD=other'
    }
}
