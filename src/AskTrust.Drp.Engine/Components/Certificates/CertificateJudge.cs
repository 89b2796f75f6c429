using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>What to think of a certificate on a day.</summary>
internal static class CertificateJudge
{
    /// <summary>Judges.</summary>
    /// <param name="facts">What was read, today or at the time of a backup.</param>
    /// <param name="now">The day.</param>
    /// <param name="warning">Warn this long before the end.</param>
    public static CertificateStatus Look(CertificateFacts facts, DateTimeOffset now, TimeSpan warning)
    {
        string file = facts.Files[0];
        if (facts.Flaw != CertificateFlaw.None) return new CertificateStatus { File = file, Certificate = facts, Name = Path.GetFileName(file), Verdict = CheckVerdict.Failed, Problems = [Flawed(facts, file)] };
        List<string> bad = [], doubtful = [];
        int days = (int)Math.Floor((facts.NotAfter - now).TotalDays);
        if (facts.NotAfter <= now) bad.Add(Text.Of(CertificateTexts.Expired, facts.NotAfter));
        else if (facts.NotAfter - now < warning) doubtful.Add(Text.Of(CertificateTexts.EndsSoon, facts.NotAfter, days));
        if (facts.NotBefore > now) bad.Add(Text.Of(CertificateTexts.NotYet, facts.NotBefore));
        if (facts.KeyMatches == false) bad.Add(CertificateTexts.OtherKey);
        if (facts.ChainEnds is { } end && end - now < warning) (end <= now ? bad : doubtful).Add(Text.Of(end <= now ? CertificateTexts.ChainExpired : CertificateTexts.ChainEndsSoon, end));
        if (!facts.ChainComplete) doubtful.Add(Text.Of(CertificateTexts.NoIssuer, facts.MissingIssuer ?? facts.Issuer));
        return new CertificateStatus
        {
            File = file, Certificate = facts, Name = facts.Names.Count > 0 ? facts.Names[0] : facts.Subject, NotAfter = facts.NotAfter, DaysLeft = days,
            Verdict = bad.Count > 0 ? CheckVerdict.Failed : doubtful.Count > 0 ? CheckVerdict.Warning : CheckVerdict.Ok, Problems = [.. bad, .. doubtful],
        };
    }

    /// <summary>What is not well with them, for whoever makes a backup.</summary>
    public static IEnumerable<string> Warnings(IEnumerable<CertificateFacts>? certificates, DateTimeOffset now, TimeSpan warning) =>
        (certificates ?? []).Select(c => Look(c, now, warning)).Where(c => c.Verdict != CheckVerdict.Ok).Select(c => $"{c.Name}: {string.Join(' ', c.Problems)}");

    /// <summary>Each of them, for whoever checks a plan; a certificate never stops a backup.</summary>
    public static IReadOnlyList<Finding> Findings(IReadOnlyList<CertificateFacts> certificates, DateTimeOffset now, TimeSpan warning) => certificates.Count == 0
        ? [new Finding(PrivateTexts.CheckCertificates, CheckVerdict.Warning, CertificateTexts.None, null, DrpError.Incomplete)]
        :
        [
            .. certificates.Select(c => Look(c, now, warning)).Select(c => c.Verdict == CheckVerdict.Ok
                ? new Finding(PrivateTexts.CheckCertificates, CheckVerdict.Ok, Text.Of(CertificateTexts.Good, c.Name, c.DaysLeft), null, DrpError.None)
                : new Finding(PrivateTexts.CheckCertificates, CheckVerdict.Warning, $"{c.Name}: {string.Join(' ', c.Problems)}", null, DrpError.Incomplete)),
        ];

    private static string Flawed(CertificateFacts facts, string file) => facts.Flaw switch
    {
        CertificateFlaw.WrongPassword => Text.Of(CertificateTexts.WrongPassword, file),
        CertificateFlaw.Unsupported => Text.Of(CertificateTexts.Unsupported, file),
        CertificateFlaw.Unreadable => Text.Of(CertificateTexts.Unreadable, file, facts.FlawReason),
        _ => Text.Of(CertificateTexts.Damaged, file, facts.FlawReason),
    };
}
