using AskTrust.Drp.Cli.Completion;

namespace AskTrust.Drp.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("remove,repair,report,restart,restore,restore-component,restore-system", "re")]
    [InlineData("check,init,schema,show", "plan", "")]
    [InlineData("--depth", "verify", "--de")]
    [InlineData("archive,content,present", "verify", "--depth", "")]
    [InlineData("content", "verify", "-d", "c")]
    [InlineData("--depth=content", "verify", "--depth=c")]
    [InlineData("en,fr", "list", "--lang", "")]
    [InlineData("bash,fish,pwsh,zsh", "completion", "")]
    [InlineData("--plan", "list", "--pl")]
    [InlineData("", "list", "--plan", "")]
    [InlineData("", "no", "such", "thing")]
    public void The_last_word_is_completed(string expected, params string[] words) =>
        Assert.Equal(expected, string.Join(',', Completer.Complete(CommandTree.Build(), words)));

    [Fact]
    public async Task A_missing_plan_is_no_error()
    {
        var ended = await Drp.RunAsync("__complete", "--", "backup", "--plan", "/nonexistent/drp.yaml", "--component", "");
        Assert.Equal(new Drp.Ended(0, "", ""), ended);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Each_shell_gets_its_script(string shell)
    {
        var ended = await Drp.RunAsync("completion", shell);
        Assert.Equal(0, ended.Code);
        Assert.Contains("drp __complete -- ", ended.Output, StringComparison.Ordinal);
    }
}
