using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Refreshing;
using OrleansTagCache.Views;

namespace OrleansTagCache.WarmUps;

/// <summary>What the warm-ups of a silo share.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class WarmUpGrainServices(RefreshJobServices jobs, AllSilos silos, PeerVersions versions, WarmUpMetrics metrics, WarmUpMemory memory, TimeProvider time)
{
    public WarmUpMetrics Metrics => metrics;

    public WarmUpMemory Memory => memory;

    public TimeProvider Time => time;

    public Moment Now => time.Now();

    /// <summary>Whether no silo is dead that may still serve, and all know warm-ups.</summary>
    public bool IsReady => jobs.IsWaitedOut && versions.Spoken >= ProtocolVersion.WarmUps;

    /// <summary>The silos that may serve.</summary>
    public HashSet<string> Alive() => jobs.Alive();

    /// <summary>Tells all silos what is known, and asks them the same; and whether all have answered.</summary>
    public async Task<(WarmUpMark? Done, bool IsComplete)> Ask(string scopedName, WarmUpMark? known)
    {
        var answers = await silos.Ask(peer => peer.WarmUp(scopedName, known));
        return (Array.Find(answers, answer => answer is { Mark.IsDone: true })?.Mark, Array.TrueForAll(answers, answer => answer is not null));
    }
}
