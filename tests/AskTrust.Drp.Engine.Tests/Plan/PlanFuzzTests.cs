using AskTrust.Drp.Engine.Plan;
using FsCheck;
using FsCheck.Fluent;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanFuzzTests
{
    private const string Planted = "Zx9+Kq7!Wv3=Planted";

    /// <summary>What a clumsy hand or a broken tool puts into a file.</summary>
    private static readonly string[] s_noise =
        ["{", "}", "[", "]", ":", ": ", ",", "#", " #", "\"", "'", "\n", "\r\n", "\t", "  ", "- ", "&a ", "*a", "!x ", "| ", "> ", "${", "\\", "%", "---\n", "\0", "\uFDD0", "é", "😀", "? ", "<<: ", "null", "~"];

    /// <summary><c>DRP_FUZZ=100000</c> for a long search.</summary>
    private static int Rounds { get; } = int.TryParse(Environment.GetEnvironmentVariable("DRP_FUZZ"), out int rounds) ? rounds : 1000;

    private static readonly string s_plan = SamplePlans.Full
        .Replace("${env:DB_PASSWORD}", Planted, StringComparison.Ordinal)
        .Replace("${vault:secret/drp#token}", Planted, StringComparison.Ordinal)
        .Replace("askandtrust@127", $"askandtrust:{Planted}@127", StringComparison.Ordinal);

    [Fact]
    public void A_damaged_plan_gives_a_plan_or_a_plan_exception_and_never_the_secret()
    {
        var edits = Gen.Choose(0, 5).SelectMany(kind => Gen.Choose(0, s_plan.Length - 1).SelectMany(at => Gen.Choose(0, s_plan.Length - 1).Select(other => (kind, at, other))));
        var damage = Gen.Choose(1, 4).SelectMany(count => Gen.ListOf(edits, count));

        Prop.ForAll(damage.ToArbitrary(), list => Survives(list.Aggregate(s_plan, Damage))).Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithQuietOnSuccess(true));
    }

    [Fact]
    public void The_planted_secret_is_an_error_without_any_damage()
    {
        var error = Assert.Throws<PlanException>(() => PlanReader.Parse(s_plan, SamplePlans.File));

        Assert.Equal(3, error.Problems.Count);
        Assert.True(Survives(s_plan));
    }

    private static bool Survives(string text)
    {
        string said;
        try
        {
            said = PlanWriter.Explain(PlanReader.Parse(text, SamplePlans.File));
            // Damage can turn a secret into a comment or a name; a plan that reads holds no literal secret where one belongs.
            return said.Length > 0;
        }
        catch (PlanException e)
        {
            said = e + "\n" + e.Hint + "\n" + string.Join('\n', e.Problems);
        }

        // Any seven characters in a row of it would be too much.
        return !Enumerable.Range(0, Planted.Length - 6).Any(i => said.Contains(Planted.Substring(i, 7), StringComparison.Ordinal));
    }

    private static string Damage(string text, (int Kind, int At, int Other) edit)
    {
        int at = Math.Min(edit.At, text.Length - 1), other = Math.Min(edit.Other, text.Length - 1);
        if (text.Length < 2) return text;
        string[] lines = text.Split('\n');
        return edit.Kind switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, s_noise[edit.Other % s_noise.Length]),
            2 => text.Remove(Math.Min(at, other), Math.Min(Math.Abs(at - other), 60)),
            3 => text[..at] + text[other] + text[(at + 1)..],
            4 => string.Join('\n', lines.Where((_, i) => i != at % lines.Length)),
            _ => Swap(lines, at % lines.Length, other % lines.Length),
        };
    }

    private static string Swap(string[] lines, int a, int b)
    {
        (lines[a], lines[b]) = (lines[b], lines[a]);
        return string.Join('\n', lines);
    }
}
