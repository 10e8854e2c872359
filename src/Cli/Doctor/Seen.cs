using OrleansTagCache.Cli.Api;

namespace OrleansTagCache.Cli.Doctor;

/// <summary>What was seen of one silo that was named.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Fault">Why it did not answer; null if it did.</param>
/// <param name="Elapsed">How long its first answer took.</param>
/// <param name="NotReady">What it says of not being ready; null if it is.</param>
/// <param name="Refusal">What it says to calls with the key; null if it takes them.</param>
/// <param name="Cluster">What it tells of the cluster.</param>
/// <param name="Diagnostics">What it tells of processes.</param>
/// <param name="Certificate">What its HTTPS has shown.</param>
/// <param name="ClockAhead">By how much its clock is ahead of this machine's.</param>
/// <param name="ClockWithin">How exactly that is known.</param>
internal sealed record Seen(
    string Url,
    string? Fault,
    TimeSpan Elapsed,
    string? NotReady = null,
    Answer? Refusal = null,
    Cluster? Cluster = null,
    Diagnostics? Diagnostics = null,
    ServerCertificate? Certificate = null,
    TimeSpan? ClockAhead = null,
    TimeSpan ClockWithin = default);
