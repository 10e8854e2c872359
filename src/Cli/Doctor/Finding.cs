namespace OrleansTagCache.Cli.Doctor;

/// <summary>How a finding is.</summary>
internal enum Verdict
{
    Good,

    /// <summary>It works, and will not, or not well.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Fault,

    /// <summary>It could not be looked at.</summary>
    Unknown,
}

/// <summary>What the doctor has found.</summary>
/// <param name="About">What was looked at.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Found">What was seen.</param>
/// <param name="Advice">What to do about it; null if nothing.</param>
internal sealed record Finding(string About, Verdict Verdict, string Found, string? Advice = null)
{
    public static Finding Good(string about, string found) => new(about, Verdict.Good, found);

    public static Finding Warning(string about, string found, string advice) => new(about, Verdict.Warning, found, advice);

    public static Finding Fault(string about, string found, string advice) => new(about, Verdict.Fault, found, advice);

    public static Finding Unknown(string about, string found, string advice) => new(about, Verdict.Unknown, found, advice);
}
