# Loads the cmdlets in their own load context; the build puts the assemblies into bin/ (./build.ps1 build).
$model = [IO.Path]::Combine($PSScriptRoot, 'bin', 'AskTrust.Drp.Model.dll')
if (-not [IO.File]::Exists($model)) { throw "$model is missing: run ./build.ps1 build (or ./build.sh build) first." }

$again = [bool]('AskTrust.Drp.ModuleLoadContext' -as [type])
if (-not $again) { Add-Type -Path $model }
$loaded = [AskTrust.Drp.ModuleLoadContext].Assembly.Location
if ($loaded -ne $model) { Write-Warning "This process already uses $loaded; start a new pwsh to use $model." }

$import = Get-Command -Name Import-Module -Module Microsoft.PowerShell.Core
$inner = & $import -Assembly ([AskTrust.Drp.ModuleLoadContext]::Cmdlets) -PassThru:$again
if ($inner) {
    # A second import exports nothing by itself (PowerShell issue 20710): put the cmdlets back.
    $add = [psmoduleinfo].GetMethod('AddExportedCmdlet', [Reflection.BindingFlags]'Instance, NonPublic')
    foreach ($cmdlet in $inner.ExportedCmdlets.Values) { $null = $add.Invoke($ExecutionContext.SessionState.Module, @(, $cmdlet)) }
}
