using AskTrust.Drp.Cli.Output;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Demo;

/// <summary>Shows a demonstration: titles, plain words, the commands an operator would type, and what they really print.</summary>
internal sealed class Stage(bool silent, Paint paint, string[] passed, int steps)
{
    private int _step;

    /// <summary>Begins the next step.</summary>
    public void Title(string title)
    {
        _step++;
        if (silent) return;
        Console.Out.WriteLine();
        Console.Out.WriteLine(paint.Bold($"── {_step}/{steps}  {title} ".PadRight(78, '─')));
    }

    /// <summary>Explains, wrapped to the width of a page.</summary>
    public void Tell(string text)
    {
        if (silent) return;
        int width = 0;
        foreach (string word in text.Split(' '))
        {
            int length = Table.Width(word);
            if (width > 0 && width + 1 + length > 78)
            {
                Console.Out.WriteLine();
                width = 0;
            }

            Console.Out.Write(width > 0 ? " " + word : word);
            width += length + (width > 0 ? 1 : 0);
        }

        Console.Out.WriteLine();
    }

    /// <summary>Shows a file.</summary>
    public void File(string name, string content)
    {
        if (silent) return;
        Console.Out.WriteLine(paint.Dim($"$ cat {name}"));
        foreach (string line in content.TrimEnd().Split('\n')) Console.Out.WriteLine("  " + line);
    }

    /// <summary>Shows a command of another program and what it printed.</summary>
    public void Shell(string command, string? output = null)
    {
        if (silent) return;
        Console.Out.WriteLine(paint.Dim("$ ") + paint.Bold(command));
        if (output is not null) Console.Out.WriteLine(DrpOutput.Visible(output));
    }

    /// <summary>Runs a command of drp itself, exactly as it would be typed here.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> DrpAsync(CancellationToken ct, params string[] args)
    {
        if (!silent) Console.Out.WriteLine(paint.Dim("$ ") + paint.Bold("drp " + string.Join(' ', args)));
        int code = await CommandTree.RunAsync([.. args, .. passed], ct);
        ct.ThrowIfCancellationRequested();
        return code;
    }
}
