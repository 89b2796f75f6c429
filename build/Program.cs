using AskTrust.Drp.Build;

(string Name, string Text, Func<Checkout, IReadOnlyList<string>, CancellationToken, Task<int>> Run)[] tasks =
[
    ("build", "make this checkout a module (bin/) and a program (dist/drp)", BuildTask.RunAsync),
    ("test", "every test: xunit, real servers, Pester", TestTask.RunAsync),
    ("demo", "a disaster and its recovery on a throw-away PostgreSQL, each step explained", DemoTask.RunAsync),
    ("bench", "side-by-side benchmarks (arguments go to the benchmark)", BenchTask.RunAsync),
    ("soak", "the long form of the fault tests", SoakTask.RunAsync),
    ("help", "help pages of the cmdlets from their metadata and help/", HelpTask.RunAsync),
    ("pack", "dist/AskTrust.Drp/<version>/ and dist/drp/, ready to copy", PackTask.RunAsync),
];

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var task = Array.Find(tasks, t => t.Name == (args.Length > 0 ? args[0] : ""));
if (task.Run is null)
{
    await Console.Error.WriteLineAsync("Usage: ./build.sh TASK [arguments], or ./build.ps1 TASK [arguments]\n");
    foreach (var (name, text, _) in tasks) await Console.Error.WriteLineAsync($"  {name,-6} {text}");
    return 2;
}

try
{
    return await task.Run(Checkout.Find(), args[1..], stop.Token);
}
catch (BuildException e)
{
    await Console.Error.WriteLineAsync($"{args[0]}: {e.Message}");
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync($"{args[0]}: cancelled");
    return 130;
}
