# What the suites share: the built module, a throw-away PostgreSQL, a throw-away plan.
$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..'))
$manifestPath = [IO.Path]::Combine($root, 'AskTrust.Drp.psd1')

# True where the programs of a PostgreSQL server and gpg are there. In CI they must be: then nothing is skipped.
function Test-Server {
    if ($env:CI -eq 'true') { return $true }
    [bool]((Get-Command initdb -CommandType Application -ErrorAction Ignore) -or (Get-ChildItem /usr/lib/postgresql/*/bin/initdb -ErrorAction Ignore)) -and
    [bool](Get-Command gpg -CommandType Application -ErrorAction Ignore)
}

# A process with its standard streams redirected.
function Start-Child([string] $Program, [string[]] $Arguments) {
    $info = [Diagnostics.ProcessStartInfo]::new($Program)
    foreach ($argument in $Arguments) { $info.ArgumentList.Add($argument) }
    $info.RedirectStandardInput = $info.RedirectStandardOutput = $true
    [Diagnostics.Process]::Start($info)
}

# A PostgreSQL that goes away when its standard input is closed, at the latest with this pwsh.
function Start-TestServer([string[]] $Database) {
    $bed = Get-ChildItem ([IO.Path]::Combine($root, 'tests', 'testbed', 'bin', '*', 'net10.0', 'AskTrust.Drp.TestBed.dll')) | Sort-Object LastWriteTime | Select-Object -Last 1
    if (-not $bed) { throw 'The test bed is not built: run ./build.sh test.' }
    $process = Start-Child dotnet (@($bed.FullName, 'postgres') + $Database)
    $line = $process.StandardOutput.ReadLine()
    if (-not $line) { throw "The test bed ended with $($process.ExitCode)." }
    $line | ConvertFrom-Json | Add-Member -PassThru -NotePropertyName Process -NotePropertyValue $process
}

# A Compose project (base <- app <- web) that goes away likewise; nothing where there is no Docker engine.
function Start-TestStack([string] $Project) {
    $bed = Get-ChildItem ([IO.Path]::Combine($root, 'tests', 'testbed', 'bin', '*', 'net10.0', 'AskTrust.Drp.TestBed.dll')) | Sort-Object LastWriteTime | Select-Object -Last 1
    $process = Start-Child dotnet @($bed.FullName, 'stack', $Project)
    $line = $process.StandardOutput.ReadLine()
    if (-not $line) { throw "The test bed ended with $($process.ExitCode)." }
    $line | ConvertFrom-Json | Add-Member -PassThru -NotePropertyName Process -NotePropertyValue $process
}

function Stop-TestServer($Server) {
    if (-not $Server) { return }
    $Server.Process.StandardInput.Close()
    if (-not $Server.Process.WaitForExit(20000)) { $Server.Process.Kill($true) }
}

function Invoke-Sql($Server, [string] $Database, [string] $Sql) {
    $out = $Sql | & "$($Server.Bin)/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h $Server.Socket -p $Server.Port -U postgres -d $Database -f -
    if ($LASTEXITCODE) { throw "psql: $Sql" }
    $out
}

# A small shop with rows to count.
function Initialize-Shop($Server, [string] $Database, [int] $Rows = 500) {
    Invoke-Sql $Server $Database @"
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer, item text, placed timestamptz DEFAULT now());
INSERT INTO customer SELECT n, 'customer ' || n FROM generate_series(1, 20) n;
INSERT INTO orders SELECT n, 1 + n % 20, md5(n::text) || md5((2 * n)::text) FROM generate_series(1, $Rows) n;
"@
}

# A key pair without a passphrase; returns its fingerprint. The files are public.asc and private.asc.
function New-TestKey([string] $Folder) {
    $gnupg = [IO.Directory]::CreateTempSubdirectory('drp-key-').FullName
    try {
        if (-not $IsWindows) { chmod 700 $gnupg }
        & gpg --homedir $gnupg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key 'Pester <pester@example.org>' future-default default never 2>$null
        $fingerprint = (& gpg --homedir $gnupg --batch --with-colons --list-keys 2>$null | Where-Object { $_ -like 'fpr:*' } | Select-Object -First 1).Split(':')[9]
        & gpg --homedir $gnupg --batch --armor --output "$Folder/public.asc" --export $fingerprint 2>$null
        & gpg --homedir $gnupg --batch --pinentry-mode loopback --passphrase '' --armor --output "$Folder/private.asc" --export-secret-keys $fingerprint 2>$null
        $fingerprint
    }
    finally {
        & gpgconf --homedir $gnupg --kill all 2>$null
        Remove-Item -LiteralPath $gnupg -Recurse -Force -ErrorAction Ignore
    }
}

# A folder with keys, two directory repositories and drp.yaml for one database.
function New-TestPlan($Server, [string] $Folder, [string] $Database, [string] $Slow = '') {
    $null = New-Item -ItemType Directory -Path $Folder, "$Folder/one", "$Folder/two" -Force
    $fingerprint = New-TestKey $Folder
    $url = $Server.SocketUrl.Replace('DATABASE', $Database)
    $limit = if ($Slow) { ", uploadLimit: $Slow" }
    Set-Content "$Folder/drp.yaml" @"
version: 1
name: shop
objectives:
  critical: { rto: 1h, rpo: 24h }
components:
  db:
    type: postgresql
    class: critical
    url: '$url'
    canary: true
    restoreTest:
      where: cluster
      assertions:
        - { name: orders are there, sql: SELECT count(*) FROM orders, atLeast: 1 }
repositories:
  local: { type: directory, path: one$limit }
  offsite: { type: directory, path: two$limit }
encryption:
  recipients: [$fingerprint]
  publicKeys: [public.asc]
  privateKey: private.asc
jobs:
  nightly:
    schedule: '0 3 * * *'
    keep: { daily: 7, monthly: 12 }
"@
    "$Folder/drp.yaml"
}

# Ends the open WAL segment and archives every whole one, as archive_command would.
function Send-Wal($Server, [string] $Plan) {
    $drp = Get-ChildItem ([IO.Path]::Combine($root, 'src', 'AskTrust.Drp.Cli', 'bin', '*', 'net10.0', 'drp.dll')) | Sort-Object LastWriteTime | Select-Object -Last 1
    if (-not $drp) { throw 'drp is not built: run ./build.sh test.' }
    $last = Invoke-Sql $Server postgres 'SELECT pg_walfile_name(pg_switch_wal())'
    $data = Invoke-Sql $Server postgres 'SHOW data_directory'
    foreach ($segment in Get-ChildItem "$data/pg_wal" -File | Where-Object { $_.Name -match '^[0-9A-F]{24}$' -and $_.Name -le $last } | Sort-Object Name) {
        $said = & dotnet $drp.FullName wal push $segment.FullName --plan $Plan 2>&1
        if ($LASTEXITCODE) { throw "drp wal push: $said" }
    }
}

# Every file below a folder with its size and time: what -WhatIf must leave as it is. Locks come and go.
function Get-Trace([string[]] $Folder) {
    Get-ChildItem -LiteralPath $Folder -Recurse -Force -File | Where-Object FullName -NotLike '*/locks/*' |
        Sort-Object FullName | ForEach-Object { '{0} {1} {2:o}' -f $_.FullName, $_.Length, $_.LastWriteTimeUtc }
}

# The error of a command that must fail.
function Get-ErrorOf([scriptblock] $Command) {
    try { $null = & $Command } catch { return $_ }
    throw "no error: $Command"
}

# A primary “a” and its standby “b”, named as the pair of the plan's component; stopped with Stop-TestPair.
function Start-TestPair($Server, [string] $Plan) {
    $folder = [IO.Directory]::CreateTempSubdirectory('drp-pair-').FullName
    $as = if ((& id -u) -eq 0) { 'setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups' } else { @('env') }
    if ($as[0] -eq 'setpriv') { & chown postgres $folder }
    $ports = foreach ($n in 1, 2) {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $listener.LocalEndpoint.Port
        $listener.Stop()
    }
    $pair = [pscustomobject]@{ Folder = $folder; Ports = $ports; As = $as; Bin = $Server.Bin }
    Invoke-AsServer $pair initdb -D "$folder/a" -U postgres -A trust --no-sync --no-instructions -k | Out-Null
    Add-Content "$folder/a/postgresql.conf" "listen_addresses='127.0.0.1'`nunix_socket_directories='$folder'`nfsync=off`nshared_buffers=32MB`nwal_keep_size=128MB`nport=$($ports[0])"
    Invoke-AsServer $pair pg_ctl start -D "$folder/a" -w -s -l "$folder/a.log"
    Invoke-AsServer $pair pg_basebackup -d "host=127.0.0.1 port=$($ports[0]) user=postgres" -D "$folder/b" -X stream -R -C -S first -c fast
    Add-Content "$folder/b/postgresql.conf" "port=$($ports[1])"
    Invoke-AsServer $pair pg_ctl start -D "$folder/b" -w -s -l "$folder/b.log"
    $nodes = 'a', 'b' | ForEach-Object { "        ${_}: { url: 'postgresql://postgres@127.0.0.1:$($ports[[int]($_ -eq 'b')])/postgres', dataDirectory: $folder/$_ }" }
    $text = Get-Content $Plan -Raw
    Set-Content $Plan $text.Replace('canary: true', "canary: true`n    pair:`n      patience: 20s`n      nodes:`n$($nodes -join "`n")") -NoNewline
    $pair
}

# A plain function: the options are the program's, not ours.
function Invoke-AsServer {
    $pair, $program, $rest = $args
    $with = @($pair.As | Select-Object -Skip 1) + "$($pair.Bin)/$program" + $rest
    & $pair.As[0] $with
    if ($LASTEXITCODE) { throw "$program $rest" }
}

function Stop-TestPair($Pair) {
    if (-not $Pair) { return }
    foreach ($node in 'a', 'b') { try { Invoke-AsServer $Pair pg_ctl stop -D "$($Pair.Folder)/$node" -m immediate -s } catch { Write-Verbose $_ } }
    Remove-Item -LiteralPath $Pair.Folder -Recurse -Force -ErrorAction Ignore
}

# A certificate that signed itself, and its key, in two files.
function New-TestCertificate($Folder, $Name, $Days) {
    $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, [Security.Cryptography.HashAlgorithmName]::SHA256)
    $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
    $names.AddDnsName($Name)
    $request.CertificateExtensions.Add($names.Build($false))
    $made = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays($Days))
    Set-Content "$Folder/$Name.crt" $made.ExportCertificatePem()
    Set-Content "$Folder/$Name.key" $key.ExportPkcs8PrivateKeyPem()
    [IO.File]::SetUnixFileMode("$Folder/$Name.key", 'UserRead, UserWrite')
}
