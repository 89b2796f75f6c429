using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Pipeline;

/// <summary>
/// OpenPGP through the installed <c>gpg</c>: AES-256, no second compression, private homes, keys only by pinned
/// fingerprints. One for each session; homes are made when first needed. Thread-safe.
/// </summary>
internal sealed class GnuPg : IEncryption, ISignatures
{
    private readonly HostContext _host;
    private readonly EncryptionPlan _plan;
    private readonly string _planFolder;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private GnuPgHome? _public;
    private GnuPgHome? _private;
    private GnuPgHome? _signing;
    private bool _checked;

    /// <param name="host">Processes, secrets, temp space.</param>
    /// <param name="plan">Keys.</param>
    /// <param name="planFolder">Relative paths start here.</param>
    public GnuPg(HostContext host, EncryptionPlan plan, string planFolder) => (_host, _plan, _planFolder) = (host, plan, planFolder);

    /// <inheritdoc/>
    public IReadOnlyList<string> Recipients => _plan.Recipients;

    /// <inheritdoc/>
    public string? SigningKey => _plan.SigningKey;

    private bool IsSymmetric => _plan.Recipients.Count == 0;

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken ct)
    {
        if (_checked) return;
        if (IsSymmetric)
        {
            await PassphraseAsync(ct).ConfigureAwait(false);
            return;
        }

        GnuPgHome home = await PublicHomeAsync(ct).ConfigureAwait(false);
        foreach (string fingerprint in _plan.Recipients)
        {
            if (await GnuPgKeys.FindFaultAsync(home, fingerprint, ct).ConfigureAwait(false) is { } fault) throw fault;
        }

        // Once for a session: should a key expire meanwhile, gpg itself refuses it.
        _checked = true;
    }

    /// <inheritdoc/>
    public async Task<ISink> EncryptAsync(ISink next, CancellationToken ct)
    {
        await CheckAsync(ct).ConfigureAwait(false);
        GnuPgHome home = await PublicHomeAsync(ct).ConfigureAwait(false);
        PassphrasePipe? pipe = IsSymmetric ? home.Offer(await PassphraseAsync(ct).ConfigureAwait(false)) : null;
        try
        {
            string statusFile = home.NewPath("status");
            string[] mode = pipe is not null
                ? ["--pinentry-mode", "loopback", "--passphrase-file", pipe.Path, "--s2k-mode", "3", "--s2k-digest-algo", "SHA512", "--s2k-count", "65011712", "--symmetric"]
                : ["--no-autostart", .. _plan.Recipients.SelectMany(r => new[] { "--recipient", r }), "--encrypt"];
            if (pipe is not null) home.WillUseAgent();
            IRunningProcess process = _host.Processes.Start(
                home.Gpg(["--status-file", statusFile, "--cipher-algo", "AES256", "--compress-algo", "none", "--no-encrypt-to", "--output", "-", .. mode]));
            return new ProgramSink(process, next, code => JudgeEncryption(code, GnuPgStatus.Read(statusFile), process.Errors), pipe);
        }
        catch
        {
            pipe?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> DecryptAsync(Stream stored, CancellationToken ct)
    {
        GnuPgHome home = await PrivateHomeAsync(ct).ConfigureAwait(false);
        SecretReference? reference = _plan.PrivateKeyPassphrase ?? _plan.Passphrase;
        PassphrasePipe? pipe = reference is null ? null : home.Offer(await _host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false));
        try
        {
            home.WillUseAgent();
            string statusFile = home.NewPath("status");
            string[] passphrase = pipe is null ? [] : ["--pinentry-mode", "loopback", "--passphrase-file", pipe.Path];
            IRunningProcess process = _host.Processes.Start(home.Gpg(["--status-file", statusFile, .. passphrase, "--output", "-", "--decrypt"]));
            return new ProgramStream(process, stored, code => GnuPgStatus.Read(statusFile).JudgeDecryption(code, PipelineTexts.Artifact), _host.Clock, pipe);
        }
        catch
        {
            pipe?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> SignAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        string fingerprint = _plan.SigningKey ?? throw new InvalidOperationException("No signing key is configured.");
        GnuPgHome home = await HomeAsync(() => _signing, h => _signing = h, _plan.SigningKeyFile, ct).ConfigureAwait(false);
        home.WillUseAgent();
        using PassphrasePipe? pipe = _plan.SigningPassphrase is { } reference
            ? home.Offer(await _host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false))
            : null;
        string[] passphrase = pipe is null ? [] : ["--pinentry-mode", "loopback", "--passphrase-file", pipe.Path];
        var (result, status) = await home.RunAsync(
            [.. passphrase, "--local-user", fingerprint, "--digest-algo", "SHA512", "--armor", "--output", "-", "--detach-sign"], ct, bytes).ConfigureAwait(false);
        if (result.Ok && status.Has("SIG_CREATED")) return result.Output;
        throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.CannotSign, fingerprint, GnuPgKeys.LastLine(result.Errors)))
        {
            Subject = fingerprint, Hint = PipelineTexts.CheckSigningKey,
        };
    }

    /// <inheritdoc/>
    public async Task VerifyAsync(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signature, string fingerprint, CancellationToken ct)
    {
        GnuPgHome home = await PublicHomeAsync(ct).ConfigureAwait(false);
        string file = home.NewPath("signature");
        var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        await using (stream.ConfigureAwait(false)) await stream.WriteAsync(signature, ct).ConfigureAwait(false);
        var (_, status) = await home.RunAsync(["--no-autostart", "--verify", "--", file, "-"], ct, bytes).ConfigureAwait(false);
        File.Delete(file);
        string[]? valid = status.Of("VALIDSIG");
        // First the (sub)key that signed, last its primary key.
        bool pinned = valid is not null && (Same(valid[0], fingerprint) || Same(valid[^1], fingerprint));
        if (pinned && !status.Has("BADSIG") && !status.Has("REVKEYSIG") && (status.Has("GOODSIG") || status.Has("EXPKEYSIG"))) return;
        if (status.Has("NO_PUBKEY") && !status.Has("BADSIG"))
        {
            throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyMissing, fingerprint, null)) { Subject = fingerprint, Hint = PipelineTexts.CheckPublicKeys };
        }

        throw new DrpException(DrpError.VerificationFailed, Text.Of(PipelineTexts.WrongSignature, fingerprint)) { Subject = fingerprint, Hint = PipelineTexts.UseAnotherCopy };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var home in new[] { _public, _private, _signing })
        {
            if (home is not null) await home.DisposeAsync().ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    private async Task<Secret> PassphraseAsync(CancellationToken ct) =>
        await _host.Secrets.ResolveAsync(
            _plan.Passphrase ?? throw new DrpException(DrpError.KeyOrPassphrase, PipelineTexts.NothingToEncryptTo) { Hint = PipelineTexts.ConfigureEncryption }, ct).ConfigureAwait(false);

    private async Task<GnuPgHome> PublicHomeAsync(CancellationToken ct)
    {
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_public is not null) return _public;
            var home = GnuPgHome.Create(_host, own: true);
            try
            {
                string[] wanted = [.. _plan.Recipients, .. _plan.SigningKey is { } key ? [key] : Array.Empty<string>()];
                await GnuPgKeys.ImportAsync(_host, home, wanted, [.. _plan.PublicKeys.Select(Resolve)], ct).ConfigureAwait(false);
            }
            catch
            {
                await home.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            return _public = home;
        }
        finally
        {
            _gate.Release();
        }
    }

    private Task<GnuPgHome> PrivateHomeAsync(CancellationToken ct) => HomeAsync(() => _private, h => _private = h, _plan.PrivateKey, ct);

    /// <summary>A private home with the key of a file, or the caller's own home when no file is named.</summary>
    private async Task<GnuPgHome> HomeAsync(Func<GnuPgHome?> get, Action<GnuPgHome> set, string? keyFile, CancellationToken ct)
    {
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (get() is { } known) return known;
            // Symmetric: no key is needed, so nobody's home is touched.
            bool own = keyFile is not null || (IsSymmetric && _plan.SigningKey is null);
            var home = GnuPgHome.Create(_host, own);
            try
            {
                if (keyFile is not null) await ImportSecretAsync(home, Resolve(keyFile), ct).ConfigureAwait(false);
            }
            catch
            {
                await home.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            set(home);
            return home;
        }
        finally
        {
            _gate.Release();
        }
    }

    private static async Task ImportSecretAsync(GnuPgHome home, string file, CancellationToken ct)
    {
        if (!File.Exists(file)) throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyFileMissing, file)) { Subject = file, Hint = PipelineTexts.ProvideKey };
        home.WillUseAgent();
        var (result, status) = await home.RunAsync(["--import", "--", file], ct).ConfigureAwait(false);
        // IMPORT_RES: the tenth and twelfth numbers count secret keys read and imported.
        if (status.Of("IMPORT_RES") is { Length: > 9 } counts && counts[9] != "0") return;
        throw new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyFileUnreadable, file, GnuPgKeys.LastLine(result.Errors))) { Subject = file, Hint = PipelineTexts.ProvideKey };
    }

    private static DrpException? JudgeEncryption(int code, GnuPgStatus status, string errors)
    {
        if (code == 0 && status.Has("END_ENCRYPTION")) return null;
        string? refused = status.Of("INV_RECP") is { Length: > 1 } recipient ? recipient[1] : null;
        return refused is null
            ? new DrpException(DrpError.Failed, Text.Of(PipelineTexts.EncryptionFailed, code, GnuPgKeys.LastLine(errors)))
            : new DrpException(DrpError.KeyOrPassphrase, Text.Of(PipelineTexts.KeyCannotEncrypt, refused, null)) { Subject = refused, Hint = PipelineTexts.ReplaceKey };
    }

    private string Resolve(string path) => Path.GetFullPath(Path.Combine(_planFolder, path));

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
