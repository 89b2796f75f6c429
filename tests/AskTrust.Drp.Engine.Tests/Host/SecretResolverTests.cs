using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

public sealed class SecretResolverTests : IDisposable
{
    private readonly TestHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("value\n", "value")]
    [InlineData("value\r\n", "value")]
    [InlineData("value\n\n", "value\n")]
    [InlineData(" value ", " value ")]
    public async Task A_file_loses_one_line_break(string content, string expected)
    {
        string file = MakeFile(content);
        Assert.Equal(expected, await RevealAsync($"${{file:{file}}}"));
        Assert.Empty(_host.Events);
    }

    [Fact]
    public async Task A_file_others_can_read_brings_a_warning()
    {
        string file = MakeFile("x-y-z");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await RevealAsync($"${{file:{file}}}");
        Assert.Contains(_host.Events.OfType<DrpMessage>(), m => m.Level == DrpEventLevel.Warning && m.Text.Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_gives_its_first_line_and_no_shell_sees_it()
    {
        Assert.Equal("one two $HOME;ls", await RevealAsync("${command:printf '%s\\n%s\\n' \"one two $HOME;ls\" second}"));
    }

    [Fact]
    public async Task A_credential_of_systemd_is_found_under_the_name_of_a_variable_that_is_not_set()
    {
        string file = MakeFile("from root's file\n");
        string name = Path.GetFileName(file);
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", Path.GetDirectoryName(file));
        try
        {
            Assert.Equal("from root's file", await RevealAsync($"${{env:{name}}}"));
            await Assert.ThrowsAsync<DrpException>(() => RevealAsync("${env:DRP_NO_SUCH_CREDENTIAL}"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", null);
        }
    }

    [Fact]
    public async Task An_environment_variable_and_secret_management_work()
    {
        Environment.SetEnvironmentVariable("DRP_TEST_SECRET", "from-env");
        Assert.Equal("from-env", await RevealAsync("${env:DRP_TEST_SECRET}"));
        Assert.Equal("from-pwsh", await RevealAsync("${secret:known}"));
    }

    [Fact]
    public async Task Vault_is_asked_for_one_field()
    {
        string folder = Path.Combine(_host.Folder, "bin");
        Directory.CreateDirectory(folder);
        string vault = Path.Combine(folder, "vault");
        await File.WriteAllTextAsync(vault, "#!/bin/sh\necho \"$@\"\n");
        File.SetUnixFileMode(vault, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string? path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{folder}:{path}");
        try
        {
            Assert.Equal("kv get -field=password -- secret/shop/db", await RevealAsync("${vault:secret/shop/db#password}"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Theory]
    [InlineData("${env:DRP_TEST_NOT_SET}")]
    [InlineData("${file:/nowhere/at/all}")]
    [InlineData("${command:false}")]
    [InlineData("${command:/nowhere/at/all}")]
    [InlineData("${command:echo 'open}")]
    [InlineData("${command:true}")]
    [InlineData("${vault:no-hash}")]
    [InlineData("${secret:unknown}")]
    public async Task What_cannot_be_resolved_is_a_key_error_that_names_the_reference(string reference)
    {
        var e = await Assert.ThrowsAsync<DrpException>(() => RevealAsync(reference));
        Assert.Equal(DrpError.KeyOrPassphrase, e.Code);
        Assert.Contains(reference, e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Hint);
    }

    [Fact]
    public async Task What_was_resolved_is_taken_out_of_texts_and_a_secret_prints_as_stars()
    {
        string file = MakeFile("tr0ub4dor&3 first\nsecond line\n");
        Secret secret = await _host.Context.Secrets.ResolveAsync(new SecretReference(SecretKind.File, file), default);
        Assert.Equal("***", secret.ToString());
        Assert.Equal("url *** and *** and short", _host.Redactor.Clean("url tr0ub4dor%263%20first and second line and short"));
    }

    private async Task<string> RevealAsync(string text)
    {
        Assert.True(SecretReference.TryParse(text, out var reference));
        return (await _host.Context.Secrets.ResolveAsync(reference!, default)).Reveal();
    }

    private string MakeFile(string content)
    {
        string file = Path.Combine(_host.Folder, Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
